import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createShare } from '../../../source/connect/keys/cpace.ts';
import { parseCode } from '../../../source/protocol/code.ts';
import { formatMessage, type ServerMessage } from '../../../source/protocol/rendezvous-messages.ts';
import type { ChatOptions } from '../../../source/chat/chat.ts';
import { connect, type Connection } from '../../../source/connect/connection.ts';
import { freePort } from '../../helpers/servers/free-port.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';
import { connectedChats, reach, RecordedChat, waitingChat } from '../../helpers/chats/recorded-chat.ts';
import { joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';

const ownCode = parseCode('1234-velvet-orbit');
/** So short that a test can wait for it. Nothing that a test expects comes within it. */
const waits = { graceMs: 100 };

/** A room outlives its client, so that the client can come again. */
async function start() {
  expectNothingLeft();
  return TestServer.start({}, { returnMs: 60_000 });
}

/** The share of a peer that holds another code. */
function shareOf() {
  const random = randomBytes(64);
  const { share } = createShare({ password: 'x-y', channelId: 'punchline/1', sessionId: '7', random });
  return Buffer.from(share).toString('base64url');
}

describe('no pairing', () => {
  test('under a number where nobody waits', async () => {
    const chat = new RecordedChat({ ...reach(await start()), code: parseCode('7-velvet-orbit') });
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_NO_SUCH_ROOM' });
  });

  test('in a room with two peers', async () => {
    const server = await start();
    const { b } = await server.pair();
    const chat = new RecordedChat({ ...reach(server), code: { ...ownCode, number: b.number } });
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_ROOM_TAKEN' });
  });

  test('in a room of its own where its address has all the numbers that it may have', async () => {
    const server = await TestServer.start({}, { numbersPerAddress: 1 });
    await waitingChat(server);
    const chat = new RecordedChat(reach(server));
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_REFUSED' });
    const [error] = chat.all('error');
    expect(error?.message).toContain('1 room numbers in use or at rest; come again in 10 min, or agree on');
    expect(error?.hint).toBe('Wait a little and try again, or use another rendezvous.');
  });

  test('when nobody comes in time', async () => {
    const chat = new RecordedChat({ ...reach(await start()), waitMs: 60 });
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_WAIT_EXPIRED' });
    expect(chat.all('invite')).toHaveLength(1);
  });
});

describe('a wrong code', () => {
  test('ends both, with exit 5', async () => {
    const server = await start();
    const b = new RecordedChat({ ...reach(server), code: parseCode('1234-velvet-orbit') });
    await b.until(() => b.all('rendezvous').find(({ state }) => state === 'waiting'));
    const a = new RecordedChat({ ...reach(server), code: parseCode('1234-velvet-zebra') });
    for (const side of [a, b]) {
      expect(await side.end()).toEqual({ reason: 'failed', exit: 5, code: 'ERR_WRONG_CODE' });
      expect(side.all('connected')).toEqual([]);
    }
  });

  test('counts at the server against whoever sealed with it, although the one who waited has answered', async () => {
    const server = await TestServer.start({}, { freeBurns: 1, burnerWaitMs: 600_000 });
    const answers: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const { waiting, code } = await waitingChat(server);
      const stranger = await server.connect('127.0.0.1', 0, '127.0.0.66');
      stranger.send(joinMessage({ number: code.number, share: shareOf() }));
      const answer = await stranger.next();
      answers.push(answer.t);
      if (answer.t !== 'matched') {
        break;
      }
      stranger.send({ t: 'candidate', sealed: 'AAAA' });
      await stranger.expect('candidate');
      expect(await waiting.end()).toMatchObject({ exit: 5 });
      stranger.socket.destroy();
    }
    expect(answers).toEqual(['matched', 'matched', 'error']);
  });

  test('is not spent on a share that is not valid: the room waits for the right peer', async () => {
    const server = await start();
    const { waiting, code } = await waitingChat(server);
    const stranger = await server.connect();
    stranger.send(joinMessage({ number: code.number, share: Buffer.alloc(32, 255).toString('base64url') }));
    await waitingAgain(waiting, 1);
    const meant = new RecordedChat({ ...reach(server), code });
    await Promise.all([meant.event('connected'), waiting.event('connected')]);
    expect(waiting.all('error')).toEqual([]);
  });
});

