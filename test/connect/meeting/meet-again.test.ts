/** What the failure of one meeting leads to: another visit to the rendezvous, or the end. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createShare } from '../../../source/connect/keys/cpace.ts';
import { parseCode } from '../../../source/protocol/code.ts';
import { formatMessage, type ServerMessage } from '../../../source/protocol/rendezvous-messages.ts';
import type { ChatOptions } from '../../../source/chat/chat.ts';
import { eventually } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { RecordedChat } from '../../helpers/chats/recorded-chat.ts';
import { freePort } from '../../helpers/servers/free-port.ts';
import { startRawServer, type RawServer } from '../../helpers/strangers/raw-server.ts';
import { base64url } from '../../helpers/servers/wire-messages.ts';

const you = { address: '127.0.0.1', port: 40_000 };
const opened: ServerMessage = { t: 'opened', number: 7, you, token: base64url(16) };
const waiting: ServerMessage = { t: 'waiting', you };

/** Of a peer that holds some other code. */
function shareOf() {
  const random = randomBytes(64);
  const { share } = createShare({ password: 'x-y', channelId: 'punchline/1', sessionId: '7', random });
  return Buffer.from(share).toString('base64url');
}

function matched(role: 'a' | 'b', port: number, share = shareOf()): ServerMessage {
  return {
    t: 'matched',
    role,
    you,
    session: base64url(16),
    peer: { mapped: { address: '127.0.0.1', port }, share, nonce: base64url(16) },
    startInMs: 0,
  };
}

/** What a server does on each connection in turn; on more than these it does the last again. */
type Answers = readonly ((socket: Socket) => void)[];

function say(...messages: readonly ServerMessage[]) {
  return (socket: Socket) => void socket.write(messages.map(formatMessage).join(''));
}

function takeForClassic(socket: Socket) {
  socket.end('first\n\0');
}

async function chatAt(answers: Answers, options: Partial<ChatOptions> = {}) {
  expectNothingLeft();
  let visits = 0;
  const server = await startRawServer((socket) => {
    const answer = answers[visits] ?? answers.at(-1);
    visits += 1;
    socket.once('data', () => answer?.(socket));
  });
  const chat = new RecordedChat({
    server: { host: '127.0.0.1', port: server.port },
    probePort: await freePort(),
    waits: { graceMs: 100 },
    ...options,
  });
  return { chat, server, visits: () => visits };
}

/** What a client has said on its next connection, when that is over. */
async function saidOnNext(server: RawServer) {
  const connection = await server.next();
  await connection.closed();
  return connection.received;
}

test('a rendezvous that took us for an old program once is met again at once', async () => {
  const { chat, visits } = await chatAt([takeForClassic, say(opened, waiting)]);
  await chat.until(() => chat.all('rendezvous').find(({ state }) => state === 'waiting'));
  expect(visits()).toBe(2);
  expect(chat.all('error')).toEqual([]);
});

test('a rendezvous that took us for an old program, and then reads our first line, is not met again', async () => {
  const { chat, visits } = await chatAt([
    (socket) => {
      socket.write('first\n');
      socket.write(`\0${formatMessage(opened)}${formatMessage(waiting)}`);
    },
  ]);
  await chat.until(() => chat.all('rendezvous').find(({ state }) => state === 'waiting'));
  expect(visits()).toBe(1);
});

test('a rendezvous that pairs us as an old program is met again at once', async () => {
  const { chat, visits } = await chatAt([
    (socket) => socket.write('first\n\x00192.0.2.1 4711\n\0'),
    say(opened, waiting),
  ]);
  await chat.until(() => chat.all('rendezvous').find(({ state }) => state === 'waiting'));
  expect(visits()).toBe(2);
});

test('a rendezvous that ends the connection before the first wait is not met again', async () => {
  const { chat, visits } = await chatAt([(socket) => void socket.end()]);
  expect(await chat.end()).toMatchObject({ exit: 3, code: 'ERR_RENDEZVOUS_CLOSED' });
  expect(visits()).toBe(1);
});

test('a rendezvous that says nothing more once it has opened our room is met again, for the same room', async () => {
  const { chat, server } = await chatAt([say(opened), say(waiting)], { waits: { answerMs: 100 } });
  await chat.until(() => chat.all('rendezvous').find(({ state }) => state === 'waiting'));
  const first = await saidOnNext(server);
  expect(first).toContain('"t":"join"');
  // The room would end by it, even if it came long after.
  expect(first).not.toContain('"t":"done"');
  const again = await server.next();
  expect(again.received).toContain('"token":');
  expect(again.received).not.toContain('"t":"open"');
  expect(chat.all('invite')).toHaveLength(1);
  expect(chat.all('error')).toEqual([]);
});

const asJoiner = { code: parseCode('7-velvet-orbit'), lan: false, attempts: 1 } as const;

test('nothing is tried again once a key was tried, whatever the rendezvous says then', async () => {
  const match = matched('a', await freePort());
  const { chat, visits } = await chatAt(
    [say(match, { t: 'candidate', sealed: base64url(100) }), takeForClassic],
    asJoiner,
  );
  expect(await chat.end()).toMatchObject({ exit: 5, code: 'ERR_WRONG_CODE' });
  expect(visits()).toBe(1);
});

test('the rendezvous is told of a meeting that failed for good', async () => {
  const { chat, server } = await chatAt([say(matched('a', await freePort()))], asJoiner);
  expect(await chat.end()).toMatchObject({ exit: 6 });
  expect(await saidOnNext(server)).toContain('{"t":"done","outcome":"failed"');
});

test('the rendezvous is told nothing of a peer that came for nothing, so that the room stays ours', async () => {
  const match = matched('b', await freePort(), Buffer.alloc(32, 255).toString('base64url'));
  const { chat, server } = await chatAt([say(opened, waiting, match), say(waiting)]);
  await chat.until(() => chat.all('rendezvous').filter(({ state }) => state === 'waiting')[1]);
  expect(await saidOnNext(server)).not.toContain('"t":"done"');
  const again = await server.next();
  await eventually(() => expect(again.received).toContain('"token":'));
  expect(again.received).not.toContain('"t":"open"');
});

test('the first SYN to the peer leaves before any key is computed', async () => {
  const peer = createServer();
  onTestFinished(() => void peer.close());
  peer.listen(0, '127.0.0.1');
  await once(peer, 'listening');
  const dialled = once(peer, 'connection') as Promise<[Socket]>;
  // No key comes of this share: the meeting ends where the keys are computed.
  const noShare = Buffer.alloc(32, 255).toString('base64url');
  const { chat } = await chatAt([say(matched('a', (peer.address() as AddressInfo).port, noShare))], asJoiner);
  expect(await chat.end()).toMatchObject({ exit: 5, code: 'ERR_WRONG_CODE' });
  const [socket] = await dialled;
  socket.destroy();
});
