import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import type { Happening } from '../../../../source/events.ts';
import { connect, type Connection } from '../../../../source/connect/connection.ts';
import { reach, RecordedChat, waitingChat } from '../../../helpers/chats/recorded-chat.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { TestServer } from '../../../helpers/servers/rendezvous-server.ts';

const relaying = '{"t":"relaying"}\n';

/** A proxy before a rendezvous. It records all that passes, and `tamper` may change it. */
async function startTap(server: TestServer, tamper: (chunk: Buffer, toClient: boolean) => Buffer) {
  const heard: string[] = [];
  const sockets: Socket[] = [];
  const listener = createServer((socket) => {
    const upstream = dial(server.port, '127.0.0.1');
    sockets.push(socket, upstream);
    function pass(from: Socket, to: Socket) {
      from.on('data', (chunk: Buffer) => {
        heard.push(chunk.toString('latin1'));
        to.write(tamper(chunk, from === upstream));
      });
      from.on('error', () => undefined).on('close', () => to.destroy());
    }
    pass(socket, upstream);
    pass(upstream, socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    listener.close();
  });
  return { port: (listener.address() as AddressInfo).port, heard: () => heard.join('') };
}

/** Two peers that want only the relay. */
function startBoth(
  port: number,
  giveUpMs = 600_000,
): {
  readonly lines: readonly [Connection, Connection];
  readonly told: Happening[];
} {
  const told: Happening[] = [];
  function start() {
    const line = connect({
      server: { host: '127.0.0.1', port },
      code: { number: 4711, words: ['velvet', 'orbit'] },
      relay: 'always',
      giveUpMs,
    });
    line.on('happening', (happening) => told.push(happening));
    onTestFinished(() => void line.destroy());
    return line;
  }
  return { lines: [start(), start()], told };
}

const secret = 'a secret between the two '.repeat(1000);

test('a relay sees only ciphertext', async () => {
  expectNothingLeft();
  const server = await TestServer.start();
  const tap = await startTap(server, (chunk) => chunk);
  const {
    lines: [one, other],
    told,
  } = startBoth(tap.port);
  one.end(secret);
  other.end('and an answer');
  const [there, back] = await Promise.all([one, other].map((line) => line.toArray()));
  expect(Buffer.concat(back as Buffer[]).toString()).toBe(secret);
  expect(Buffer.concat(there as Buffer[]).toString()).toBe('and an answer');
  const heard = tap.heard();
  expect(heard.split(relaying)).toHaveLength(3);
  expect(heard.length).toBeGreaterThan(2 * secret.length);
  for (const words of ['secret', 'answer', 'velvet', 'orbit']) {
    expect(heard).not.toContain(words);
  }
  // Nobody was dialled, and nobody was told whom to dial.
  expect(told.filter(({ event }) => event === 'attempt' || event === 'plan')).toEqual([]);
  expect(told.filter(({ event }) => event === 'peer')).toMatchObject([
    { candidates: [] },
    { candidates: [] },
  ]);
  expect(told.filter(({ event }) => event === 'connected')).toMatchObject(
    [1, 2].map(() => ({ path: 'relay', remote: { address: '127.0.0.1', port: tap.port } })),
  );
});

test.each([
  ['says something else', (chunk: Buffer) => Buffer.alloc(chunk.length, 'junk')],
  ['changes one bit', (chunk: Buffer) => Buffer.from(chunk.map((byte, at) => (at === 20 ? byte ^ 1 : byte)))],
  ['keeps everything back', () => Buffer.alloc(0)],
])(
  'a relay that %s connects nobody, and both sides end as after a failed punch',
  async (_, tamper) => {
    expectNothingLeft();
    const server = await TestServer.start();
    let isRelay = false;
    const tap = await startTap(server, (chunk, toClient) => {
      const before = isRelay;
      if (toClient && chunk.includes(relaying)) {
        isRelay = true;
      }
      // On the way to the server too, what is changed would be changed back.
      return before && toClient && !chunk.includes(relaying) ? tamper(chunk) : chunk;
    });
    const { lines, told } = startBoth(tap.port);
    const errors = await Promise.all(lines.map(async (line) => (await once(line, 'error')) as [Error]));
    for (const [error] of errors) {
      expect(error).toMatchObject({
        code: 'ERR_PUNCH_FAILED',
        message: 'no connection to the peer through the relay',
      });
    }
    expect(told.filter(({ event }) => event === 'connected')).toEqual([]);
  },
  15_000,
);

test.each([
  [{ relay: false }, {}, 'this rendezvous does not relay'],
  [{}, { maxRelays: 0 }, 'this rendezvous relays 0 pairs at once, and is full'],
])('a rendezvous with %j and %j says why it refuses', async (options, limits, reason) => {
  expectNothingLeft();
  const server = await TestServer.start(options, limits);
  const { lines, told } = startBoth(server.port);
  const errors = await Promise.all(lines.map(async (line) => (await once(line, 'error')) as [Error]));
  for (const [error] of errors) {
    expect(error).toMatchObject({
      code: 'ERR_PUNCH_FAILED',
      hint: expect.stringContaining(`The rendezvous refused to relay: ${reason}.`),
    });
  }
  expect(
    told.filter(({ event, ...rest }) => event === 'relay' && 'state' in rest && rest.state === 'refused'),
  ).toEqual([1, 2].map(() => ({ event: 'relay', state: 'refused', reason })));
});

test('a chat whose peer wants no relay ends with exit 6, and both are told why', async () => {
  expectNothingLeft();
  const server = await TestServer.start();
  // No dial leads to the other: each leaves from a port that nobody knows.
  const options = { ...reach(server), lan: false, freshPort: true, attempts: 2 } as const;
  const { waiting, code } = await waitingChat(server, { ...options, relay: 'never' });
  const peers = [waiting, new RecordedChat({ ...options, code })];
  const hints = [
    /^A relay could have connected you: allow it on both sides, with --relay auto\. /,
    /The peer allows no relay \(--relay never\)/,
  ];
  for (const [index, peer] of peers.entries()) {
    expect(await peer.end()).toEqual({ reason: 'failed', exit: 6, code: 'ERR_PUNCH_FAILED' });
    expect(peer.all('error')[0]?.hint).toMatch(hints[index]!);
    expect(peer.all('relay')).toEqual([]);
  }
});

test('a session that has used up its relayed bytes is lost, and both sides are told why it is not relayed again', async () => {
  expectNothingLeft();
  const limits = { maxRelayBytes: 1024 * 1024, relayBytesPerSecond: Infinity };
  const server = await TestServer.start({}, limits);
  const {
    lines: [one, other],
    told,
  } = startBoth(server.port, 5000);
  other.resume();
  const lost = Promise.all([one, other].map((line) => once(line, 'lost')));
  const errors = Promise.all([one, other].map(async (line) => (await once(line, 'error')) as [Error]));
  const refused = new Promise<Happening>((resolve) => {
    one.on('happening', (happening) => {
      if (happening.event === 'relay' && happening.state === 'refused') {
        resolve(happening);
      }
    });
  });
  one.write(Buffer.alloc(2 * 1024 * 1024));
  await lost;
  const reason = 'this rendezvous relays 1 MiB for one session, and this one has used them up';
  expect(await refused).toMatchObject({ reason });
  for (const [error] of await errors) {
    expect(error.message).toContain(`did not come back within 5 s, and was not relayed: ${reason}`);
  }
  expect(told.filter(({ event }) => event === 'connected')).toHaveLength(2);
});