async function joinAndLeave(server: TestServer, number: number) {
  const stranger = await server.connect();
  stranger.send(joinMessage({ number, share: shareOf() }));
  await stranger.expect('matched');
  stranger.socket.destroy();
}

function waitingAgain(chat: RecordedChat, nth: number) {
  return chat.until(() => chat.all('rendezvous').filter(({ state }) => state === 'waiting')[nth]);
}

describe('a joiner who vanishes', () => {
  test('leaves the room to the right peer', async () => {
    const server = await start();
    const { waiting: b, code } = await waitingChat(server);
    await joinAndLeave(server, code.number);
    await waitingAgain(b, 1);
    const a = new RecordedChat({ ...reach(server), code });
    await Promise.all([a.event('connected'), b.event('connected')]);
    expect(b.all('invite')).toHaveLength(1);
  });

  test('takes nothing from the limits of the waiting client', async () => {
    const limits = {
      returnMs: 30_000,
      numbersPerAddress: 1,
      missesPerMinutePerAddress: 1,
      freeBurns: 1,
      maxBurns: 1,
    };
    const server = await TestServer.start({}, limits);
    const { waiting: b, code } = await waitingChat(server);
    for (const [n, address] of ['127.0.0.66', '127.0.0.67', '127.0.0.68'].entries()) {
      const stranger = await server.connect('127.0.0.1', 0, address);
      stranger.send(joinMessage({ number: code.number, share: shareOf() }));
      await stranger.expect('matched');
      stranger.socket.destroy();
      await waitingAgain(b, n + 1);
    }
    const a = new RecordedChat({ ...reach(server), code });
    await Promise.all([a.event('connected'), b.event('connected')]);
    expect(b.all('error')).toEqual([]);
  });

  test('is one too many after ten', async () => {
    // That is enough time to come back, however busy the machine is.
    const server = await TestServer.start({}, { returnMs: 5000 });
    const { waiting: b, code } = await waitingChat(server);
    for (let n = 1; n <= 10; n += 1) {
      await joinAndLeave(server, code.number);
      await waitingAgain(b, n);
    }
    await joinAndLeave(server, code.number);
    expect(await b.end()).toMatchObject({ reason: 'failed', exit: 4, code: 'ERR_PEER_LEFT' });
  });

  test('may also be one that stays and says nothing', async () => {
    const server = await start();
    const { waiting: b, code } = await waitingChat(server, { waits: { sealMs: 50 } });
    const stranger = await server.connect();
    stranger.send(joinMessage({ number: code.number, share: shareOf() }));
    await stranger.expect('matched');
    await waitingAgain(b, 1);
    expect(b.all('ended')).toEqual([]);
    // It may be the right peer on a line that was cut: it is told what is true.
    expect(await stranger.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT', again: true });
  });
});

describe('a joiner who says nothing', () => {
  test.each<[string, Partial<ChatOptions>]>([
    ['whose rounds are over before', { attempts: 1, lan: false, relay: 'never', waits: { sealMs: 1500 } }],
    ['who wants the relay alone', { relay: 'always', waits: { sealMs: 50 } }],
  ])('does not end one %s', async (_, options) => {
    const server = await start();
    const { waiting: b, code } = await waitingChat(server, options);
    const stranger = await server.connect();
    stranger.send(joinMessage({ number: code.number, share: shareOf() }));
    await stranger.expect('matched');
    await waitingAgain(b, 1);
    expect(b.all('error')).toEqual([]);
  });
});

test('each side is told which of the two wants no relay', async () => {
  const { a, b } = await connectedChats(await start(), { a: { relay: 'never' } });
  expect([a, b].map((side) => side.all('nats').at(-1)?.noRelay)).toEqual(['me', 'peer']);
  b.chat.leave();
  await Promise.all([a.end(), b.end()]);
});

test('attempts that are exhausted end with exit 6, and say what was tried', async () => {
  const server = await start();
  const { number } = await server.opener({ share: shareOf() });
  const chat = new RecordedChat({ ...reach(server), code: { ...ownCode, number }, attempts: 1, lan: false });
  expect(await chat.end()).toEqual({ reason: 'failed', exit: 6, code: 'ERR_PUNCH_FAILED' });
  expect(chat.all('attempt').map(({ outcome }) => outcome)).toEqual(['started', 'refused']);
  expect(chat.all('error')[0]?.message).toMatch(/in 1 attempt/);
});

async function withBarePeer(): Promise<{ chat: RecordedChat; peer: Connection }> {
  const server = await start();
  // A peer that leaves with something of ours unread may not send its last word. Then the chat gives up soon.
  const { waiting: chat, code } = await waitingChat(server, { giveUpMs: 300 });
  const peer = connect({ ...reach(server), code, mode: 'chat' });
  peer.on('error', () => undefined);
  peer.resume();
  onTestFinished(() => void peer.destroy());
  // One that is not connected yet says goodbye instead of giving up.
  const connected = Promise.withResolvers<undefined>();
  peer.on('happening', ({ event }) => event === 'connected' && connected.resolve(undefined));
  await Promise.all([chat.event('connected'), connected.promise]);
  return { chat, peer };
}

describe('a peer', () => {
  test('that gives up ends the chat with exit 7', async () => {
    const { chat, peer } = await withBarePeer();
    chat.chat.send('are you there?');
    peer.destroy();
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 7, code: 'ERR_CONNECTION_LOST' });
  });

  test.each([
    ['a message of 4 GiB', 'ffffffff'],
    ['a message that is not UTF-8', '000000060100000001ff'],
    ['numbers out of order', '00000005010000000200000005010000000100'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('hex')],
  ])('that sends %s ends it with exit 7, and shows none of it', async (_, hex) => {
    const { chat, peer } = await withBarePeer();
    peer.write(Buffer.from(hex, 'hex'));
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 7, code: 'ERR_PROTOCOL' });
    expect(chat.heard).toEqual([]);
  });

  test('that says something unknown to this version is heard in all else', async () => {
    const { chat, peer } = await withBarePeer();
    peer.write(Buffer.from('0000000963000000017a7a7a7a00000006010000000161', 'hex'));
    expect(await chat.event('message')).toMatchObject({ from: 'peer', text: 'a' });
  });
});

