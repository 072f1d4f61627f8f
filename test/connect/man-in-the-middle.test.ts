import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as dialTcp, type Socket } from 'node:net';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseCode } from '../../source/protocol/code.ts';
import type { Keys } from '../../source/connect/keys/keys.ts';
import type { ServerMessage } from '../../source/protocol/rendezvous-messages.ts';
import type { Role } from '../../source/events.ts';
import type { ChatOptions } from '../../source/chat/chat.ts';
import { secureChannel } from '../../source/connect/session/secure-channel.ts';
import { eventually } from '../helpers/eventually.ts';
import { impostor, sealedHello, type Impostor } from '../helpers/strangers/impostor.ts';
import {
  alone,
  matched,
  Middle,
  you,
  type Matched,
  type Rewriting,
  type Victim,
} from '../helpers/strangers/middle.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';
import { startRawServer } from '../helpers/strangers/raw-server.ts';
import { RecordedChat } from '../helpers/chats/recorded-chat.ts';
import { base64url, joinMessage, TestServer } from '../helpers/servers/rendezvous-server.ts';
import { tapped } from '../helpers/strangers/tapped.ts';
import { WireClient } from '../helpers/servers/wire-client.ts';
import { seen } from '../helpers/servers/seen.ts';

const code = parseCode('1234-velvet-orbit');
const names = { a: 'Ada Lovelace', b: 'Grace Hopper' };
const texts = { a: 'the key lies under the third stone', b: 'bring a lamp and no dog' };
const wrongCode = { reason: 'failed', exit: 5, code: 'ERR_WRONG_CODE' };
const punchFailed = { reason: 'failed', exit: 6, code: 'ERR_PUNCH_FAILED' };

/** One side that has a name and something to say as soon as it may. Alone, so that nothing goes around the middle. */
function side(middle: Middle, role: Role, options: Partial<ChatOptions> = {}): RecordedChat {
  const chat = new RecordedChat({
    server: { host: '127.0.0.1', port: middle.port },
    probePort: middle.probePort,
    code,
    name: names[role],
    lan: false,
    relay: 'never',
    waits: { graceMs: 100 },
    ...options,
  });
  chat.chat.send(texts[role]);
  return chat;
}

function waits(chat: RecordedChat, times = 1) {
  return chat.until(() => chat.all('rendezvous').filter(({ state }) => state === 'waiting')[times - 1]);
}

async function behind(rewriting: Rewriting): Promise<Middle> {
  expectNothingLeft();
  return Middle.start(await TestServer.start(), rewriting);
}

/** Two that hold the same code, and meet through the attacker; `b` comes first. */
async function meet(rewriting: Rewriting, options: Partial<ChatOptions> = {}) {
  const middle = await behind(rewriting);
  const b = side(middle, 'b', options);
  await waits(b);
  const a = side(middle, 'a', options);
  return { middle, a, b };
}

/** The attacker has the lines of both, and not one word of what is nobody's but theirs; neither has a word of its. */
function expectNothingTold(middle: Middle, ...chats: RecordedChat[]): void {
  expect(middle.heard).toContain('"t":"join"');
  for (const secret of [...Object.values(names), ...Object.values(texts), 'velvet', 'orbit']) {
    expect(middle.heard).not.toContain(secret);
  }
  for (const chat of chats) {
    expect(chat.heard).toEqual([]);
    expect(chat.all('connected')).toEqual([]);
    expect(JSON.stringify(chat.events)).not.toContain('Mallory');
  }
}

/** Puts the attacker's endpoint, share or role in the place of the true one. */
function rewriteMatch(rewrite: (match: Matched) => Matched): NonNullable<Rewriting['toVictim']> {
  return (message) => (message.t === 'matched' ? rewrite(message) : message);
}

function withPeer(match: Matched, peer: Partial<Matched['peer']>): Matched {
  return {
    ...match,
    peer: { ...match.peer, ...peer },
  };
}

