import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  RoomEntrance,
  startInMs,
  type Found,
  type OwnEntry,
  type Posted,
} from '../../../../../source/connect/places/mailbox/wire/room-entrance.ts';
import {
  encodeBody,
  formatPhase,
  type RoomMessage,
  type RoomPhase,
} from '../../../../../source/connect/places/mailbox/wire/room-messages.ts';

function bytes(length: number, value: number) {
  return new Uint8Array(length).fill(value);
}

function posted(side: string, phase: RoomPhase, message: RoomMessage): Posted {
  return { side, phase: formatPhase(phase), body: encodeBody(message) };
}

/** One side, as it enters. */
interface Side {
  readonly entry: OwnEntry;
  readonly rttMs: number;
}

function sideOf(name: string, seat: OwnEntry['seat'], value: number, rttMs = 20): Side {
  const entry = { side: name, seat, nonce: bytes(16, value), share: bytes(32, value), peerSide: undefined };
  return { entry, rttMs };
}

function joinOf({ entry: { side, nonce, seat, share }, rttMs }: Side, count = 0, port?: number): Posted {
  const mapped = port === undefined ? {} : { mapped: { address: '203.0.113.7', port } };
  return posted(side, { nonce, seat, count }, { t: 'join', ...(share && { share }), ...mapped, rttMs });
}

/** What a server does with two sides: it handles all posts in one order, and tells each side half a round trip later. */
class Server {
  readonly #sides: { readonly side: Side; readonly entrance: RoomEntrance; readonly from: number }[] = [];
  readonly #all: Posted[] = [];

  /** A side opens the mailbox at `at`, posts its first message, and has all that was there before. */
  open(side: Side, at: number, first = joinOf(side)): RoomEntrance {
    const entrance = new RoomEntrance(side.entry);
    this.#sides.push({ side, entrance, from: at });
    for (const one of this.#all) {
      this.#tell(this.#sides.length - 1, one, at);
    }
    this.post(first, at);
    entrance.replayed();
    return entrance;
  }

  post(one: Posted, at: number): void {
    this.#all.push(one);
    for (const index of this.#sides.keys()) {
      this.#tell(index, one, at);
    }
  }

  #tell(index: number, one: Posted, at: number): void {
    const { side, entrance } = this.#sides[index]!;
    const now = at + side.rttMs / 2;
    const answer = entrance.heard(one, now);
    if (answer !== undefined) {
      this.post(posted(side.entry.side, answer, { t: 'answer', rttMs: side.rttMs }), now + side.rttMs / 2);
    }
  }
}

function startsAt(found: Found | undefined, own: Side): number {
  if (found === undefined) {
    throw new Error('nobody was found');
  }
  const { at, rttMs } = found;
  return at + startInMs({ at, rttMs: own.rttMs, peerRttMs: rttMs }, at);
}