/** What a server may do instead of its part, and the error that follows. */
const misdeeds: [string, (socket: Socket) => void, code: string][] = [
  ['closes', (socket) => void socket.end(), 'ERR_RENDEZVOUS_CLOSED'],
  ['resets the connection', (socket) => void socket.resetAndDestroy(), 'ERR_RENDEZVOUS_CLOSED'],
  [
    'sends an HTTP response',
    (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
    'ERR_RENDEZVOUS_PROTOCOL',
  ],
  [
    'sends an SSH banner',
    (socket) => void socket.write('SSH-2.0-OpenSSH_9.6\r\n'),
    'ERR_RENDEZVOUS_PROTOCOL',
  ],
  [
    'sends invalid UTF-8',
    (socket) => void socket.write(Buffer.from('{"t":"\xff"}\n', 'latin1')),
    'ERR_RENDEZVOUS_PROTOCOL',
  ],
  [
    'sends 1 MB without a newline',
    (socket) => void socket.write(Buffer.alloc(1e6, 'x')),
    'ERR_RENDEZVOUS_PROTOCOL',
  ],
  [
    'sends noise',
    (socket) => void socket.write(Buffer.concat([randomBytes(500), Buffer.from('\n')])),
    'ERR_RENDEZVOUS_PROTOCOL',
  ],
  ['sends JSON that is no object', (socket) => void socket.write('[1,2]\n'), 'ERR_RENDEZVOUS_PROTOCOL'],
  ['sends an unknown type', (socket) => void socket.write('{"t":"surprise"}\n'), 'ERR_RENDEZVOUS_PROTOCOL'],
  [
    'answers something else',
    (socket) => void socket.write(`${JSON.stringify({ t: 'relaying' })}\n`),
    'ERR_RENDEZVOUS_PROTOCOL',
  ],
  [
    'refuses',
    (socket) => void socket.write('{"t":"error","code":"ERR_LIMIT","message":"too many"}\n'),
    'ERR_RENDEZVOUS_REFUSED',
  ],
  ['restarts', (socket) => void socket.write('{"t":"retry","afterMs":1000}\n'), 'ERR_RENDEZVOUS_CLOSED'],
  [
    'sends us elsewhere',
    (socket) => void socket.write('{"t":"redirect","server":"example.org"}\n'),
    'ERR_RENDEZVOUS_REFUSED',
  ],
];

function bytes(length: number) {
  return randomBytes(length).toString('base64url');
}
const you = { address: '127.0.0.1', port: 40_000 };

/** What a server says up to the stage at which it goes wrong. */
const answers: Record<'open' | 'join' | 'wait', ServerMessage[]> = {
  open: [],
  join: [{ t: 'opened', number: 7, you, token: bytes(16) }],
  wait: [
    { t: 'opened', number: 7, you, token: bytes(16) },
    { t: 'waiting', you },
  ],
};

/** A chat that opens a room at a server, which gives these answers and then calls `then`. */
async function meeting(
  said: readonly ServerMessage[],
  then: (socket: Socket) => void,
  options: Partial<ChatOptions> = {},
) {
  expectNothingLeft();
  const server = await startRawServer((socket) => {
    const rest = [...said];
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (!String(chunk).includes('"t":"open"') && !String(chunk).includes('"t":"join"')) {
        return;
      }
      const next = rest.shift();
      if (next !== undefined) {
        socket.write(formatMessage(next));
      }
      // After `waiting` and `matched` we say nothing that would trigger it.
      if (next === undefined || next.t === 'waiting' || next.t === 'matched') {
        then(socket);
      }
    });
  });
  return new RecordedChat({
    server: { host: '127.0.0.1', port: server.port },
    probePort: await freePort(),
    waits,
    ...options,
  });
}

