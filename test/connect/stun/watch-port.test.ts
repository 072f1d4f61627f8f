import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  watchPort,
  type WatchedPort,
  type WatchPortOptions,
} from '../../../source/connect/stun/watch-port.ts';
import { eventually } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { freePort } from '../../helpers/servers/free-port.ts';
import { stunAnswer, stunError, stunMessage } from '../../helpers/servers/stun-messages.ts';
import {
  startStunServer,
  truth,
  type ScriptedStun,
  type StunQuestion,
} from '../../helpers/servers/stun-server.ts';

/** Watches until the test is over, or `stop` is called. */
async function watch(
  servers: readonly (ScriptedStun | ScriptedStun['server'])[],
  more: Partial<WatchPortOptions> = {},
) {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const port = await watchPort({
    servers: servers.map((one) => ('server' in one ? one.server : one)),
    family: 4,
    signal: controller.signal,
    ...more,
  });
  return { port, stop: () => controller.abort() };
}

function reasons({ answers }: WatchedPort) {
  return answers.map((answer) => ('reason' in answer ? answer.reason : 'it answered'));
}

/** From now on the clock stands still until `advance` moves it. Sockets go on. */
function stopClock() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
}

function elsewhere(address: string, port = 4711) {
  return ({ transaction }: StunQuestion) => stunAnswer(transaction, { address, port });
}

function flood(socket: Socket, bytes: Uint8Array) {
  // A full buffer is filled again as soon as it is empty, until the client closes.
  while (!socket.destroyed && socket.write(bytes)) {
    /* More. */
  }
  socket.once('drain', () => flood(socket, bytes));
  return undefined;
}

describe('a port that STUN servers see', () => {
  test('is told by both from the same port, and as the probe port of a rendezvous would tell it', async () => {
    expectNothingLeft();
    const [one, other] = [await startStunServer(), await startStunServer(truth, '127.0.0.2')];
    const { port, stop } = await watch([one, other], { laterMs: 4000 });
    const [first, second] = [one, other].map(({ questions }) => questions[0]?.socket.remotePort);
    expect(first).toBe(second);
    const seen = { address: '127.0.0.1', port: first };
    expect(port.observed).toEqual({ family: 4, local: seen, mapped: { ...seen, probePort: first } });
    expect(port.answers).toEqual(
      [one, other].map(({ server }) => ({
        server,
        sight: { server, local: seen, mapped: seen, roundTripMs: expect.any(Number) },
      })),
    );
    expect([one.ends, other.ends]).toEqual([['open'], ['open']]);
    stop();
    await eventually(() => expect([one.ends, other.ends]).toEqual([['closed'], ['closed']]));
  });

  test('is the port that the caller names', async () => {
    const localPort = await freePort();
    const { port } = await watch([await startStunServer(), await startStunServer()], {
      localPort,
      laterMs: 4000,
    });
    expect(port.observed).toMatchObject({ local: { port: localPort }, mapped: { probePort: localPort } });
  });

  test('counts its mapped ports in the order of the dials, whatever the order of the answers', async () => {
    const waiting: (() => void)[] = [];
    const [first, second] = await Promise.all(
      [7001, 7002].map((port) =>
        startStunServer(({ socket, transaction }) => {
          waiting.push(() => socket.write(stunAnswer(transaction, { address: '50.0.1.2', port })));
          if (waiting.length === 2) {
            for (const answer of waiting.toReversed()) {
              answer();
            }
          }
          return undefined;
        }),
      ),
    );
    const { port } = await watch([first!, second!], { laterMs: 4000 });
    expect(port.observed?.mapped).toEqual({ address: '50.0.1.2', port: 7001, probePort: 7002 });
  });

  test('is told once, and nobody is sprayed, if the servers name different addresses', async () => {
    const servers = await Promise.all(
      ['50.0.1.2', '50.0.1.3'].map((address) =>
        startStunServer(({ transaction }) => stunAnswer(transaction, { address, port: 7001 })),
      ),
    );
    const { port } = await watch(servers, { laterMs: 4000 });
    expect(port.observed?.mapped).toEqual({ address: '50.0.1.2', port: 7001 });
  });

  test('is known without the server that does not answer, and better when it answers late', async () => {
    let late: StunQuestion | undefined;
    const slow = await startStunServer((question) => {
      late = question;
      return undefined;
    });
    const changes: unknown[] = [];
    const { port } = await watch([slow, await startStunServer(truth, '127.0.0.2')], {
      onChange: ({ observed }) => changes.push(observed?.mapped),
    });
    expect(reasons(port)).toEqual(['it has not answered yet', 'it answered']);
    const { mapped } = port.observed!;
    await eventually(() => {
      expect(mapped).toEqual({ address: '127.0.0.1', port: late?.socket.remotePort });
    });
    late!.socket.write(truth(late!));
    await eventually(() => expect(changes).toEqual([{ ...mapped, probePort: mapped.port }]));
  });

  test('is not known if nobody answers, and ends with the signal', async () => {
    const controller = new AbortController();
    controller.abort();
    const server = await startStunServer();
    const port = await watchPort({ servers: [server.server], family: 4, signal: controller.signal });
    expect([reasons(port), port.observed]).toEqual([['it is not asked any more'], undefined]);
    expect((await watch([])).port).toMatchObject({ answers: [], observed: undefined });
  });

  test('is asked about by the second server if the first cannot even be dialled', async () => {
    const group = { name: 'group', address: '255.255.255.255', port: 3478 };
    const closed = { name: 'closed', address: '127.0.0.1', port: await freePort() };
    const { port } = await watch([group, closed, await startStunServer()], { laterMs: 4000 });
    expect(reasons(port)).toEqual(['it cannot be reached', 'it refused the connection', 'it answered']);
    expect(port.observed?.mapped).toMatchObject({ address: '127.0.0.1' });
  });
});

