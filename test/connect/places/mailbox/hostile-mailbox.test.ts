import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { ChatOptions } from '../../../../source/chat/chat.ts';
import type { Posted } from '../../../../source/connect/places/mailbox/wire/room-entrance.ts';
import {
  decodeBody,
  encodeBody,
  formatPhase,
  parsePhase,
} from '../../../../source/connect/places/mailbox/wire/room-messages.ts';
import { parseCode } from '../../../../source/protocol/code.ts';
import { RecordedChat } from '../../../helpers/chats/recorded-chat.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { startTwoStunServers } from '../../../helpers/servers/mailbox-place.ts';
import { answers, says, startRawServer } from '../../../helpers/strangers/raw-server.ts';
import { startHandMadeMailbox, type Lies } from '../../../helpers/strangers/hand-made-mailbox.ts';

const ownCode = parseCode('1234-velvet-orbit');
/** So short that a test can wait for it. */
const waits = { graceMs: 200, sealMs: 1000, answerMs: 5000 };

function chatAt(url: string, options: Partial<ChatOptions> = {}) {
  return new RecordedChat({ server: { mailbox: url }, stun: [], waits, ...options });
}

function untilWaiting(chat: RecordedChat) {
  return chat.until(() => chat.all('rendezvous').find(({ state }) => state === 'waiting'));
}

/** Two chats with a code of their own at a mailbox with these lies. */
async function pairAt(lies: Lies, options: Partial<ChatOptions> = {}) {
  expectNothingLeft();
  const mailbox = await startHandMadeMailbox(lies);
  const first = chatAt(mailbox.url, { code: ownCode, ...options });
  await untilWaiting(first);
  const second = chatAt(mailbox.url, { code: ownCode, ...options });
  return { mailbox, pair: [first, second] as const };
}

function untilConnected(pair: readonly RecordedChat[]) {
  return Promise.all(pair.map((chat) => chat.event('connected')));
}

describe('two peers meet at a mailbox server that', () => {
  test.for<[string, Lies]>([
    ['is honest', {}],
    ['says everything in binary messages', { binary: true }],
    ['says everything three times', { deliver: (one) => [one, one, one] }],
    ['says with each message all that were before it', { deliver: (_one, _to, all) => all }],
    ['says them backwards', { deliver: (_one, _to, all) => all.toReversed() }],
    [
      'adds messages of others',
      {
        deliver: (one) => [
          { ...one, side: 'third' },
          { ...one, phase: 'pake' },
          { ...one, body: 'ff' },
          { ...one, phase: one.phase.replace(/\d+$/, '63') },
          one,
        ],
      },
    ],
    ['asks for a permission that nobody needs', { welcome: { 'permission-required': { none: {} } } }],
  ])('%s', async ([, lies]) => {
    const { pair } = await pairAt(lies);
    await untilConnected(pair);
    expect(pair.flatMap((chat) => chat.all('error'))).toEqual([]);
  });
});

/** Everybody gets the same endpoint, seal or share in the place of the true one. */
function instead(change: (one: Posted) => Posted): Lies {
  return { deliver: (one, to) => [one.side === to ? one : change(one)] };
}
function withBody(one: Posted, change: (body: NonNullable<ReturnType<typeof decodeBody>>) => object): Posted {
  const body = decodeBody(one.body)!;
  return { ...one, body: encodeBody(change(body) as typeof body) };
}

describe('a mailbox server gets no more than one guess if it', () => {
  test('changes the seals', async () => {
    const { pair } = await pairAt(
      instead((one) =>
        withBody(one, (body) =>
          body.t === 'seal' ? { ...body, sealed: body.sealed.with(0, (body.sealed[0] ?? 0) ^ 1) } : body,
        ),
      ),
    );
    for (const chat of pair) {
      expect(await chat.end()).toEqual({ reason: 'failed', exit: 5, code: 'ERR_WRONG_CODE' });
    }
  });

  test('puts its own share in the place of both', async () => {
    const share = Uint8Array.from(
      Buffer.from('e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e', 'hex'),
    );
    const { pair } = await pairAt(
      instead((one) => withBody(one, (body) => (body.t === 'join' ? { ...body, share } : body))),
    );
    for (const chat of pair) {
      const { exit } = await chat.end();
      expect([4, 5]).toContain(exit);
      expect(chat.all('connected')).toEqual([]);
    }
  });

  test('sends our own share back as that of a peer', async () => {
    expectNothingLeft();
    const mailbox = await startHandMadeMailbox({
      deliver: (one, to) => (one.side === to ? [one, { ...one, side: 'mirror' }] : [one]),
    });
    const chat = chatAt(mailbox.url, { code: ownCode, waitMs: 300 });
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_WAIT_EXPIRED' });
  });
});