function matched(role: 'a' | 'b', mapped = you): ServerMessage {
  return {
    t: 'matched',
    role,
    you,
    session: bytes(16),
    peer: { mapped, share: shareOf(), nonce: bytes(16) },
    startInMs: 0,
  };
}

describe('a server that', () => {
  for (const stage of ['open', 'join', 'wait'] as const) {
    test.each(misdeeds)(`%s at the stage ${stage} ends the chat with exit 3`, async (_, misdeed, code) => {
      // A waiting client would come back for as long as this.
      const chat = await meeting(answers[stage], misdeed, { giveUpMs: 0 });
      expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code });
      const [error] = chat.all('error');
      expect(error?.hint).toMatch(/\S/);
      expect(error?.message.length).toBeLessThan(400);
    });
  }

  test.each(['open', 'join'] as const)('says nothing at the stage %s ends it with exit 3', async (stage) => {
    // With a room, it would come back for as long as this.
    const chat = await meeting(answers[stage], () => undefined, { giveUpMs: 0, waits: { answerMs: 100 } });
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' });
    expect(chat.all('error')[0]?.message).toContain('said nothing for 0.1 s');
  });

  test('makes the one who waited come second is not believed', async () => {
    const match = matched('a', { address: '127.0.0.1', port: await freePort() });
    const chat = await meeting([...answers.wait], (socket) => void socket.write(formatMessage(match)));
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' });
    expect(chat.all('error')[0]?.message).toContain('changed our role');
    expect(chat.all('attempt')).toEqual([]);
  });

  const asJoiner = { code: ownCode, lan: false, attempts: 1 };

  test.each(misdeeds.filter(([name]) => name !== 'answers something else'))(
    '%s after the match lets the punch end, and then the chat, with exit 3 or 6',
    async (_, misdeed) => {
      // Nobody is at that endpoint: the dials are refused for their 400 ms.
      const chat = await meeting(
        [matched('a', { address: '127.0.0.1', port: await freePort() })],
        misdeed,
        asJoiner,
      );
      const { exit, code } = await chat.end();
      expect([3, 6]).toContain(exit);
      expect(code).toMatch(/^ERR_(RENDEZVOUS|PUNCH)_/);
    },
  );

  test('says nothing after the match lets the punch end with exit 6', async () => {
    const mapped = { address: '127.0.0.1', port: await freePort() };
    const chat = await meeting([matched('a', mapped)], () => undefined, asJoiner);
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 6, code: 'ERR_PUNCH_FAILED' });
  });

  test('passes on a seal that does not open ends the chat with exit 5', async () => {
    const mapped = { address: '127.0.0.1', port: await freePort() };
    const seal = { t: 'candidate', sealed: bytes(100) } as const;
    const chat = await meeting(
      [matched('a', mapped)],
      (socket) => void socket.write(formatMessage(seal)),
      asJoiner,
    );
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 5, code: 'ERR_WRONG_CODE' });
  });

  test('talks without end after our goodbye is left alone', async () => {
    const chat = await meeting(
      answers.wait,
      (socket) => {
        function talk() {
          if (socket.destroyed) {
            return;
          }
          socket.write('{"t":"ping"}\n');
          setImmediate(talk);
        }
        talk();
      },
      { waitMs: 50 },
    );
    expect(await chat.end()).toMatchObject({ exit: 4, code: 'ERR_WAIT_EXPIRED' });
  });

  test('floods ends it with exit 3', async () => {
    const flood = formatMessage({ t: 'start', n: 1, startInMs: 0 });
    const chat = await meeting(answers.wait, (socket) => void socket.write(flood.repeat(100)));
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' });
  });

  test('takes us for an old program is tried once more', async () => {
    expectNothingLeft();
    let connections = 0;
    const server = await startRawServer((socket) => {
      connections += 1;
      socket.end('first\n\0');
    });
    const chat = new RecordedChat({
      server: { host: '127.0.0.1', port: server.port },
      probePort: await freePort(),
    });
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_REFUSED' });
    expect(connections).toBe(2);
    expect(chat.all('error')[0]?.hint).toContain('--classic');
  });

  test('takes us for an old program after it has understood us is not met again: exit 3', async () => {
    const chat = await meeting(answers.join, (socket) => void socket.write('first\n\0'));
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' });
    expect(chat.all('rendezvous').filter(({ state }) => state === 'connecting')).toHaveLength(1);
  });

  test('sends terminal escapes is quoted harmlessly', async () => {
    const words = formatMessage({ t: 'error', code: 'ERR_LIMIT', message: '\u001B[2Jgone' });
    const chat = await meeting([], (socket) => void socket.write(words));
    await chat.end();
    expect(chat.all('error')[0]?.message).toContain('␛[2Jgone');
  });
});

test('a server that is not there ends the chat with exit 3', async () => {
  expectNothingLeft();
  const chat = new RecordedChat({ server: { host: '127.0.0.1', port: await freePort() } });
  expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_UNREACHABLE' });
  expect(chat.all('error')[0]?.message).toContain('it refused the connection');
});

test('a server without an address of the wanted family ends it with exit 3', async () => {
  expectNothingLeft();
  const chat = new RecordedChat({ server: { host: '127.0.0.1', port: 8877 }, family: 6 });
  expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_UNREACHABLE' });
  expect(chat.all('error')[0]?.message).toBe('127.0.0.1 has no IPv6 address');
});