describe('in the room of a code', () => {
  const opener = sideOf('one', 'b', 1, 40);
  const guest = sideOf('two', 'a', 2, 160);

  test('the one who opened it is b, the guest a, and both begin at one moment', () => {
    const server = new Server();
    const [b, a] = [server.open(opener, 0), server.open(guest, 60_000)];
    expect(b.found).toMatchObject({
      role: 'b',
      peerSide: 'two',
      nonce: guest.entry.nonce,
      hasAnswered: false,
    });
    expect(a.found).toMatchObject({
      role: 'a',
      peerSide: 'one',
      nonce: opener.entry.nonce,
      hasAnswered: false,
    });
    expect(a.found?.try).toEqual({ nonceA: guest.entry.nonce, nonceB: opener.entry.nonce });
    expect(b.found?.try).toEqual(a.found?.try);
    // Half of the longer round trip after the server has handled the guest's message.
    expect(startsAt(a.found, guest)).toBe(60_080);
    expect(startsAt(b.found, opener)).toBe(60_080);
  });

  test('with a code of their own the greater share is a, whoever came first', () => {
    for (const [first, second, expected] of [
      [sideOf('one', 'own', 9), sideOf('two', 'own', 3), ['a', 'b']],
      [sideOf('one', 'own', 3), sideOf('two', 'own', 9), ['b', 'a']],
    ] as const) {
      const server = new Server();
      const [one, two] = [server.open(first, 0), server.open(second, 1000)];
      expect([one.found?.role, two.found?.role]).toEqual(expected);
      expect(startsAt(one.found, first)).toBe(1010);
      expect(startsAt(two.found, second)).toBe(1010);
    }
  });

  test('nobody is found before all that was there has come', () => {
    const entrance = new RoomEntrance(guest.entry);
    entrance.heard(joinOf(opener, 0, 1000), 0);
    entrance.heard(joinOf(guest), 1);
    expect(entrance.found).toBeUndefined();
    entrance.heard(joinOf(opener, 1, 2000), 2);
    entrance.replayed();
    expect(entrance.found?.mapped?.port).toBe(2000);
  });

  test('the highest number holds, in whatever order the first messages come', () => {
    const old = sideOf('one', 'b', 7);
    for (const order of [
      [joinOf(old, 0), joinOf(opener, 1)],
      [joinOf(opener, 1), joinOf(old, 0)],
    ]) {
      const entrance = new RoomEntrance(guest.entry);
      for (const one of order) {
        entrance.heard(one, 0);
      }
      entrance.heard(joinOf(guest), 1);
      entrance.replayed();
      expect(entrance.found?.nonce).toEqual(opener.entry.nonce);
    }
  });

  test('the same first message again does not change the moment', () => {
    const entrance = new RoomEntrance(guest.entry);
    entrance.heard(joinOf(opener, 0), 0);
    entrance.heard(joinOf(guest), 10);
    entrance.heard(joinOf(opener, 1, 2000), 20);
    entrance.replayed();
    expect(entrance.found).toMatchObject({ at: 10, mapped: { port: 2000 } });
  });

  test.each([
    ['of a second guest', joinOf(sideOf('three', 'a', 3))],
    ['with a seat of another kind of code', joinOf(sideOf('three', 'own', 3))],
    ['without a share', posted('one', { nonce: bytes(16, 1), seat: 'b', count: 0 }, { t: 'join', rttMs: 1 })],
    [
      'with our own share',
      posted(
        'one',
        { nonce: bytes(16, 1), seat: 'b', count: 0 },
        { t: 'join', share: bytes(32, 2), rttMs: 1 },
      ),
    ],
    ['that is no first message', posted('one', { nonce: bytes(16, 1), seat: 'b', count: 0 }, { t: 'leave' })],
    ['of ours from an earlier visit', joinOf({ ...opener, entry: { ...opener.entry, side: 'two' } })],
    ['of another application', { side: 'one', phase: 'pake', body: '00' }],
  ])('a message %s finds nobody', (_what, one) => {
    const entrance = new RoomEntrance(guest.entry);
    entrance.heard(one, 0);
    entrance.heard(joinOf(guest), 1);
    entrance.replayed();
    expect(entrance.found).toBeUndefined();
  });

  test('another side that comes later takes nobody’s place', () => {
    const entrance = new RoomEntrance(guest.entry);
    entrance.heard(joinOf(opener, 0), 0);
    entrance.heard(joinOf(sideOf('three', 'b', 3), 5), 0);
    entrance.heard(joinOf(guest), 1);
    entrance.replayed();
    expect(entrance.found?.peerSide).toBe('one');
  });

  test('what the peer says before it is known is kept, up to 64 messages', () => {
    const entrance = new RoomEntrance(opener.entry);
    const phase = { nonceA: guest.entry.nonce, nonceB: opener.entry.nonce, role: 'a' } as const;
    const early = Array.from({ length: 70 }, (_, count) =>
      posted('two', { ...phase, count }, { t: 'leave' }),
    );
    for (const one of early) {
      entrance.heard(one, 0);
    }
    entrance.heard(joinOf(opener), 1);
    entrance.replayed();
    entrance.heard(joinOf(guest), 2);
    expect(entrance.found?.early).toEqual(early.slice(0, 64));
  });
});