test('a rendezvous that passes all on hears nothing, and two meet through it (the control)', async () => {
  const { middle, a, b } = await meet({});
  await Promise.all([a.event('connected'), b.event('connected')]);
  await a.until(() => a.heard[0]);
  await b.until(() => b.heard[0]);
  expect([a.heard, b.heard]).toEqual([[texts.b], [texts.a]]);
  expect(a.all('connected')[0]?.peer.name).toBe(names.b);
  expect(b.all('connected')[0]?.peer.name).toBe(names.a);
  expectNothingTold(middle);
});

/** What the attacker has with each victim, in the order of their coming: `b`, then `a`. */
function swapper(words: string, seals: Rewriting['toVictim']) {
  const guesses: Impostor[] = [];
  const matches: Matched[] = [];
  const toVictim: Rewriting['toVictim'] = (message, victim) => {
    if (message.t !== 'matched') {
      return seals?.(message, victim);
    }
    const guess = (guesses[victim.n] = impostor(code.number, words));
    matches[victim.n] = message;
    return withPeer(message, { share: guess.share, nonce: guess.nonce });
  };
  /** To victim `n`, from the one whom it takes for its peer. */
  function keys(n: number, role: Role) {
    return guesses[n]!.keysWith(matches[n]!.peer, role);
  }
  return { toVictim, keys };
}

describe('a rendezvous that swaps the shares of both for its own', () => {
  test('and passes their seals on ends both with exit 5', async () => {
    const { toVictim } = swapper('velvet-zebra', (message) => message);
    // However short the punch, it ends with what the seals show.
    const { middle, a, b } = await meet({ toVictim }, { attempts: 1, waits: {} });
    expect([await a.end(), await b.end()]).toEqual([wrongCode, wrongCode]);
    expectNothingTold(middle, a, b);
  });

  test('and seals what it says itself ends both with exit 5', async () => {
    const { toVictim, keys } = swapper('velvet-zebra', (message) =>
      message.t === 'candidate' ? undefined : message,
    );
    const { middle, a, b } = await meet({
      toVictim: (message, victim) => {
        const passed = toVictim(message, victim);
        const role = victim.n === 0 ? 'a' : 'b';
        if (message.t === 'matched') {
          queueMicrotask(() =>
            victim.tell({ t: 'candidate', sealed: sealedHello(keys(victim.n, role), role) }),
          );
        }
        return passed;
      },
    });
    expect([await a.end(), await b.end()]).toEqual([wrongCode, wrongCode]);
    expectNothingTold(middle, a, b);
  });
});

/** Plays the joiner at a server that knows no better; the guess goes over the punched socket alone, and in no seal. */
async function guessOverTls(middle: Middle, words: string) {
  const stranger = await WireClient.connect(middle.port);
  onTestFinished(() => void stranger.socket.destroy());
  const guess = impostor(code.number, words);
  stranger.send(joinMessage({ number: code.number, share: guess.share, nonce: guess.nonce }));
  const { peer } = await stranger.expect('matched');
  const { psk } = guess.keysWith(peer, 'a');
  // The victim dials, too, and listens between its dials: one try hits a gap.
  const proof = await eventually(async () => {
    const socket = await dialled(seen(peer.mapped).port);
    const { signal } = new AbortController();
    return secureChannel(socket, { role: 'a', psk, signal }).then(
      (channel) => channel,
      (error: Error) => error,
    );
  });
  return { stranger, proof };
}