test('only one share is answered: that of the side that came first', async () => {
  expectNothingLeft();
  const mailbox = await startHandMadeMailbox();
  const chat = chatAt(mailbox.url);
  await chat.event('invite');
  await untilWaiting(chat);
  const nonces = [1, 2].map((value) => new Uint8Array(16).fill(value));
  for (const [index, nonce] of nonces.entries()) {
    mailbox.post({
      side: `guest ${index}`,
      phase: formatPhase({ nonce, seat: 'a', count: index }),
      body: encodeBody({ t: 'join', share: new Uint8Array(32).fill(index + 1), rttMs: 1 }),
    });
  }
  expect(await chat.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_PEER_LEFT' });
  await eventually(() => {
    const phases = mailbox.posted.map(({ phase }) => parsePhase(phase));
    const tries = phases.flatMap((phase) => (phase !== undefined && 'nonceA' in phase ? [phase.nonceA] : []));
    expect(tries).toEqual([nonces[0]]);
  });
});

describe('an endpoint of the peer is not dialled if it', () => {
  test.for([
    ['is in a private network', '192.168.1.7', 'no address on the internet'],
    ['is a group', '224.0.0.251', 'no address on the internet'],
    ['carries a private one', '64:ff9b::192.168.1.7', 'no address on the internet'],
    ['is a link-local one', '169.254.169.254', 'no address on the internet'],
  ] as const)('%s', async ([, address, why]) => {
    expectNothingLeft();
    const mailbox = await startHandMadeMailbox();
    const chat = chatAt(mailbox.url, { stun: await startTwoStunServers() });
    await untilWaiting(chat);
    mailbox.post({
      side: 'guest',
      phase: formatPhase({ nonce: new Uint8Array(16), seat: 'a', count: 0 }),
      body: encodeBody({
        t: 'join',
        share: new Uint8Array(32).fill(1),
        mapped: { address, port: 2000 },
        rttMs: 1,
      }),
    });
    expect(await chat.end()).toMatchObject({ exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' });
    expect(chat.all('error')[0]?.message).toContain(why);
    expect(chat.all('attempt')).toEqual([]);
  });
});

describe('a mailbox server is left, with exit 3, if it', () => {
  test.for<[string, Lies, string, RegExp]>([
    [
      'says that it is full',
      { welcome: { error: 'full\u001B[2J today' } },
      'ERR_RENDEZVOUS_REFUSED',
      /says: full␛\[2J today$/,
    ],
    [
      'wants a permission that we cannot get',
      { welcome: { 'permission-required': { 'hash\u0007cash': {} } } },
      'ERR_RENDEZVOUS_REFUSED',
      /wants a permission \(hash␇cash\)|wants a permission \(hash␛cash\)/,
    ],
    [
      'has no short number left',
      {
        answer: ({ type }, webSocket) => {
          if (type === 'allocate') {
            webSocket.send('{"type":"allocated","nameplate":"123456"}');
          }
          return type === 'allocate';
        },
      },
      'ERR_RENDEZVOUS_REFUSED',
      /has no room number below 1000 left$/,
    ],
    [
      'allocates what is no number',
      {
        answer: ({ type }, webSocket) => {
          if (type === 'allocate') {
            webSocket.send('{"type":"allocated","nameplate":"0x7"}');
          }
          return type === 'allocate';
        },
      },
      'ERR_RENDEZVOUS_REFUSED',
      /has no room number below 1000 left$/,
    ],
    [
      'answers with another error',
      {
        answer: ({ type }, webSocket) => {
          if (type === 'allocate') {
            webSocket.send('{"type":"error","error":"must \u202Ebind first","orig":{}}');
          }
          return type === 'allocate';
        },
      },
      'ERR_RENDEZVOUS_REFUSED',
      /says: must ⟨U\+202E⟩bind first$/,
    ],
  ])('%s', async ([, lies, code, message]) => {
    expectNothingLeft();
    const { url } = await startHandMadeMailbox(lies);
    const chat = chatAt(url);
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code });
    expect(chat.all('error')[0]?.message).toMatch(message);
  });

  test.for<[string, string | Uint8Array, RegExp]>([
    ['says what is no JSON', 'hello', /a message that is not JSON/],
    ['says what is not UTF-8', Buffer.from([0xff, 0xfe]), /a message that is not UTF-8/],
    ['says a giant message', 'x'.repeat(70_000), /Max payload size exceeded/],
  ])('%s', async ([, bytes, message]) => {
    expectNothingLeft();
    const mailbox = await startHandMadeMailbox();
    const chat = chatAt(mailbox.url, { code: parseCode('7-velvet-orbit') });
    await eventually(() => expect(mailbox.types()).toContain('ping'));
    mailbox.sayBytes(bytes);
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' });
    expect(chat.all('error')[0]?.message).toMatch(message);
  });

  test('floods us, and the memory stays bounded', async () => {
    expectNothingLeft();
    const mailbox = await startHandMadeMailbox();
    const chat = chatAt(mailbox.url, { code: parseCode('7-velvet-orbit') });
    await eventually(() => expect(mailbox.types()).toContain('ping'));
    for (let n = 0; n < 2000; n += 1) {
      mailbox.say({ type: 'message', side: 'x', phase: 'x', body: 'ab'.repeat(1000) });
    }
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' });
    expect(chat.all('error')[0]?.message).toMatch(/more than 1000 messages that nobody asked for$/);
  });

  test('says nothing', async () => {
    expectNothingLeft();
    const { port } = await startRawServer(() => undefined);
    const chat = chatAt(`ws://127.0.0.1:${port}/v1`, { waits: { answerMs: 100 } });
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' });
    expect(chat.all('error')[0]?.message).toMatch(
      /and then said nothing for 0\.1 s$|handshake has timed out$/,
    );
  });

  test('resets each connection as soon as it stands', async () => {
    expectNothingLeft();
    const { port } = await startRawServer((socket) => void socket.resetAndDestroy());
    const chat = chatAt(`ws://127.0.0.1:${port}/v1`);
    // The reset may come before the library for WebSockets is loaded, or after that.
    expect(await chat.end()).toMatchObject({ exit: 3, code: expect.stringMatching(/^ERR_RENDEZVOUS_/) });
  });

  test('does not answer a claim', async () => {
    expectNothingLeft();
    const { url } = await startHandMadeMailbox({ answer: ({ type }) => type === 'claim' });
    const chat = chatAt(url, { code: ownCode, waits: { answerMs: 100 } });
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' });
  });

  test.for<[string, string, (socket: Socket) => void, RegExp, RegExp]>([
    [
      'is a captive portal that leads elsewhere',
      'ws',
      answers('HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n'),
      /^a web page that leads to http:\/\/login\.example\/ answers at ws:.*, and no mailbox server$/,
      /log in first/,
    ],
    [
      'is a captive portal that shows its page',
      'ws',
      answers('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'),
      /^a web page answers at ws:.*, and no mailbox server$/,
      /log in first/,
    ],
    [
      'is another web server',
      'ws',
      answers('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
      /^a web server \(HTTP 404\) answers at ws:.*, and no mailbox server$/,
      /the path in it/,
    ],
    [
      'is a web server without TLS',
      'wss',
      answers('HTTP/1.1 400 Bad Request\r\n\r\n'),
      /^wss:.* does not speak TLS$/,
      /begins with ws:/,
    ],
    [
      'refuses the handshake of TLS',
      'wss',
      // A fatal alert, handshake_failure (RFC 8446, section 6).
      (socket) => void socket.once('data', () => socket.end(Buffer.from('15030300020228', 'hex'))),
      /does not answer as a WebSocket server: .*alert/,
      /whether it is wss:/,
    ],
    [
      'is an SSH server',
      'ws',
      says('SSH-2.0-OpenSSH_9.6\r\n'),
      /does not answer as a WebSocket server: /,
      /the path/,
    ],
    [
      'is an SSH server where TLS is',
      'wss',
      says('SSH-2.0-OpenSSH_9.6\r\n'),
      /does not speak TLS$/,
      /log in first/,
    ],
  ])('%s', async ([, scheme, greet, message, hint]) => {
    expectNothingLeft();
    const { port } = await startRawServer(greet);
    const chat = chatAt(`${scheme}://127.0.0.1:${port}/v1`);
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' });
    const [error] = chat.all('error');
    expect(error?.message).toMatch(message);
    expect(error?.hint).toMatch(hint);
  });

  test('is not there', async () => {
    expectNothingLeft();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    const chat = chatAt(`ws://127.0.0.1:${port}/v1`);
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_UNREACHABLE' });
    expect(chat.all('error')[0]?.message).toMatch(
      /^the mailbox server ws:\/\/127\.0\.0\.1:\d+\/v1 cannot be reached \(127\.0\.0\.1: it refused the connection\)$/,
    );
  });
});

test('a mailbox that is crowded ends with exit 4, and says what to do', async () => {
  expectNothingLeft();
  const { url } = await startHandMadeMailbox({
    answer: ({ type }, webSocket) => {
      if (type === 'claim') {
        webSocket.send('{"type":"error","error":"crowded","orig":{}}');
      }
      return type === 'claim';
    },
  });
  const chat = chatAt(url, { code: ownCode });
  expect(await chat.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_ROOM_TAKEN' });
  expect(chat.all('error')[0]?.hint).toMatch(/open a new room, or agree on another number\.$/);
});

test('what the operator says to all is told once, and is harmless', async () => {
  expectNothingLeft();
  const { url } = await startHandMadeMailbox({ welcome: { motd: 'closed on\u001B]0;Monday\u0007 \n' } });
  const chat = chatAt(url);
  await untilWaiting(chat);
  const [said, ...more] = chat.all('rendezvous').flatMap(({ motd }) => (motd === undefined ? [] : [motd]));
  expect(said).toMatch(/^closed on␛\]0;Monday␛?.*$/u);
  // No control character is left.
  expect(said).not.toMatch(/\p{Cc}/u);
  expect(more).toEqual([]);
  expect(chat.all('invite')[0]?.code).toMatch(/^7-/);
});

test('a mailbox that drops what the peer says ends the meeting in time', async () => {
  const { pair } = await pairAt({
    deliver: (one, to) =>
      one.side === to || (parsePhase(one.phase)?.count === 0 && !one.phase.includes('-')) ? [one] : [],
  });
  const exits = await Promise.all(pair.map((chat) => chat.end()));
  // `b` has shown nothing. `a` has waited for the hello.
  expect(new Set(exits.map(({ exit }) => exit))).toEqual(new Set([4, 6]));
});

test('a side keeps its name when it comes back to its room', async () => {
  expectNothingLeft();
  const mailbox = await startHandMadeMailbox();
  const chat = chatAt(mailbox.url);
  await untilWaiting(chat);
  mailbox.say({ type: 'message', side: 'x', phase: 'x', body: '' });
  mailbox.sayBytes('{"type":"pong","pong":0}');
  mailbox.cut();
  await chat.until(() => chat.all('rendezvous').filter(({ state }) => state === 'waiting')[1]);
  const sides = mailbox.requests.filter(({ type }) => type === 'bind').map(({ side }) => side);
  expect(sides).toHaveLength(2);
  expect(new Set(sides).size).toBe(1);
  expect(mailbox.types().filter((type) => type === 'allocate')).toHaveLength(1);
  // Its first message is a new one, with a higher number.
  const joins = mailbox.posted.map(({ phase }) => parsePhase(phase));
  expect(joins.map((phase) => phase?.count)).toEqual([0, 1]);
});

test('the nameplate is given back once both shares are in, and not before', async () => {
  expectNothingLeft();
  const mailbox = await startHandMadeMailbox();
  const b = chatAt(mailbox.url);
  const { code } = await b.event('invite');
  await untilWaiting(b);
  expect(mailbox.types()).not.toContain('release');
  const a = chatAt(mailbox.url, { code: parseCode(code) });
  await untilConnected([a, b]);
  await eventually(() => {
    for (const type of ['release', 'close']) {
      expect(mailbox.types().filter((one) => one === type)).toHaveLength(2);
    }
  });
  const moods = mailbox.requests.filter(({ type }) => type === 'close').map(({ mood }) => mood);
  expect(moods).toEqual(['happy', 'happy']);
});

test('a wait that is given up gives the room back', async () => {
  expectNothingLeft();
  const mailbox = await startHandMadeMailbox();
  const chat = chatAt(mailbox.url);
  await untilWaiting(chat);
  chat.chat.leave();
  await eventually(() => expect(mailbox.types().slice(-2)).toEqual(['release', 'close']));
});