describe('while a port is watched', () => {
  test('the server is asked again every 20 s, with another transaction id, and a mapping that has changed is told', async () => {
    let port = 7000;
    const server = await startStunServer(({ transaction }) =>
      stunAnswer(transaction, { address: '50.0.1.2', port: (port += 1) }),
    );
    stopClock();
    const changes: unknown[] = [];
    await watch([server], { onChange: ({ observed }) => changes.push(observed?.mapped.port) });
    for (const [index] of [7002, 7003].entries()) {
      vi.advanceTimersByTime(19_999);
      expect(server.questions).toHaveLength(index + 1);
      vi.advanceTimersByTime(1);
      await eventually(() => expect(changes).toEqual([7002, 7003].slice(0, index + 1)));
    }
    const ids = server.questions.map(({ transaction }) => Buffer.from(transaction).toString('hex'));
    expect(new Set(ids).size).toBe(3);
  });

  test('the same answer again changes nothing', async () => {
    const server = await startStunServer();
    stopClock();
    const changes: unknown[] = [];
    const { port } = await watch([server], { onChange: (changed) => changes.push(changed) });
    vi.advanceTimersByTime(20_000);
    await eventually(() => expect(server.questions).toHaveLength(2));
    // The third question shows that the second answer was read.
    await eventually(() => {
      vi.advanceTimersByTime(1000);
      expect(server.questions).toHaveLength(3);
    });
    expect([changes, reasons(port)]).toEqual([[], ['it answered']]);
  });

  test('a server that stops answering is left after 4 s, and what it said stands', async () => {
    const server: ScriptedStun = await startStunServer((question) =>
      server.questions.length === 1 ? truth(question) : undefined,
    );
    stopClock();
    const changes: unknown[] = [];
    const { port } = await watch([server], { onChange: ({ observed }) => changes.push(observed) });
    const before = port.observed;
    vi.advanceTimersByTime(20_000);
    await eventually(() => expect(server.questions).toHaveLength(2));
    vi.advanceTimersByTime(3999);
    expect(server.ends).toEqual(['open']);
    vi.advanceTimersByTime(1);
    await eventually(() => expect(server.ends).toEqual(['closed']));
    expect([port.observed, changes]).toEqual([before, []]);
  });

  test('a server that closes, as coturn does after a few seconds, is dialled again from the same port', async () => {
    let port = 7000;
    const server = await startStunServer(({ socket, transaction }) => {
      socket.end(stunAnswer(transaction, { address: '50.0.1.2', port: (port += 1) }));
      return undefined;
    });
    stopClock();
    const changes: unknown[] = [];
    const watched = await watch([server], {
      onChange: ({ observed }) => changes.push(observed?.mapped.port),
    });
    await eventually(() => expect(server.ends).toEqual(['closed']));
    expect(watched.port.observed?.mapped.port).toBe(7001);
    vi.advanceTimersByTime(19_999);
    expect(server.ends).toHaveLength(1);
    vi.advanceTimersByTime(1);
    await eventually(() => expect(changes).toEqual([7002]));
    const [first, second] = server.questions.map(({ socket }) => socket);
    expect(second).not.toBe(first);
    expect(server.ports[1]).toBe(server.ports[0]);
  });

  test('two new answers are told together, because the ports that a NAT counts belong together', async () => {
    let next = 7000;
    let held: (() => void) | undefined;
    const [one, other] = await Promise.all(
      [1, 2].map(() =>
        startStunServer(({ socket, transaction }) => {
          const answer = stunAnswer(transaction, { address: '50.0.1.2', port: (next += 1) });
          if (next !== 7004) {
            return answer;
          }
          held = () => socket.write(answer);
          return undefined;
        }),
      ),
    );
    const changes: unknown[] = [];
    stopClock();
    const { port } = await watch([one!, other!], {
      onChange: ({ observed }) => changes.push(observed?.mapped),
    });
    const before = port.observed;
    vi.advanceTimersByTime(20_000);
    await eventually(() => expect(held).toBeDefined());
    expect([port.observed, changes]).toEqual([before, []]);
    held?.();
    await eventually(() =>
      expect(changes).toEqual([
        { address: '50.0.1.2', port: expect.any(Number), probePort: expect.any(Number) },
      ]),
    );
    const { port: first, probePort } = port.observed!.mapped;
    expect(new Set([first, probePort])).toEqual(new Set([7003, 7004]));
  });

  test('a server that never answered is not asked again', async () => {
    const [liar, honest] = [await startStunServer(() => Buffer.alloc(20)), await startStunServer()];
    stopClock();
    await watch([liar, honest], { laterMs: 4000 });
    vi.advanceTimersByTime(20_000);
    await eventually(() => expect(honest.questions).toHaveLength(2));
    expect([liar.questions.length, liar.ends.length]).toEqual([1, 1]);
  });
});