async function dialled(port: number): Promise<Socket> {
  const socket = dialTcp(port, '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

describe('a joiner who guesses on the punched socket, and seals nothing,', () => {
  test.each(['leaves', 'stays'])('and %s has had the one guess of the room', async (then) => {
    const middle = await behind({});
    const b = side(middle, 'b', { waits: { graceMs: 100, sealMs: 2000 } });
    await waits(b);
    const { stranger, proof } = await guessOverTls(middle, 'velvet-zebra');
    expect(proof).toMatchObject({ code: 'ERR_CONNECTION_LOST' });
    if (then === 'leaves') {
      stranger.socket.destroy();
    }
    expect(await b.end()).toEqual(wrongCode);
    expect(b.all('rendezvous').filter(({ state }) => state === 'waiting')).toHaveLength(1);
    expectNothingTold(middle, b);
  });

  test('and has the right words, and leaves before it has nominated, has had it, too', async () => {
    const middle = await behind({});
    const b = side(middle, 'b');
    await waits(b);
    const { stranger, proof } = await guessOverTls(middle, 'velvet-orbit');
    expect(proof).toMatchObject({ cipher: 'TLS_CHACHA20_POLY1305_SHA256' });
    stranger.socket.destroy();
    expect(await b.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_PEER_LEFT' });
    expect(b.all('rendezvous').filter(({ state }) => state === 'waiting')).toHaveLength(1);
  });

  test('and has the right words is let in (the control)', async () => {
    const middle = await behind({});
    const b = side(middle, 'b');
    await waits(b);
    const { proof } = await guessOverTls(middle, 'velvet-orbit');
    expect(proof).toMatchObject({ cipher: 'TLS_CHACHA20_POLY1305_SHA256' });
  });
});

/** Two relays of the attacker, one for each victim, and what it does with both ends. */
async function relays(use: (ends: { readonly a: Socket; readonly b: Socket }) => void) {
  // On a busy machine a peer dials in a second round, too: each connection of one is joined to one of the other.
  const unjoined: Record<Role, HeldSocket[]> = { a: [], b: [] };
  let middle: Middle | undefined;
  async function listen(role: Role) {
    const { port } = await startRawServer((socket) => {
      socket.on('data', (chunk) => middle?.overhear(chunk));
      const one = hold(socket);
      unjoined[role].push(one);
      socket.once('close', () => {
        unjoined[role] = unjoined[role].filter((other) => other !== one);
      });
      const [a, b] = [unjoined.a[0], unjoined.b[0]];
      if (a !== undefined && b !== undefined) {
        unjoined.a.shift();
        unjoined.b.shift();
        a.release();
        b.release();
        use({ a: a.socket, b: b.socket });
      }
    });
    return { mapped: { address: '127.0.0.1', port } };
  }
  const targets = { a: await listen('a'), b: await listen('b') };
  return {
    toVictim: rewriteMatch((match) => withPeer(match, targets[match.role])),
    listensFor: (one: Middle) => void (middle = one),
  };
}

interface HeldSocket {
  readonly socket: Socket;
  readonly release: () => void;
}

/** Keeps what a peer says before the other has dialled, and gives it to the listeners that are added after `release`. */
function hold(socket: Socket): HeldSocket {
  const early: Buffer[] = [];
  function keep(chunk: Buffer) {
    early.push(chunk);
  }
  socket.on('data', keep);
  return {
    socket,
    release: () => {
      socket.off('data', keep).pause();
      if (early.length > 0) {
        socket.unshift(Buffer.concat(early));
      }
      // After the listeners of this tick.
      queueMicrotask(() => socket.resume());
    },
  };
}

async function meetOverRelays(
  use: (ends: { readonly a: Socket; readonly b: Socket }) => void,
  options?: Partial<ChatOptions>,
) {
  const { toVictim, listensFor } = await relays(use);
  const met = await meet({ toVictim }, options);
  listensFor(met.middle);
  return met;
}

describe('a rendezvous that sends both to an endpoint of its own', () => {
  test('and splices them sees nothing but ciphertext, and changes nothing', async () => {
    const { middle, a, b } = await meetOverRelays((ends) => void ends.a.pipe(ends.b).pipe(ends.a));
    await Promise.all([a.until(() => a.heard[0]), b.until(() => b.heard[0])]);
    expect([a.heard, b.heard]).toEqual([[texts.b], [texts.a]]);
    expect(middle.heard.length).toBeGreaterThan(1000);
    expectNothingTold(middle);
  });

  test('and changes one bit of what follows ends both with exit 7, and shows neither of it', async () => {
    let changes = false;
    function pass(from: Socket, to: Socket) {
      from.on('data', (chunk: Buffer) => {
        if (changes) {
          chunk[chunk.length - 1]! ^= 1;
        }
        to.write(chunk);
      });
      from.on('close', () => to.destroy());
    }
    const { middle, a, b } = await meetOverRelays(
      (ends) => {
        pass(ends.a, ends.b);
        pass(ends.b, ends.a);
      },
      { giveUpMs: 300 },
    );
    await Promise.all([a.until(() => a.heard[0]), b.until(() => b.heard[0])]);
    changes = true;
    a.chat.send('and the dog must not bark');
    for (const chat of [a, b]) {
      expect(await chat.end()).toEqual({ reason: 'failed', exit: 7, code: 'ERR_CONNECTION_LOST' });
    }
    expect([a.heard, b.heard]).toEqual([[texts.b], [texts.a]]);
    expectNothingTold(middle);
  });

  const signal = new AbortController().signal;
  const credentials = {
    cert: readFileSync('test/helpers/servers/certificate.pem'),
    key: readFileSync('test/helpers/servers/certificate-key.pem'),
  };
  const ends = {
    'a certificate': {
      toA: (raw: Socket) => new tls.TLSSocket(raw, { isServer: true, ...credentials }),
      toB: (raw: Socket) => tls.connect({ socket: raw, rejectUnauthorized: false, ...credentials }),
    },
    'a key of its own': {
      toA: (raw: Socket) => void secureChannel(raw, { role: 'b', psk, signal }).catch(() => undefined),
      toB: (raw: Socket) => void secureChannel(raw, { role: 'a', psk, signal }).catch(() => undefined),
    },
    'the words of each, given back': {
      toA: (raw: Socket) => void raw.pipe(raw),
      toB: (raw: Socket) => void raw.pipe(raw),
    },
  };
  const psk = randomBytes(32);

  test.each(Object.entries(ends))(
    'and ends their TLS there with %s lets neither connect: exit 6',
    async (_, use) => {
      let middle: Middle | undefined;
      function overhear(chunk: Buffer) {
        return middle?.overhear(chunk);
      }
      async function end(socket: Socket, wrap: (socket: Socket) => tls.TLSSocket | void) {
        return wrap(await tapped(socket, overhear))
          ?.on('error', () => undefined)
          .on('data', overhear);
      }
      const met = await meetOverRelays(
        ({ a, b }) => {
          void end(a, use.toA);
          void end(b, use.toB);
        },
        { attempts: 1 },
      );
      ({ middle } = met);
      expect([await met.a.end(), await met.b.end()]).toEqual([punchFailed, punchFailed]);
      expectNothingTold(middle, met.a, met.b);
    },
  );
});

describe('a rendezvous that plays the peer itself', () => {
  test('as the one who waited, with a guess, ends the joiner with exit 5', async () => {
    const guess = impostor(code.number, 'velvet-zebra');
    const match = await matched('a', guess);
    let keys: Keys | undefined;
    const middle = await behind(
      alone((message) => {
        if (message.t === 'join' && 'share' in message) {
          keys = guess.keysWith(message, 'b');
          return [match];
        }
        return message.t === 'candidate' && keys !== undefined
          ? [{ t: 'candidate', sealed: sealedHello(keys, 'b') }]
          : [];
      }),
    );
    const a = side(middle, 'a');
    expect(await a.end()).toEqual(wrongCode);
    expectNothingTold(middle, a);
  });

  test('as the joiner, with a guess, ends the one who waits with exit 5', async () => {
    const guess = impostor(code.number, 'velvet-zebra');
    const match = await matched('b', guess);
    const middle = await behind(
      alone((message) =>
        message.t === 'join' && 'share' in message
          ? [
              { t: 'waiting', you },
              match,
              { t: 'candidate', sealed: sealedHello(guess.keysWith(message, 'a'), 'a') },
            ]
          : [],
      ),
    );
    const b = side(middle, 'b');
    expect(await b.end()).toEqual(wrongCode);
    expectNothingTold(middle, b);
  });

  test("and gives the joiner's share back ends it with exit 5", async () => {
    const match = await matched('a', { share: '', nonce: '' });
    const middle = await behind(
      alone((message) => (message.t === 'join' && 'share' in message ? [withPeer(match, message)] : [])),
    );
    const a = side(middle, 'a');
    expect(await a.end()).toEqual(wrongCode);
    expectNothingTold(middle, a);
  });

  test('and gives the share of the one who waits back makes it wait ten times more, then ends it with exit 4', async () => {
    const match = await matched('b', { share: '', nonce: '' });
    const shares = new Set<string>();
    const middle = await behind(
      alone((message) => {
        if (message.t !== 'join' || !('share' in message)) {
          return [];
        }
        shares.add(message.share);
        return [{ t: 'waiting', you }, withPeer(match, message)];
      }),
    );
    const b = side(middle, 'b');
    expect(await b.end()).toEqual({ reason: 'failed', exit: 4, code: 'ERR_PEER_LEFT' });
    // Each time another one: what was learnt from one exchange is of no use in the next.
    expect(shares.size).toBe(11);
    expectNothingTold(middle, b);
  });

  test("and gives the joiner's seal back ends it with exit 5", async () => {
    const match = await matched('a', impostor(code.number, 'velvet-zebra'));
    const middle = await behind(
      alone((message) => (message.t === 'join' ? [match] : message.t === 'candidate' ? [message] : [])),
    );
    const a = side(middle, 'a');
    expect(await a.end()).toEqual(wrongCode);
    expectNothingTold(middle, a);
  });
});

/** What a rendezvous may do to be met once more, with another share. */
const lures: [string, (victim: Victim) => void][] = [
  ['says first', ({ socket }) => void socket.write('first\n\0')],
  ['says first and closes', ({ socket }) => void socket.end('first\n\0')],
  ['closes', ({ socket }) => void socket.end()],
  ['resets the connection', ({ socket }) => void socket.resetAndDestroy()],
  ...[
    'ERR_PEER_LEFT',
    'ERR_NO_SUCH_ROOM',
    'ERR_ROOM_TAKEN',
    'ERR_RENDEZVOUS_CLOSED',
    'ERR_RENDEZVOUS_REFUSED',
    'ERR_PROTOCOL',
  ].map((refusal): [string, (victim: Victim) => void] => [
    `refuses with ${refusal}`,
    ({ tell }) => tell({ t: 'error', code: refusal, message: 'come again' }),
  ]),
  ['sends it away', ({ tell }) => tell({ t: 'retry', afterMs: 0 })],
  ['sends it elsewhere', ({ tell }) => tell({ t: 'redirect', server: '127.0.0.1:8877' })],
  [
    'sends it elsewhere with a ticket',
    ({ tell }) => tell({ t: 'redirect', server: '127.0.0.1:8877', ticket: base64url(16) }),
  ],
  ['has it open a room again', ({ tell }) => tell({ t: 'opened', number: 7, you, token: base64url(16) })],
  ['has it wait again', ({ tell }) => tell({ t: 'waiting', you })],
  ['matches it again', ({ tell }) => void matched('a', impostor(7, 'velvet-tiger')).then(tell)],
  [
    'matches it again, as the one who waits',
    ({ tell }) => void matched('b', impostor(7, 'velvet-tiger')).then(tell),
  ],
  ['relays unasked', ({ tell }) => tell({ t: 'relaying' })],
  ['floods', ({ tell }) => void Array.from({ length: 200 }, () => tell({ t: 'relaying' }))],
  ['says nothing more', () => undefined],
];

function shareCount(middle: Middle) {
  return new Set(middle.heard.match(/"share":"[\w-]+"/g)).size;
}

/**
 * Tries all lures. What leads to one is bounded by the program's time, so each begins when the one before has lured. Then
 * all wait together, for seconds. Tells how many shares each has got.
 */
async function tryAll(sharesAfter: (lure: (victim: Victim) => void) => Promise<number>) {
  const tries: Promise<number>[] = [];
  for (const [, lure] of lures) {
    await new Promise<void>((resolve) => {
      const shares = sharesAfter((victim) => {
        lure(victim);
        resolve();
      });
      tries.push(shares);
      void shares.catch(() => undefined).then(() => resolve());
    });
  }
  const tried = await Promise.allSettled(tries);
  return lures.map(([name], n) => [name, tried[n]]);
}

const oneEach = lures.map(([name]) => [name, { status: 'fulfilled', value: 1 }]);

describe('a rendezvous that has had its one guess, and then does whatever it may,', () => {
  test('gets no second share of the joiner', async () => {
    expectNothingLeft();
    const shares = await tryAll(async (lure) => {
      const match = await matched('a', impostor(code.number, 'velvet-zebra'));
      const middle = await Middle.start(await TestServer.start(), {
        fromVictim: (message, victim) => {
          if (message.t === 'join') {
            victim.tell(match);
          }
          // It can be opened with the right words alone: that is the guess.
          if (message.t === 'candidate') {
            lure(victim);
          }
          return undefined;
        },
      });
      const a = side(middle, 'a', { attempts: 1, giveUpMs: 3000 });
      await a.end();
      expectNothingTold(middle, a);
      return shareCount(middle);
    });
    expect(shares).toEqual(oneEach);
  });

  test('gets no second share of the one who opened a room', async () => {
    expectNothingLeft();
    const shares = await tryAll(async (lure) => {
      const match = await matched('b', impostor(7, 'velvet-zebra'));
      const middle = await Middle.start(
        await TestServer.start(),
        alone(({ t }) => {
          if (t === 'open') {
            return [{ t: 'opened', number: 7, you, token: base64url(16) }];
          }
          return t === 'join' ? [{ t: 'waiting', you }, match] : [];
        }),
      );
      const b = side(middle, 'b', {
        code: undefined,
        giveUpMs: 3000,
        waits: { graceMs: 100, sealMs: 1500 },
      });
      await b.event('attempt');
      await eventually(() => provesNothing(middle));
      lure(middle.victims[0]!);
      await b.end();
      expectNothingTold(middle, b);
      return shareCount(middle);
    });
    expect(shares).toEqual(oneEach);
  });
});

async function provesNothing(middle: Middle): Promise<void> {
  const socket = await dialled(middle.victims[0]!.endpoint.port);
  const { signal } = new AbortController();
  const proof = secureChannel(socket, { role: 'a', psk: randomBytes(32), signal });
  await expect(proof).rejects.toMatchObject({ code: 'ERR_CONNECTION_LOST' });
  // OpenSSL 3.0, which Node 22 brings, has another word for it.
  await expect(proof).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/decrypt error|illegal parameter/) as string },
  });
}