function session(seat: 'a' | 'b', value: number, rttMs: number): Side {
  const [side, peerSide] = seat === 'a' ? ['A', 'B'] : ['B', 'A'];
  return { entry: { side, peerSide, seat, nonce: bytes(16, value), share: undefined }, rttMs };
}

describe('in the room of a session', () => {
  test.each([
    ['a', 'b'],
    ['b', 'a'],
  ] as const)(
    '%s waits, %s comes: the one who waited answers, and both begin at one moment',
    (seat, other) => {
      const [waiting, coming] = [session(seat, 1, 40), session(other, 2, 160)];
      const server = new Server();
      const one = server.open(waiting, 0);
      const two = server.open(coming, 1000);
      expect(one.found).toMatchObject({ role: seat, hasAnswered: true });
      expect(two.found).toMatchObject({ role: other, hasAnswered: false });
      expect(one.found?.try).toEqual(two.found?.try);
      // The answer is handled after a round trip of the one who waited, and the start waits for the slower side.
      expect(startsAt(one.found, waiting)).toBe(1000 + 40 + 80);
      expect(startsAt(two.found, coming)).toBe(1000 + 40 + 80);
    },
  );

  test('a first message that is left over finds nobody, and the peer that comes back does', () => {
    const server = new Server();
    server.open(session('b', 7, 20), 0);
    const left = new Server();
    left.post(joinOf(session('b', 7, 20), 0), 0);
    const a = left.open(session('a', 1, 20), 1000);
    expect(a.found).toBeUndefined();
    const back = session('b', 8, 20);
    const b = left.open(back, 2000, joinOf(back, 1));
    expect(a.found?.nonce).toEqual(back.entry.nonce);
    expect(b.found?.try).toEqual(a.found?.try);
  });

  test('a program that comes after another one of its side learns what to count from, and is found', () => {
    const server = new Server();
    const died = session('b', 7, 20);
    server.post(joinOf(died, 0), 0);
    server.post(joinOf(died, 3), 0);
    const a = server.open(session('a', 1, 20), 1000);
    const again = session('b', 8, 20);
    const b = server.open(again, 2000);
    expect([a.found, b.found, a.earlierCount, b.earlierCount]).toEqual([undefined, undefined, -1, 3]);
    server.post(joinOf(again, b.earlierCount + 1), 2000);
    expect(a.found?.nonce).toEqual(again.entry.nonce);
    expect(b.found?.try).toEqual(a.found?.try);
  });

  test('another side finds nobody', () => {
    const entrance = new RoomEntrance(session('a', 1, 20).entry);
    entrance.heard(joinOf(session('a', 1, 20)), 0);
    const stranger = { ...session('b', 2, 20).entry, side: 'C' };
    expect(entrance.heard(joinOf({ entry: stranger, rttMs: 1 }), 1)).toBeUndefined();
  });

  test('two that come at once are answered by one of them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 300 }),
        (rttA, rttB, laterMs) => {
          const [a, b] = [session('a', 1, rttA), session('b', 2, rttB)];
          const server = new Server();
          const [one, two] = [server.open(a, 0), server.open(b, laterMs)];
          expect(one.found?.try).toEqual(two.found?.try);
          expect([one.found?.hasAnswered, two.found?.hasAnswered].filter(Boolean)).toHaveLength(1);
          expect(startsAt(one.found, a)).toBeCloseTo(startsAt(two.found, b), 6);
        },
      ),
    );
  });
});

test('a start lies at most two seconds ahead, and never behind', () => {
  expect(startInMs({ at: 0, rttMs: 0, peerRttMs: 60_000 }, 0)).toBe(2000);
  expect(startInMs({ at: 0, rttMs: 60_000, peerRttMs: 0 }, 5000)).toBe(0);
});
