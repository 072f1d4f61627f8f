import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DoctorReport } from '../../source/nat/doctor-report.ts';
import { createLineDecoder } from '../../source/protocol/line-decoder.ts';
import { parseClientMessage, type ClientMessage } from '../../source/protocol/rendezvous-messages.ts';
import { diagnose, type DiagnoseOptions } from '../../source/doctor/diagnose.ts';
import { freePort } from '../helpers/servers/free-port.ts';
import { startRawServer } from '../helpers/strangers/raw-server.ts';
import { TestServer } from '../helpers/servers/rendezvous-server.ts';

function at(port: number, options: Omit<DiagnoseOptions, 'server'> = {}) {
  return diagnose({ server: { host: '127.0.0.1', port }, ...options });
}

/** All that this process dials until the test is over, as `ADDRESS:PORT`. */
function recordDials(): readonly string[] {
  const dialled: string[] = [];
  function record(message: unknown): void {
    const { socket } = message as { socket: Socket };
    socket.on('connectionAttempt', (address, port) => dialled.push(`${address}:${port}`));
  }
  subscribe('net.client.socket', record);
  onTestFinished(() => void unsubscribe('net.client.socket', record));
  return dialled;
}

function verdicts({ reach }: DoctorReport) {
  return Object.fromEntries(reach.map(({ peer, verdict }) => [peer, verdict]));
}

describe('with a rendezvous on this machine', () => {
  test('there is no NAT, and nothing in the way', async () => {
    const server = await TestServer.start({ probeHost: '127.0.0.2' });
    const report = await at(server.port);
    expect(report).toMatchObject({ v: 1, server: `127.0.0.1:${server.port}` });
    expect(report.ipv4).toMatchObject({
      tested: true,
      family: 4,
      mapping: 'none',
      filtering: 'endpoint-independent',
      unsolicited: 'unknown',
      hairpinning: null,
    });
    expect(report.ipv6).toMatchObject({ tested: false, reason: expect.stringContaining('no IPv6 address') });
    expect(verdicts(report)).toMatchObject({ open: 'yes', ordinary: 'yes', counting: 'yes', random: 'yes' });
    await server.settled();
    expect(server.counts().observations).toBeLessThanOrEqual(2);
  });

  test('less is known where it has one address', async () => {
    const server = await TestServer.start();
    const { ipv4, advice } = await at(server.port);
    expect(ipv4).toMatchObject({ mapping: 'none', filtering: 'not address-and-port-dependent' });
    expect(advice.join()).toContain('--probe-host');
  });

  test('IPv6 alone is looked at where that is all there is', async () => {
    const server = await TestServer.start({ host: '::1' });
    const report = await diagnose({ server: { host: '::1', port: server.port } });
    expect(report.ipv6).toMatchObject({ tested: true, family: 6, mapping: 'none' });
    expect(report.ipv4).toMatchObject({ tested: false, reason: expect.stringContaining('no IPv4 address') });
    expect(verdicts(report)).toEqual({ ipv6: 'yes' });
  });

  test('a family that was not asked for is not tested', async () => {
    const server = await TestServer.start();
    expect((await at(server.port, { family: 4 })).ipv6).toEqual({ tested: false, reason: 'not asked for' });
    await expect(at(server.port, { family: 6 })).rejects.toMatchObject({
      code: 'ERR_RENDEZVOUS_UNREACHABLE',
    });
  });

  test('an idle connection lives as long as was asked, and the report is there before', async () => {
    const server = await TestServer.start();
    const told: unknown[] = [];
    const report = await at(server.port, {
      lifetimeUpToMs: 1100,
      onReport: ({ ipv4, lifetime }) => told.push([ipv4.tested, lifetime]),
      onLifetime: (idleMs, isAlive) => told.push([idleMs, isAlive]),
    });
    expect(told).toEqual([
      [true, undefined],
      [1000, true],
      [1100, true],
    ]);
    expect(report.lifetime).toEqual({ atLeastMs: 1100, lessThanMs: null });
  });

  test('a server that forgets to wake us looks like a NAT that has forgotten', async () => {
    const { port } = await startScripted({
      observe: observed,
      'dial-back': ({ from }) => ({ t: 'dialled-back', from, outcome: 'unavailable', ms: 0 }),
      wake: ({ afterMs }) => (afterMs > 1000 ? undefined : { t: 'awake' }),
    });
    const report = await at(port, { lifetimeUpToMs: 1500 });
    expect(report.lifetime).toEqual({ atLeastMs: 1000, lessThanMs: 1500 });
  });

  test.each(['before it has begun', 'in its lifetime'])('it ends with the signal, %s', async (when) => {
    const server = await TestServer.start();
    const controller = new AbortController();
    const reason = new Error('enough');
    if (when === 'before it has begun') {
      controller.abort(reason);
    }
    const report = at(server.port, {
      signal: controller.signal,
      lifetimeUpToMs: 100_000,
      onReport: () => controller.abort(reason),
    });
    await expect(report).rejects.toBe(reason);
    await server.settled();
  });
});

