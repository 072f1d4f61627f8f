/**
 * At a mailbox server the peers tell each other where they are seen, and the server may lie. It can make us dial one
 * endpoint. Nobody is sprayed at an address unless two STUN servers have named it to its owner, and the owner says so
 * in a seal. mapped-port.test.ts has the addresses that are not dialled at all.
 */
import { describe, expect, onTestFinished, test } from 'vitest';
import { deriveKeys } from '../../../source/connect/keys/keys.ts';
import { Guess } from '../../../source/connect/keys/guess.ts';
import { createMeetingContext } from '../../../source/connect/meeting-context.ts';
import type { MappedMatch, SignalIn, SignalOut, Visit } from '../../../source/connect/place.ts';
import { Inbox } from '../../../source/connect/places/inbox.ts';
import { Rounds } from '../../../source/connect/punch/punch-rounds.ts';
import { helloOf, Signalling } from '../../../source/connect/punch/signalling.ts';
import type { Role } from '../../../source/events.ts';
import type { MappedEndpoint } from '../../../source/protocol/rendezvous-messages.ts';
import type { HelloMessage } from '../../../source/protocol/sealed-messages.ts';

const share = new Uint8Array(32);
const keys = deriveKeys({ isk: new Uint8Array(64), shareA: share, shareB: share });

/** Seen by two servers: the second one names the probe port. */
const twice = {
  a: { address: '50.0.1.2', port: 7001, probePort: 50_000 },
  b: { address: '50.0.2.2', port: 4001, probePort: 4001 },
} as const;
/** Seen by one server. */
const once = {
  a: { address: '50.0.1.2', port: 7001 },
  b: { address: '50.0.2.2', port: 4001 },
} as const;

interface Told {
  /** How each side is seen. */
  readonly seen: Readonly<Record<Role, MappedEndpoint>>;
  /** What the mailbox says of the peer of each, if it is not the truth. */
  readonly lies?: Partial<Record<Role, MappedEndpoint>>;
  /** What the side says of itself in its seal, if it is another version. */
  readonly hello?: (hello: HelloMessage) => HelloMessage;
  /** Whether the place has seen both itself, as a rendezvous does. */
  readonly isSeen?: boolean;
}

/** Two visits to one place, which passes everything on and lets each round begin when both have asked for it. */
function twoVisits() {
  const inboxes = { a: new Inbox<SignalIn>(), b: new Inbox<SignalIn>() };
  const asked = new Set<string>();
  function visit(role: Role, other: Role): Visit {
    return {
      family: 4,
      local: { address: '192.168.1.7', port: 4001 },
      remote: { address: '50.0.0.9', port: 443 },
      probePort: 0,
      openRoom: async () => 7,
      join: async () => Promise.reject(new Error('both have joined')),
      answers: async () => true,
      send: (message: SignalOut) => {
        if (message.t === 'seal') {
          inboxes[other].put({ t: 'seal', sealed: message.sealed });
          return;
        }
        asked.add(`${message.n} ${role}`);
        if (asked.has(`${message.n} ${other}`)) {
          for (const inbox of Object.values(inboxes)) {
            inbox.put({ t: 'start', n: message.n, startInMs: 0 });
          }
        }
      },
      receive: (signal) => inboxes[role].take(signal),
      lateObservation: async () => undefined,
      probeAnew: async () => undefined,
      relay: async () => 'no relay',
      report: () => undefined,
      close: () => undefined,
      destroy: () => undefined,
    };
  }
  return { a: visit('a', 'b'), b: visit('b', 'a') };
}

/** What each side does in the second round, which is the first one that may be a spray. */
async function secondRound({ seen, lies = {}, hello = (one) => one, isSeen = false }: Told) {
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const { signal } = over;
  const visits = twoVisits();
  async function play(role: Role, other: Role) {
    const visit = visits[role];
    const context = createMeetingContext({ server: { mailbox: 'wss://50.0.0.9/v1' } }, () => undefined);
    const match: MappedMatch = {
      role,
      mapped: seen[role],
      peerMapped: lies[role] ?? seen[other],
      ...(!isSeen && { isTold: true }),
      matchedAt: 0,
      startInMs: 0,
      peer: { nonce: new Uint8Array(16), share },
    };
    const rounds = new Rounds({ context, visit, match, signal });
    const signalling = new Signalling({
      visit,
      role,
      keys,
      guess: new Guess(),
      hello: hello(helloOf({ context, match, sprays: rounds.sprays }, [])),
      onForwarded: () => undefined,
      onObserved: () => undefined,
      signal,
    });
    const round = await rounds.next(2, signalling);
    return round?.plan.spray;
  }
  const [a, b] = await Promise.all([play('a', 'b'), play('b', 'a')]);
  return { a, b };
}

