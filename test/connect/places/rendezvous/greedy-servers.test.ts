/** A rendezvous that tries to use up memory, connections or events of a client. */
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../../helpers/servers/free-port.ts';
import { parseCode } from '../../../../source/protocol/code.ts';
import type { Keys } from '../../../../source/connect/keys/keys.ts';
import {
  formatMessage,
  parseClientMessage,
  type ServerMessage,
} from '../../../../source/protocol/rendezvous-messages.ts';
import { createSealer } from '../../../../source/connect/keys/seal.ts';
import { encodeSealedMessage } from '../../../../source/protocol/sealed-messages.ts';
import type { ChatOptions } from '../../../../source/chat/chat.ts';
import { impostor } from '../../../helpers/strangers/impostor.ts';
import { matched } from '../../../helpers/strangers/middle.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { startRawServer } from '../../../helpers/strangers/raw-server.ts';
import { RecordedChat } from '../../../helpers/chats/recorded-chat.ts';
import { base64url } from '../../../helpers/servers/rendezvous-server.ts';

const code = parseCode('1234-velvet-orbit');
const you = { address: '127.0.0.1', port: 40_000 };
const waiting = formatMessage({ t: 'waiting', you });

type OnJoin = (socket: Socket, nth: number, join: string) => void;

/** A chat that waits in its room at a server. The server calls `onJoin` for each connection, after its `join`. */
async function chatAt(onJoin: OnJoin, options: Partial<ChatOptions> = {}) {
  expectNothingLeft();
  return startChat(onJoin, options);
}

async function startChat(onJoin: OnJoin, options: Partial<ChatOptions> = {}) {
  let joins = 0;
  const server = await startRawServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (join) => onJoin(socket, (joins += 1), String(join)));
  });
  const chat = new RecordedChat({
    server: { host: '127.0.0.1', port: server.port },
    probePort: await freePort(),
    code,
    lan: false,
    relay: 'never',
    attempts: 1,
    giveUpMs: 0,
    waits: { graceMs: 100, sealMs: 500 },
    ...options,
  });
  return { chat, joins: () => joins };
}

/** Sends a line again and again, as fast as the socket takes it, and reads nothing. Resolves with the bytes sent when the other side has gone. */
async function pour(socket: Socket, text: string, maxBytes: number): Promise<number> {
  socket.pause();
  const chunk = text.repeat(Math.ceil(65_536 / text.length));
  let bytes = 0;
  const gone = new Promise((resolve) => socket.once('close', resolve));
  while (!socket.destroyed && bytes < maxBytes) {
    bytes += chunk.length;
    // The other side ends the connection with an error, which nothing here waits for.
    if (!socket.write(chunk)) {
      await Promise.race([new Promise((done) => socket.once('drain', done)), gone]);
    }
  }
  return bytes;
}

/** Many times what the kernel buffers in both directions. */
const maxPouredBytes = 48 << 20;

describe('a rendezvous that never reads', () => {
  test('is left by a waiting client when 64 KiB of answers to its pings are unsent', async () => {
    const poured = Promise.withResolvers<number>();
    const { chat } = await chatAt((socket) => {
      socket.write(waiting);
      void pour(socket, formatMessage({ t: 'ping' }), maxPouredBytes).then(poured.resolve);
    });
    expect(await poured.promise).toBeLessThan(maxPouredBytes);
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_CLOSED' });
    expect(chat.all('error')[0]?.message).toContain('does not read');
  }, 60_000);
});

describe('a waiting client comes back ever later', () => {
  const endings: [string, (socket: Socket) => void][] = [
    ['sends it away for no time', (socket) => void socket.end(formatMessage({ t: 'retry', afterMs: 0 }))],
    ['closes', (socket) => void socket.end()],
    ['resets the connection', (socket) => void socket.resetAndDestroy()],
  ];
  const refusals: [string, string][] = [
    ['refuses it', formatMessage({ t: 'error', code: 'ERR_LIMIT', message: 'too many' })],
    ['takes it for an old program', 'first\n\0'],
    ['sends it away before it waits', formatMessage({ t: 'retry', afterMs: 0 })],
    ['sends it elsewhere', formatMessage({ t: 'redirect', server: 'example.org' })],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ];

  const servers = [
    ...endings.map(([name, end]): [string, OnJoin] => [
      name,
      (socket) => socket.write(waiting, () => end(socket)),
    ]),
    ...refusals.map(([name, said]): [string, OnJoin] => [
      name,
      (socket, nth) => void (nth === 1 ? socket.end(waiting) : socket.end(said)),
    ]),
  ];

  // All are tried at once, because each is tried for two seconds.
  test('to a server that ends its visits, refuses it, or is no rendezvous', async () => {
    expectNothingLeft();
    const all = await Promise.all(
      servers.map(async ([name, onJoin]) => {
        const { chat, joins } = await startChat(onJoin, { giveUpMs: 2000 });
        return { name, end: await chat.end(), joins: joins() };
      }),
    );
    const end = expect.objectContaining({ reason: 'failed', exit: 3 }) as unknown;
    expect(all).toEqual(servers.map(([name]) => ({ name, end, joins: expect.any(Number) as number })));
    // The first return may be at once, the next ones after 0.75, 1.125 and 1.69 s at the soonest. A `first` is answered by one more.
    expect(all.filter(({ joins }) => joins <= 1 || joins > 6)).toEqual([]);
  });
});