type Script = {
  [T in ClientMessage['t']]?: (
    message: Extract<ClientMessage, { t: T }>,
    socket: Socket,
  ) => object | string | undefined;
};

/** A server that answers as it likes; what is not in its script it leaves unanswered. */
async function startScripted(script: Script) {
  return startRawServer((socket) => {
    const decoder = createLineDecoder();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      decoder.push(chunk);
      for (let line = decoder.next(); line !== undefined; line = decoder.next()) {
        const message = parseClientMessage(line);
        const answer = (
          script[message.t] as ((message: ClientMessage, socket: Socket) => unknown) | undefined
        )?.(message, socket);
        if (answer !== undefined) {
          socket.write(typeof answer === 'string' ? answer : `${JSON.stringify(answer)}\n`);
        }
      }
    });
  });
}

function observed(_: unknown, { remotePort = 0 }: Socket) {
  return {
    t: 'observed',
    you: { address: '127.0.0.1', port: remotePort },
  };
}
/** As a NAT would have it that changes ports. */
function shifted(_: unknown, { remotePort = 0 }: Socket) {
  return {
    t: 'observed',
    you: { address: '127.0.0.3', port: remotePort },
  };
}

describe('a server that is not what it should be', () => {
  test.each<[string, object | string, string]>([
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'ERR_RENDEZVOUS_PROTOCOL'],
    ['is of the old protocol', 'first\n\0\n', 'ERR_RENDEZVOUS_REFUSED'],
    [
      'is older than the doctor',
      { t: 'error', code: 'ERR_PROTOCOL', message: 'unknown message type "observe"' },
      'ERR_RENDEZVOUS_PROTOCOL',
    ],
    ['refuses us', { t: 'error', code: 'ERR_LIMIT', message: 'too many' }, 'ERR_RENDEZVOUS_REFUSED'],
    ['is restarting', { t: 'retry', afterMs: 1000 }, 'ERR_RENDEZVOUS_CLOSED'],
    [
      'answers what nobody has asked',
      { t: 'dialled-back', from: 'port', outcome: 'connected', ms: 1 },
      'ERR_RENDEZVOUS_PROTOCOL',
    ],
    ['sees us nowhere', { t: 'observed', you: { address: 'here', port: 0 } }, 'ERR_RENDEZVOUS_PROTOCOL'],
  ])('%s: %j', async (_, answer, code) => {
    const { port } = await startScripted({ observe: () => answer });
    await expect(at(port)).rejects.toMatchObject({ code });
  });

  test('took us for an old program, because our first line was lost: we try again', async () => {
    let isFirst = true;
    const { port } = await startScripted({
      observe: (_, socket) => {
        const answer = isFirst ? 'first\n\0\n' : observed(_, socket);
        isFirst = false;
        return answer;
      },
      'dial-back': ({ from }) => ({ t: 'dialled-back', from, outcome: 'unavailable', ms: 1 }),
    });
    expect((await at(port)).ipv4).toMatchObject({ tested: true, mapping: 'none' });
  });

  test('refuses connections', async () => {
    await expect(at(await freePort())).rejects.toMatchObject({ code: 'ERR_RENDEZVOUS_UNREACHABLE' });
  });

  test('says nothing: that is said', async () => {
    const { port } = await startScripted({});
    await expect(at(port)).rejects.toMatchObject({
      code: 'ERR_RENDEZVOUS_UNREACHABLE',
      message: expect.stringContaining('did not answer'),
    });
  });

  test('says that it got in, and did not come: nothing is known of the filtering', async () => {
    const { port } = await startScripted({
      observe: observed,
      'dial-back': ({ from }) => ({ t: 'dialled-back', from, outcome: 'connected', ms: 1 }),
    });
    expect((await at(port)).ipv4).toMatchObject({ filtering: 'unknown', unsolicited: 'unknown' });
  });

  test('comes from the address that we know in the place of another', async () => {
    const { port } = await startScripted({
      observe: observed,
      'dial-back': ({ from }, socket) => {
        const visit = connect({ host: '127.0.0.1', port: socket.remotePort ?? 0 }, () => visit.destroy());
        visit.on('error', () => undefined);
        return { t: 'dialled-back', from, outcome: 'connected', ms: 1 };
      },
    });
    expect((await at(port)).ipv4).toMatchObject({ filtering: 'not address-and-port-dependent' });
  });

  test('comes a hundred times: few of its connections are kept, and the rest are closed at once', async () => {
    let closed = 0;
    const { port } = await startScripted({
      observe: observed,
      'dial-back': ({ from }, socket) => {
        if (from !== 'port') {
          return { t: 'dialled-back', from, outcome: 'unavailable', ms: 1 };
        }
        for (let n = 0; n < 100; n += 1) {
          const visit = connect({ host: '127.0.0.1', port: socket.remotePort ?? 0 });
          visit.on('error', () => undefined);
          visit.on('close', () => {
            closed += 1;
            const answer = { t: 'dialled-back', from, outcome: 'connected', ms: 1 };
            if (closed === 80) {
              socket.write(`${JSON.stringify(answer)}\n`);
            }
          });
        }
        return undefined;
      },
    });
    const { ipv4 } = await at(port);
    // What is kept is closed when all is over, and nobody here has heard of that yet.
    expect(closed).toBeGreaterThanOrEqual(80);
    expect(ipv4).toMatchObject({ filtering: 'not address-and-port-dependent' });
  });

  test('answers another question than was asked', async () => {
    const { port } = await startScripted({
      observe: observed,
      'dial-back': () => ({ t: 'dialled-back', from: 'address', outcome: 'timeout', ms: 1 }),
    });
    expect((await at(port)).ipv4).toMatchObject({ filtering: 'not endpoint-independent' });
  });

  test('closes when it should dial: what was seen before stays', async () => {
    const { port } = await startScripted({
      observe: observed,
      'dial-back': (_, socket) => void socket.destroy(),
    });
    expect((await at(port)).ipv4).toMatchObject({ mapping: 'none', filtering: 'unknown' });
  });

  test('is seen through a NAT, its probe port blocked: the mapping is unknown', async () => {
    const { port } = await startScripted({
      observe: shifted,
      'dial-back': ({ from }) => ({ t: 'dialled-back', from, outcome: 'refused', ms: 1 }),
    });
    const probePort = await freePort();
    const { ipv4, advice } = await at(port, { probePort });
    expect(ipv4).toMatchObject({ mapping: 'unknown', portPreservation: true, unsolicited: 'refuse' });
    expect(advice.join()).toContain(`TCP port ${probePort}`);
  });

  test.each<[string, { address: string; port: number }]>([
    ['far away', { address: '50.0.0.9', port: 4001 }],
    ['at a service', { address: '127.0.0.3', port: 22 }],
    ['where the server itself is', { address: '127.0.0.1', port: 2 }],
  ])('sees us %s: nobody is dialled there', async (_, you) => {
    const { port } = await startScripted({
      observe: () => ({ t: 'observed', you, probeHost: '50.0.0.10', probe: 1 }),
      'dial-back': ({ from }) => ({ t: 'dialled-back', from, outcome: 'unavailable', ms: 1 }),
    });
    const dialled = recordDials();
    const { ipv4 } = await at(port);
    expect(ipv4).toMatchObject({ mapped: you, mapping: 'unknown', hairpinning: null });
    expect(dialled).toContain(`127.0.0.1:${port}`);
    expect(dialled).not.toContain(`${you.address}:${you.port}`);
  });
});