/** What each was told then, and what `a` said to `b` over the punched connection. */
async function recording() {
  const told: Record<Role, ServerMessage[]> = { a: [], b: [] };
  const overTcp: Buffer[] = [];
  const { toVictim } = await relays((ends) => {
    ends.a.on('data', (chunk: Buffer) => overTcp.push(chunk));
    ends.a.pipe(ends.b).pipe(ends.a);
  });
  const met = await meet({
    toVictim: (message, victim) => {
      told[victim.n === 0 ? 'b' : 'a'].push(message);
      return toVictim(message, victim);
    },
  });
  await met.b.until(() => met.b.heard[0]);
  for (const chat of [met.a, met.b]) {
    chat.chat.interrupt(130);
  }
  await Promise.all([met.a.end(), met.b.end()]);
  return { told, overTcp: Buffer.concat(overTcp) };
}

test.each([
  ['the rendezvous itself', '127.0.0.1'],
  ['the rendezvous itself', '::ffff:127.0.0.1'],
  ['the rendezvous itself', '::FFFF:7F00:1'],
  ['our own endpoint', '127.0.0.1'],
  ['our own endpoint', '0:0:0:0:0:ffff:127.0.0.1'],
])(
  'a rendezvous that names %s as the place of the peer, at %s, makes nobody dial it: exit 3',
  async (place, address) => {
    const itself = place === 'the rendezvous itself';
    const { middle, a, b } = await meet({
      toVictim: rewriteMatch((match) =>
        withPeer(match, { mapped: { address, port: itself ? middle.port : seen(match.you).port } }),
      ),
    });
    for (const chat of [a, b]) {
      expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_PROTOCOL' });
      expect(chat.all('error')[0]?.message).toContain(place);
      expect(chat.all('attempt')).toEqual([]);
    }
    expectNothingTold(middle, a, b);
  },
);