describe('a client that waited answers once', () => {
  const seals: [string, string, (keys: Keys) => string[]][] = [
    [
      'to fifty seals that do not open',
      'velvet-zebra',
      () => Array.from({ length: 50 }, () => base64url(50)),
    ],
    [
      'to fifty hellos of a peer that holds the code',
      'velvet-orbit',
      ({ signalA }) => {
        const sealer = createSealer(signalA);
        const greeting = encodeSealedMessage({ t: 'hello', mode: 'chat', hosts: [] });
        return Array.from({ length: 50 }, () => Buffer.from(sealer.seal(greeting)).toString('base64url'));
      },
    ],
  ];

  test.each(seals)('%s', async (_, words, sealed) => {
    const peer = impostor(code.number, words);
    const match = formatMessage(await matched('b', peer));
    let answers = 0;
    const over = Promise.withResolvers<void>();
    const { chat } = await chatAt((socket, _nth, join) => {
      socket.on('close', () => over.resolve());
      socket.on('data', (chunk) => (answers += String(chunk).split('"candidate"').length - 1));
      const own = parseClientMessage(join.trim());
      if (!('share' in own)) {
        throw new Error('no join');
      }
      const lines = sealed(peer.keysWith(own, 'a')).map((seal) =>
        formatMessage({ t: 'candidate', sealed: seal }),
      );
      socket.write(waiting + match + lines.join(''));
    });
    expect(await chat.end()).toMatchObject({ reason: 'failed', exit: words === 'velvet-orbit' ? 6 : 5 });
    await over.promise;
    expect(answers).toBe(1);
  });
});

describe('a flood of equal messages', () => {
  const messages: ServerMessage[] = [
    { t: 'opened', number: 1234, you, token: base64url(16), probe: 1 },
    { t: 'waiting', you },
    { t: 'candidate', sealed: base64url(100) },
    { t: 'start', n: 1, startInMs: 0, probePort: 1 },
    { t: 'relaying' },
    { t: 'relay-refused', code: 'ERR_LIMIT', message: 'no' },
    { t: 'observed', you },
    { t: 'dialled-back', from: 'port', outcome: 'connected', ms: 1 },
    { t: 'awake' },
    { t: 'ping' },
    { t: 'pong' },
  ];

  /** The events and the end of a chat for each flood. All are tried at once, because each waits for its punch. */
  async function eventsAfter(before: string) {
    expectNothingLeft();
    return Promise.all(
      messages.map(async (message) => {
        const flood = formatMessage(message).repeat(2000);
        const { chat } = await startChat((socket) => socket.write(before + flood, () => void socket.end()));
        return { t: message.t, end: await chat.end(), count: chat.events.length };
      }),
    );
  }

  function each(expected: object) {
    return messages.map(({ t }) => expect.objectContaining({ t, ...expected }) as unknown);
  }

  test('of each kind before the match causes no event for each', async () => {
    const all = await eventsAfter(waiting);
    expect(all).toEqual(each({ end: expect.objectContaining({ reason: 'failed', exit: 3 }) }));
    expect(all.filter(({ count }) => count >= 10)).toEqual([]);
  });

  test('of each kind after the match causes no event for each', async () => {
    const match = formatMessage(await matched('a', impostor(code.number, 'velvet-zebra')));
    const all = await eventsAfter(match);
    expect(all).toEqual(each({ end: expect.objectContaining({ reason: 'failed' }) }));
    expect(all.filter(({ count }) => count >= 15)).toEqual([]);
  });
});