function withoutAddress(hello: HelloMessage): HelloMessage {
  const { port = 0, probePort = 0 } = hello.observed ?? {};
  return { ...hello, observed: { port, probePort } };
}

test('a peer that tells again and again of other ports is believed four times', async () => {
  const visits = twoVisits();
  const { signal } = new AbortController();
  const heard: unknown[] = [];
  const enough = Promise.withResolvers<void>();
  const hello: HelloMessage = { t: 'hello', mode: 'chat', hosts: [] };
  const common = { keys, guess: new Guess(), hello, signal };
  const a = new Signalling({
    ...common,
    visit: visits.a,
    role: 'a',
    onForwarded: () => undefined,
    onObserved: () => undefined,
  });
  const b: Signalling = new Signalling({
    ...common,
    visit: visits.b,
    role: 'b',
    // It is sent last, so that all else has come before it.
    onForwarded: () => enough.resolve(),
    onObserved: () => heard.push(b.peerObserved?.addressPort),
  });
  for (let port = 1; port <= 50; port += 1) {
    void a.tell({ t: 'observed', port: 4000, probePort: 4000, addressPort: port });
  }
  await a.tell({ t: 'forwarded', address: '50.0.1.2', port: 5000 });
  await enough.promise;
  expect(heard).toEqual([1, 2, 3, 4]);
  expect(b.peerObserved).toMatchObject({ addressPort: 4 });
});

describe('between a random NAT and another one, at a mailbox', () => {
  test('both spray if two STUN servers have named each, and each says so in its seal', async () => {
    expect(await secondRound({ seen: twice })).toEqual({ a: 'fan', b: 'burst' });
  });

  test.each([
    ['the one', { a: once.a, b: twice.b }],
    ['the other', { a: twice.a, b: once.b }],
    ['both', once],
  ])('nobody sprays if only one STUN server has named %s', async (_, seen) => {
    expect(await secondRound({ seen })).toEqual({ a: undefined, b: undefined });
  });

  test.each<[Role, MappedEndpoint]>([
    ['a', { ...twice.b, address: '50.0.9.9' }],
    ['b', { ...twice.a, address: '50.0.9.9' }],
  ])('%s does not spray an address that the peer does not name in its seal', async (role, lie) => {
    expect((await secondRound({ seen: twice, lies: { [role]: lie } }))[role]).toBeUndefined();
  });

  test('nobody sprays an address that its owner does not name in its seal at all', async () => {
    expect(await secondRound({ seen: twice, hello: withoutAddress })).toEqual({ a: undefined, b: undefined });
  });

  test('nobody sprays a private address, or that of the mailbox', async () => {
    for (const address of ['10.0.0.7', '50.0.0.9']) {
      const seen = { a: { ...twice.a, address }, b: { ...twice.b, address } };
      expect(await secondRound({ seen })).toEqual({ a: undefined, b: undefined });
    }
  });
});

test('a rendezvous has seen both addresses itself, so that no seal has to name them', async () => {
  expect(await secondRound({ seen: twice, isSeen: true })).toEqual({ a: 'fan', b: 'burst' });
  expect(await secondRound({ seen: once, isSeen: true })).toEqual({ a: 'burst', b: 'fan' });
});

describe('the hello of a side at a mailbox', () => {
  const context = createMeetingContext({ server: { mailbox: 'wss://50.0.0.9/v1' } }, () => undefined);

  test('names its address if two STUN servers have named it', () => {
    const { observed } = helloOf(
      { context, match: { mapped: twice.a, isTold: true }, sprays: undefined },
      [],
    );
    expect(observed).toEqual(twice.a);
  });

  test('names its port alone if only one has', () => {
    const { observed } = helloOf({ context, match: { mapped: once.a, isTold: true }, sprays: undefined }, []);
    expect(observed).toEqual({ port: once.a.port });
  });
});