describe('a recording of an earlier meeting with the same code', () => {
  test.each(['a', 'b'] as const)('ends %s with exit 5 when all is said again', async (role) => {
    const { told } = await recording();
    expect(told[role].map(({ t }) => t)).toContain('candidate');
    const middle = await behind(alone((message) => (message.t === 'join' ? told[role] : [])));
    const chat = side(middle, role);
    expect(await chat.end()).toEqual(wrongCode);
    expectNothingTold(middle, chat);
  });

  test('proves nothing on the punched socket', async () => {
    const { told, overTcp } = await recording();
    expect(overTcp.length).toBeGreaterThan(500);
    const middle = await behind(
      alone((message) => (message.t === 'join' ? told.b.filter(({ t }) => t !== 'candidate') : [])),
    );
    const b = side(middle, 'b', { waits: { graceMs: 100, sealMs: 2000 } });
    await b.event('attempt');
    const socket = await eventually(() => dialled(middle.victims[0]!.endpoint.port));
    socket.on('data', (chunk) => middle.overhear(chunk));
    socket.write(overTcp);
    expect(await b.end()).toEqual(wrongCode);
    expectNothingTold(middle, b);
  });
});

test('a rendezvous that swaps the nonces of two who resume keeps them apart, and learns nothing', async () => {
  const ends: Socket[] = [];
  const { toVictim, listensFor } = await relays(({ a, b }) => {
    ends.push(a, b);
    a.pipe(b).pipe(a);
  });
  const rejoined: unknown[] = [];
  const { middle, a, b } = await meet(
    {
      toVictim: (message, victim) => {
        if (message.t !== 'matched' || message.peer.share !== undefined) {
          return toVictim(message, victim);
        }
        rejoined.push(message.role);
        return withPeer(message, { nonce: base64url(16) });
      },
    },
    { giveUpMs: 2000 },
  );
  listensFor(middle);
  await Promise.all([a.until(() => a.heard[0]), b.until(() => b.heard[0])]);
  for (const socket of ends) {
    socket.destroy();
  }
  a.chat.send('and the dog must not bark');
  for (const chat of [a, b]) {
    expect(await chat.end()).toEqual({ reason: 'failed', exit: 7, code: 'ERR_CONNECTION_LOST' });
  }
  expect(rejoined).toEqual(expect.arrayContaining(['a', 'b']));
  expect([a.heard, b.heard]).toEqual([[texts.b], [texts.a]]);
  expect([...a.all('resumed'), ...b.all('resumed')]).toEqual([]);
  expectNothingTold(middle);
  expect(middle.heard).not.toContain('bark');
});