describe('a STUN server that misbehaves', () => {
  test.each<[string, (question: StunQuestion) => Uint8Array | undefined, string]>([
    [
      'speaks HTTP',
      () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'this is not STUN: the magic cookie is missing',
    ],
    [
      'answers another question',
      () => stunAnswer(Buffer.alloc(12), { address: '127.0.0.1', port: 4711 }),
      'it answered what was not asked',
    ],
    [
      'refuses, with control characters',
      ({ transaction }) => stunError(transaction, 401, `\u001B[2J${'x'.repeat(200)}`),
      `it refused with 401 ␛[2J${'x'.repeat(124)}`,
    ],
    ['refuses without a word', ({ transaction }) => stunError(transaction, 500, ''), 'it refused with 500'],
    [
      'names a huge length',
      () => Buffer.from('0101fffc2112a442'.padEnd(40, '0'), 'hex'),
      '65532 bytes of STUN attributes; multiples of 4 up to 4096 are allowed',
    ],
    [
      'names no address',
      ({ transaction }) => stunMessage(0x0101, transaction, []),
      'a STUN answer without a mapped address',
    ],
    [
      'floods',
      ({ socket }) => flood(socket, Buffer.alloc(65_536)),
      'this is not STUN: the magic cookie is missing',
    ],
    ['closes', ({ socket }) => void socket.destroy(), 'it closed the connection'],
    ['resets', ({ socket }) => void socket.resetAndDestroy(), 'it closed the connection'],
    ['half-closes', ({ socket }) => void socket.end(), 'it closed the connection'],
    [
      'sees us in a private network',
      elsewhere('10.0.0.1'),
      'it says 10.0.0.1:4711, which is no address on the internet',
    ],
    [
      'sees us at a link-local address',
      elsewhere('169.254.0.1'),
      'it says 169.254.0.1:4711, which is no address on the internet',
    ],
    [
      'sees us in a group',
      elsewhere('224.0.0.1'),
      'it says 224.0.0.1:4711, which is no address on the internet',
    ],
    ['sees us nowhere', elsewhere('0.0.0.0'), 'it says 0.0.0.0:4711, which is no address on the internet'],
    [
      'sees us in a private network, behind a translator',
      elsewhere('64:ff9b::a00:1'),
      'it says [64:ff9b::a00:1]:4711, which is no address on the internet',
    ],
  ])('%s: it has said nothing, and the connection is closed', async (_, script, reason) => {
    expectNothingLeft();
    const server = await startStunServer(script);
    const { port, stop } = await watch([server]);
    expect([reasons(port), port.observed]).toEqual([[reason], undefined]);
    await eventually(() => expect(server.ends).toEqual(['closed']));
    stop();
  });

  test('says that we are a STUN server: it is not believed', async () => {
    const liar = await startStunServer(elsewhere('127.0.0.2'));
    const { port } = await watch([liar, await startStunServer(truth, '127.0.0.2')], { laterMs: 4000 });
    expect(reasons(port)).toEqual([
      'it says 127.0.0.2:4711, which is the address of a STUN server',
      'it answered',
    ]);
    expect(port.observed?.mapped).toMatchObject({ address: '127.0.0.1' });
  });

  test('answers twice: the second answer was not asked for, and ends the connection', async () => {
    const server = await startStunServer((question) => Buffer.concat([truth(question), truth(question)]));
    const { port } = await watch([server]);
    await eventually(() => expect(server.ends).toEqual(['closed']));
    expect(reasons(port)).toEqual(['it answered']);
  });

  test('says nothing, half an answer, or one byte a moment: each is left after 4 s', async () => {
    const servers = await Promise.all([
      startStunServer(() => undefined),
      startStunServer((question) => truth(question).subarray(0, 21)),
      startStunServer(({ socket }) => {
        const drip = setInterval(() => socket.write(Buffer.of(1)), 400);
        socket.once('close', () => clearInterval(drip));
        return Buffer.of(1, 1, 0x10, 0);
      }),
    ]);
    const startedAt = performance.now();
    const { port } = await watch(servers);
    expect(performance.now() - startedAt).toBeGreaterThan(3900);
    expect(reasons(port)).toEqual(['it did not answer', 'it did not answer', 'it did not answer']);
  });
});
