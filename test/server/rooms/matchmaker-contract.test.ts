import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { defaultLimits } from '../../../source/server/limits.ts';
import { sharesOf, type Shares } from '../../../source/server/admission/shares.ts';
import type { Joiner, SeatEvent } from '../../../source/server/rooms/matchmaker.ts';
import { base64url } from '../../helpers/servers/rendezvous-server.ts';
import { contractSpaces, type ContractSpace, type Person } from '../../helpers/servers/contract-spaces.ts';
import { raisesOnlyProtocolErrors } from '../../helpers/decoders/raises-only-protocol-errors.ts';
import { skipWithout } from '../../helpers/skip-without.ts';

const minuteMs = 60_000;
const { returnMs } = defaultLimits;
const nothing = { rooms: 0, waiting: 0, seats: 0 };

function take({ all }: Person) {
  return all.splice(0).map((event) => (event.kind === 'refused' ? event.code : event.kind));
}

/** The refusal of a client that gets no number. */
function noNumber(limit: string, whose: string) {
  return expect.objectContaining({
    kind: 'refused',
    code: 'ERR_RENDEZVOUS_REFUSED',
    reason: limit,
    message: expect.stringContaining(whose),
  });
}

function numbersOf(events: readonly (SeatEvent | undefined)[]): number[] {
  return events.flatMap((event) => (event?.kind === 'opened' ? event.number : []));
}

describe.each(contractSpaces)('$name', (matchmaker) => {
  const reason = matchmaker.missing();
  let space: ContractSpace;

  beforeAll(async () => {
    if (reason === undefined) {
      await matchmaker.begin();
    }
  });
  afterAll(() => matchmaker.end());

  beforeEach(async (context) => {
    if (reason !== undefined) {
      skipWithout(context, reason);
    }
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    space = await matchmaker.create();
  });

  afterEach(async () => {
    await space?.close();
    vi.useRealTimers();
  });

  async function advance(ms: number) {
    await space.settle();
    vi.advanceTimersByTime(ms);
    await space.settle();
  }

  /** A connection without sockets. `take` returns the events since it was called last. */
  function arrive(shares?: Shares) {
    const client = base64url(16);
    const person = space.arrive(shares);
    const { seat } = person;
    function joiner(fields: Partial<Joiner> & { number: number }): Joiner {
      return {
        client,
        token: undefined,
        mapped: { address: '192.0.2.7', port: 4711 },
        share: base64url(32),
        nonce: base64url(16),
        nat: undefined,
        rttMs: 20,
        ...fields,
      };
    }
    return {
      client,
      seat,
      join: (fields: Partial<Joiner> & { number: number }) => seat.join(joiner(fields)),
      resume: (room: string, slot: 'a' | 'b') => seat.resume(room, slot, joiner({ number: 0 })),
      last: () => person.all.at(-1),
      take: () => take(person),
      takeMessages: () =>
        person.all.splice(0).map((event) => (event.kind === 'message' ? event.message : event)),
    };
  }

  type Arrived = ReturnType<typeof arrive>;

  /** What each was told since this was asked last. */
  async function told(...people: readonly Pick<Arrived, 'take'>[]) {
    await space.settle();
    return people.map((one) => one.take());
  }

  async function open(shares?: Shares) {
    const opener = arrive(shares);
    opener.seat.open(opener.client);
    await space.settle();
    const opened = opener.last();
    if (opened?.kind !== 'opened') {
      throw new Error('not opened');
    }
    opener.take();
    return { ...opener, number: opened.number, token: opened.token };
  }

  async function openAndWait() {
    const opener = await open();
    opener.join({ number: opener.number });
    expect(await told(opener)).toEqual([['waiting']]);
    return opener;
  }

  function guestOf(number: number) {
    const guest = arrive();
    guest.join({ number });
    return guest;
  }

  async function match() {
    const b = await openAndWait();
    const a = guestOf(b.number);
    expect(await told(a, b)).toEqual([['matched'], ['matched']]);
    return { a, b };
  }

  test('one that comes through a proxy has no mapped endpoint, and its peer is told none', async () => {
    const b = await open();
    b.join({ number: b.number, mapped: undefined });
    await space.settle();
    expect(b.last()).toEqual({ kind: 'waiting', mapped: undefined });
    const a = guestOf(b.number);
    await space.settle();
    const toGuest = a.last();
    expect(toGuest).toMatchObject({ kind: 'matched', own: { mapped: { port: 4711 } } });
    expect(toGuest?.kind === 'matched' && toGuest.peer.mapped).toBeUndefined();
  });

  async function openMany(shares: Shares, count: number) {
    const people = Array.from({ length: count }, () => arrive(shares));
    for (const { seat, client } of people) {
      seat.open(client);
    }
    await space.settle();
    return people.map(({ seat, last }) => {
      const opened = last();
      if (opened?.kind !== 'opened') {
        throw new Error(`not opened: ${JSON.stringify(opened)}`);
      }
      return { seat, number: opened.number, token: opened.token };
    });
  }

  async function expectNoNumber(shares: Shares, whose: string) {
    const person = arrive(shares);
    person.seat.open(person.client);
    await space.settle();
    expect(person.last()).toEqual(noNumber('address-numbers', whose));
  }

  /** Whether it has left, as far as it was told. */
  async function withdraw({ seat }: Pick<Arrived, 'seat'>) {
    let hasLeft = false;
    seat.withdraw(() => {
      hasLeft = true;
    });
    await space.settle();
    return hasLeft;
  }

  describe('a client whose server goes down', () => {
    test('leaves the room in which it waits, and can come back to it', async () => {
      const opener = await openAndWait();
      expect(await withdraw(opener)).toBe(true);
      const guest = guestOf(opener.number);
      expect(await told(opener, guest)).toEqual([[], []]);
      const back = arrive();
      back.join({ number: opener.number, token: opener.token });
      expect(await told(back, guest)).toEqual([['matched'], ['matched']]);
    });

    test('stays in a match until it is done', async () => {
      const { a, b } = await match();
      expect(await withdraw(a)).toBe(false);
      expect(await withdraw(b)).toBe(false);
      a.seat.send({ t: 'candidate', sealed: 'AAAA' });
      expect(await told(a, b)).toEqual([[], ['message']]);
      b.seat.done();
      expect(await withdraw(b)).toBe(true);
      expect(await told(a)).toEqual([[]]);
    });

    test('stays if its guest comes in that moment, or its guest waits for it', async () => {
      const opener = await openAndWait();
      const guest = guestOf(opener.number);
      // Of two servers, either may come first.
      const hasLeft = await withdraw(opener);
      const owner = hasLeft ? arrive() : opener;
      if (hasLeft) {
        owner.join({ number: opener.number, token: opener.token });
      }
      expect(await told(owner, guest)).toEqual([['matched'], ['matched']]);
    });

    test('leaves the room of a session in which it waits, and stays in a match there', async () => {
      const room = base64url(16);
      const [a, b] = [arrive(), arrive()];
      a.resume(room, 'a');
      expect(await told(a)).toEqual([['waiting']]);
      expect(await withdraw(a)).toBe(true);
      b.resume(room, 'b');
      expect(await told(b)).toEqual([['waiting']]);
      const again = arrive();
      again.resume(room, 'a');
      expect(await told(again, b)).toEqual([['matched'], ['matched']]);
      expect(await withdraw(again)).toBe(false);
      again.seat.done();
      expect(await withdraw(again)).toBe(true);
      expect(await told(b)).toEqual([[]]);
    });
  });

  describe('a room', () => {
    test('stays 10 minutes after its owner has left, so that it can come back', async () => {
      const opener = await openAndWait();
      opener.seat.leave();
      await advance(returnMs - 1);
      const back = arrive();
      back.join({ number: opener.number, token: opener.token });
      expect(await told(back)).toEqual([['waiting']]);
      back.seat.leave();
      await advance(returnMs);
      expect(await space.left()).toEqual(nothing);
      const late = arrive();
      late.join({ number: opener.number, token: opener.token });
      expect(await told(late)).toEqual([['ERR_NO_SUCH_ROOM']]);
    });

    test('that was opened and never joined ends, too', async () => {
      const opener = await open();
      opener.seat.leave();
      await advance(returnMs);
      expect(await space.left()).toEqual(nothing);
    });

    test('of an agreed code ends with the connection of its owner', async () => {
      const first = arrive();
      first.join({ number: 1000 });
      await space.settle();
      first.seat.leave();
      await space.settle();
      expect(await space.left()).toEqual(nothing);
      expect(await told(guestOf(1000))).toEqual([['waiting']]);
    });

    test('does not accept the token of another room', async () => {
      const one = await openAndWait();
      const other = await openAndWait();
      const thief = arrive();
      thief.join({ number: one.number, token: other.token });
      expect(await told(thief, one)).toEqual([['ERR_NO_SUCH_ROOM'], []]);
    });

    test('that the server does not know is made again for a client with a token, and for no other', async () => {
      const opener = arrive();
      const token = base64url(16);
      opener.join({ number: 7, token });
      expect(await told(opener)).toEqual([['waiting']]);
      const stranger = arrive();
      stranger.join({ number: 7, token: base64url(16) });
      expect(await told(stranger)).toEqual([['ERR_NO_SUCH_ROOM']]);
      opener.seat.leave();
      await space.settle();
      const back = arrive();
      back.join({ number: 7, token });
      expect(await told(back)).toEqual([['waiting']]);
      expect(await told(guestOf(7))).toEqual([['matched']]);
    });

    test('whose number rests is made again for nobody, not even with a token', async () => {
      const opener = await openAndWait();
      opener.seat.leave();
      await advance(returnMs);
      const [thief, late] = [arrive(), arrive()];
      thief.join({ number: opener.number, token: base64url(16) });
      expect(await told(thief)).toEqual([['ERR_NO_SUCH_ROOM']]);
      await advance(10 * minuteMs);
      late.join({ number: opener.number, token: opener.token });
      expect(await told(late)).toEqual([['waiting']]);
    });

    test('that was made again keeps its number from those who open', async () => {
      const opener = arrive();
      opener.join({ number: 1, token: base64url(16) });
      await space.settle();
      expect((await openAndWait()).number).toBe(2);
    });

    test('is left when its owner joins another one', async () => {
      const opener = await openAndWait();
      opener.join({ number: 2000 });
      expect(await told(opener)).toEqual([['waiting']]);
      expect(await told(guestOf(2000))).toEqual([['matched']]);
      expect(await told(guestOf(opener.number))).toEqual([[]]);
    });

    test('gives both the same session, and each what the other said of itself', async () => {
      const { a, b } = await match().then(async ({ b: owner }) => {
        // A second match, whose events are read before they are taken.
        owner.seat.leave();
        await space.settle();
        const again = await openAndWait();
        const guest = guestOf(again.number);
        await space.settle();
        return { a: guest.last(), b: again.last() };
      });
      if (a?.kind !== 'matched' || b?.kind !== 'matched') {
        throw new Error('not matched');
      }
      expect([a.role, b.role]).toEqual(['a', 'b']);
      expect(a.session).toBe(b.session);
      expect([a.peer, b.peer]).toEqual([b.own, a.own]);
    });
  });

  describe('a held guest', () => {
    test('is refused after 10 s, and the room can be joined by another', async () => {
      const opener = await open();
      const guest = guestOf(opener.number);
      await advance(9999);
      expect(await told(guest)).toEqual([[]]);
      await advance(1);
      await space.settle();
      expect(guest.takeMessages()).toMatchObject([{ code: 'ERR_NO_SUCH_ROOM', again: true }]);
      const other = guestOf(opener.number);
      await space.settle();
      opener.join({ number: opener.number });
      expect(await told(opener, other, guest)).toEqual([['matched'], ['matched'], []]);
    });

    test('keeps other guests out', async () => {
      const { number } = await open();
      guestOf(number);
      await space.settle();
      expect(await told(guestOf(number))).toEqual([['ERR_ROOM_TAKEN']]);
    });

    test('that leaves is not matched', async () => {
      const opener = await open();
      const guest = guestOf(opener.number);
      await space.settle();
      guest.seat.leave();
      await space.settle();
      opener.join({ number: opener.number });
      expect(await told(opener)).toEqual([['waiting']]);
    });

    test('is refused when the room ends', async () => {
      const opener = await open();
      opener.seat.leave();
      await advance(returnMs - 5000);
      const guest = guestOf(opener.number);
      await advance(5000);
      expect(await told(guest)).toEqual([['ERR_NO_SUCH_ROOM']]);
      expect(await space.left()).toEqual(nothing);
    });
  });

  describe('a match', () => {
    test('ends when a leaves, and b may come back for another guest, ten times', async () => {
      const { a, b } = await match();
      let guest = a;
      let owner: Arrived = b;
      for (let rearm = 1; rearm <= 10; rearm += 1) {
        guest.seat.leave();
        expect(await told(owner)).toEqual([['ERR_PEER_LEFT']]);
        owner = arrive();
        owner.join({ number: b.number, token: b.token });
        expect(await told(owner)).toEqual([['waiting']]);
        guest = guestOf(b.number);
        expect(await told(guest, owner)).toEqual([['matched'], ['matched']]);
      }
      guest.seat.leave();
      await space.settle();
      owner = arrive();
      owner.join({ number: b.number, token: b.token });
      expect(await told(owner)).toEqual([['ERR_RENDEZVOUS_REFUSED']]);
      expect((await space.left()).rooms).toBe(0);
    });

    test('ends when b leaves, a is told so, and b may come back', async () => {
      const { a, b } = await match();
      b.seat.leave();
      expect(await told(a)).toEqual([['ERR_PEER_LEFT']]);
      const back = arrive();
      back.join({ number: b.number, token: b.token });
      expect(await told(back)).toEqual([['waiting']]);
      expect(await told(guestOf(b.number))).toEqual([['matched']]);
    });

    test.each(['leaves', 'joins again', 'joins again from a new connection'])(
      'tells a that the code may be tried again when b %s and has sealed nothing',
      async (how) => {
        const { a, b } = await match();
        a.seat.send({ t: 'candidate', sealed: 'AAAA' });
        await space.settle();
        if (how === 'leaves') {
          b.seat.leave();
        } else {
          (how === 'joins again' ? b : arrive()).join({ number: b.number, token: b.token });
        }
        await space.settle();
        expect(a.takeMessages()).toMatchObject([{ code: 'ERR_PEER_LEFT', again: true }]);
      },
    );

    test('tells a that the code is spent when b has sealed and leaves', async () => {
      const { a, b } = await match();
      b.seat.send({ t: 'candidate', sealed: 'AAAA' });
      expect(await told(a)).toEqual([['message']]);
      b.seat.leave();
      await space.settle();
      const [refused] = a.takeMessages();
      expect(refused).toMatchObject({ code: 'ERR_PEER_LEFT' });
      expect(refused).not.toHaveProperty('again');
    });

    test.each(['a', 'b'] as const)('ends its room when b has sealed and %s leaves', async (who) => {
      const { a, b } = await match();
      b.seat.send({ t: 'candidate', sealed: 'AAAA' });
      await space.settle();
      ({ a, b })[who].seat.leave();
      await space.settle();
      expect((await space.left()).rooms).toBe(0);
      const back = arrive();
      back.join({ number: b.number, token: b.token });
      expect(await told(back, guestOf(b.number))).toEqual([['ERR_NO_SUCH_ROOM'], ['ERR_NO_SUCH_ROOM']]);
      await advance(10 * minuteMs);
      expect((await open()).number).toBe(b.number);
    });

    test('counts the seals of b anew when it joins again', async () => {
      const { b } = await match();
      b.seat.send({ t: 'candidate', sealed: 'AAAA' });
      b.join({ number: b.number, token: b.token });
      await space.settle();
      const next = guestOf(b.number);
      expect(await told(next)).toEqual([['matched']]);
      b.seat.leave();
      await space.settle();
      expect(next.takeMessages()).toMatchObject([{ code: 'ERR_PEER_LEFT', again: true }]);
    });

    test('under an agreed code leaves its number to a when b is cut off', async () => {
      const [b, a] = [arrive(), arrive()];
      b.join({ number: 1000 });
      expect(await told(b)).toEqual([['waiting']]);
      a.join({ number: 1000 });
      expect(await told(a, b)).toEqual([['matched'], ['matched']]);
      b.seat.leave();
      await space.settle();
      expect(a.takeMessages()).toMatchObject([{ code: 'ERR_PEER_LEFT', again: true }]);
      const again = arrive();
      again.join({ number: 1000 });
      expect(await told(again)).toEqual([['waiting']]);
      const back = arrive();
      back.join({ number: 1000 });
      expect(await told(back, again)).toEqual([['matched'], ['matched']]);
    });

    test('ends for a when b joins again from a new connection', async () => {
      const { a, b } = await match();
      const back = arrive();
      back.join({ number: b.number, token: b.token });
      expect(await told(a, b, back)).toEqual([['ERR_PEER_LEFT'], ['ERR_RENDEZVOUS_CLOSED'], ['waiting']]);
    });

    test('ends when a joins again from a new connection, which is held for b', async () => {
      const { a, b } = await match();
      const again = arrive();
      again.join({ number: b.number, client: a.client });
      expect(await told(a, b)).toEqual([['ERR_RENDEZVOUS_CLOSED'], ['ERR_PEER_LEFT']]);
      const back = arrive();
      back.join({ number: b.number, token: b.token });
      expect(await told(back, again)).toEqual([['matched'], ['matched']]);
    });

    test('frees its number when b is done, and still passes messages', async () => {
      const { a, b } = await match();
      b.seat.done();
      await space.settle();
      expect((await space.left()).rooms).toBe(0);
      a.seat.send({ t: 'candidate', sealed: 'AAAA' });
      expect(await told(b)).toEqual([['message']]);
      b.seat.leave();
      await space.settle();
      a.seat.send({ t: 'candidate', sealed: 'AAAA' });
      a.seat.leave();
      expect(await told(a, b)).toEqual([[], []]);
      expect(await space.left()).toEqual(nothing);
    });

    test('refuses a round of a when b is done and has left', async () => {
      const { a, b } = await match();
      b.seat.done();
      b.seat.leave();
      await space.settle();
      a.seat.send({ t: 'round', n: 2, rttMs: 1, probePort: undefined });
      expect(await told(a)).toEqual([['ERR_PEER_LEFT']]);
    });

    test('refuses a round of b when a is done and has gone to another room', async () => {
      const { a, b } = await match();
      a.seat.done();
      a.join({ number: 1000 });
      expect(await told(a, b)).toEqual([['waiting'], []]);
      b.seat.send({ t: 'round', n: 2, rttMs: 1, probePort: undefined });
      expect(await told(b)).toEqual([['ERR_PEER_LEFT']]);
    });

    test('stays closed to other guests after a is done, until b has left', async () => {
      const { a, b } = await match();
      a.seat.done();
      a.seat.leave();
      await space.settle();
      expect(await told(guestOf(b.number))).toEqual([['ERR_ROOM_TAKEN']]);
      b.seat.leave();
      await advance(returnMs);
      expect(await space.left()).toEqual(nothing);
    });

    test('passes all messages on, in their order', async () => {
      const { a, b } = await match();
      const seen: unknown[] = [];
      for (let n = 1; n <= 100; n += 1) {
        b.seat.send({ t: 'round', n, rttMs: n, probePort: 4711 });
        // In pieces, because a real client may leave only so much unread.
        if (n % 20 === 0) {
          await space.settle();
          seen.push(...a.takeMessages());
        }
      }
      expect(seen).toEqual(
        Array.from({ length: 100 }, (_, index) => ({
          t: 'round',
          n: index + 1,
          rttMs: index + 1,
          probePort: 4711,
        })),
      );
    });
  });

  describe('a connection', () => {
    test('is not told the token of its peer', async () => {
      const { a, b } = await match();
      b.join({ number: b.number, token: b.token });
      expect(await told(a, b)).toEqual([['ERR_PEER_LEFT'], ['waiting']]);
      const next = guestOf(b.number);
      await space.settle();
      for (const event of [next.last(), b.last()]) {
        if (event?.kind !== 'matched') {
          throw new Error('not matched');
        }
        for (const side of [event.own, event.peer]) {
          expect(Object.keys(side)).not.toContain('token');
          expect(Object.keys(side)).not.toContain('number');
        }
      }
    });

    test('that is done with one room and opens another may not send before a match', async () => {
      const one = arrive();
      one.join({ number: 1000 });
      expect(await told(one)).toEqual([['waiting']]);
      one.seat.done();
      one.seat.open(one.client);
      expect(await told(one)).toEqual([['opened']]);
      expect(() => one.seat.send({ t: 'candidate', sealed: 'AAAA' })).toThrow('candidate before a match');
    });

    test('that has gone on to the room of a session is not replaced when its client opens a room', async () => {
      const [one, next] = [arrive(), arrive()];
      one.seat.open(one.client);
      await space.settle();
      one.resume(base64url(16), 'a');
      expect(await told(one)).toEqual([['opened', 'waiting']]);
      next.seat.open(one.client);
      expect(await told(one, next)).toEqual([[], ['opened']]);
    });
  });

  describe('a session that lost its channel', () => {
    test('is matched in its own room, whichever peer comes first', async () => {
      for (const [first, second] of [
        ['a', 'b'],
        ['b', 'a'],
      ] as const) {
        const [one, other, room] = [arrive(), arrive(), base64url(16)];
        one.resume(room, first);
        expect(await told(one)).toEqual([['waiting']]);
        other.resume(room, second);
        await space.settle();
        expect([one.last(), other.last()]).toMatchObject([
          { kind: 'matched', role: first },
          { kind: 'matched', role: second },
        ]);
        one.seat.leave();
        other.seat.leave();
      }
      await space.settle();
      expect(await space.left()).toEqual(nothing);
    });

    test('takes a newer connection for a slot, and ends a match with the older one', async () => {
      const room = base64url(16);
      const [ghost, a, b, again] = [arrive(), arrive(), arrive(), arrive()];
      ghost.resume(room, 'a');
      await space.settle();
      a.resume(room, 'a');
      expect(await told(ghost, a)).toEqual([['waiting', 'ERR_RENDEZVOUS_CLOSED'], ['waiting']]);
      b.resume(room, 'b');
      expect(await told(a, b)).toEqual([['matched'], ['matched']]);
      again.resume(room, 'b');
      expect(await told(a, b, again)).toEqual([['ERR_PEER_LEFT'], ['ERR_RENDEZVOUS_CLOSED'], ['waiting']]);
    });

    test('tells a peer that the other has left, unless that one is done', async () => {
      for (const isDone of [false, true]) {
        const [a, b, room] = [arrive(), arrive(), base64url(16)];
        a.resume(room, 'a');
        b.resume(room, 'b');
        expect((await told(a, b)).map((kinds) => kinds.at(-1))).toEqual(['matched', 'matched']);
        a.seat.send({ t: 'candidate', sealed: 'AAAA' });
        expect(await told(b)).toEqual([['message']]);
        if (isDone) {
          a.seat.done();
        }
        a.seat.leave();
        expect(await told(b)).toEqual([isDone ? [] : ['ERR_PEER_LEFT']]);
        b.seat.leave();
      }
      await space.settle();
      expect(await space.left()).toEqual(nothing);
    });
  });

  describe('a number', () => {
    test('rests for 10 minutes before it is given again', async () => {
      const first = await openAndWait();
      const second = await openAndWait();
      expect([first.number, second.number]).toEqual([1, 2]);
      first.seat.leave();
      await advance(returnMs);
      expect((await openAndWait()).number).toBe(3);
      await advance(10 * minuteMs - 1);
      expect((await openAndWait()).number).toBe(4);
      await advance(1);
      expect((await openAndWait()).number).toBe(1);
    });

    test('that came with a token and has rested is given after the lower ones', async () => {
      const back = arrive();
      back.join({ number: 700, token: base64url(16) });
      expect(await told(back)).toEqual([['waiting']]);
      back.seat.done();
      await advance(10 * minuteMs);
      expect([(await open()).number, (await open()).number]).toEqual([1, 2]);
    });

    test('from 1000 on is never given: without a lower one the server is full', async () => {
      const people = Array.from({ length: 1001 }, () => arrive());
      for (const { seat, client } of people) {
        seat.open(client);
      }
      await space.settle();
      const answers = people.map((one) => one.last());
      expect(numbersOf(answers).toSorted((one, other) => one - other)).toEqual(
        Array.from({ length: 999 }, (_, index) => index + 1),
      );
      expect(answers.filter((answer) => answer?.kind === 'refused')).toEqual(
        Array.from({ length: 2 }, () => noNumber('numbers', 'this rendezvous is full: its 999 room numbers')),
      );
    });

    test('from 1000 on is never given, not even after it came with a token and has rested', async () => {
      const opener = arrive();
      opener.join({ number: 1200, token: base64url(16) });
      expect(await told(opener)).toEqual([['waiting']]);
      opener.seat.leave();
      await advance(returnMs);
      await advance(10 * minuteMs);
      expect([(await open()).number, (await open()).number]).toEqual([1, 2]);
    });

    test('is refused to an address with its share in use or at rest, and to no other', async () => {
      const shares = sharesOf('192.0.2.1');
      const openers = await openMany(shares, defaultLimits.numbersPerAddress);
      await expectNoNumber(shares, 'your address has');
      for (const { seat } of openers) {
        seat.leave();
      }
      await advance(returnMs);
      await expectNoNumber(shares, 'your address has');
      expect((await open(sharesOf('192.0.2.2'))).number).toBe(121);
      await advance(10 * minuteMs);
      expect((await open(shares)).number).toBe(1);
    });

    test('is refused to an IPv6 /48 with four times the share of an address', async () => {
      for (let n = 0; n < 4; n += 1) {
        await openMany(sharesOf(`2001:db8:1:${n}::1`), 120);
      }
      await expectNoNumber(sharesOf('2001:db8:1:0::2'), 'your address has');
      await expectNoNumber(sharesOf('2001:db8:1:5::1'), 'your network (an IPv6 /48) has');
      expect((await open(sharesOf('2001:db8:2::1'))).number).toBe(481);
    });

    test('is counted for a room that is made by a token, too, and only once for a room', async () => {
      const shares = sharesOf('192.0.2.1');
      const openers = await openMany(shares, defaultLimits.numbersPerAddress - 1);
      const [first] = openers;
      for (let n = 0; n < 3; n += 1) {
        const back = arrive(shares);
        back.join({ number: first?.number ?? 0, token: first?.token });
        expect(await told(back)).toEqual([['waiting']]);
      }
      const [one, other] = [arrive(shares), arrive(shares)];
      one.join({ number: 1300, token: base64url(16) });
      expect(await told(one)).toEqual([['waiting']]);
      other.join({ number: 700, token: base64url(16) });
      expect(await told(other)).toEqual([['ERR_RENDEZVOUS_REFUSED']]);
      // Nobody has that number now.
      expect(await told(guestOf(700))).toEqual([['ERR_NO_SUCH_ROOM']]);
    });

    test('is not counted for a room of an agreed code', async () => {
      const shares = sharesOf('192.0.2.1');
      for (let n = 0; n <= defaultLimits.numbersPerAddress; n += 1) {
        const person = arrive(shares);
        person.join({ number: 5000 + n });
        expect(await told(person)).toEqual([['waiting']]);
      }
      expect((await open(shares)).number).toBe(1);
    });
  });

  test('nothing is left after any sequence of what clients can do', async () => {
    const kinds = [
      'open',
      'join',
      'joinOwn',
      'return',
      'resume',
      'send',
      'round',
      'done',
      'leave',
      'wait',
    ] as const;
    const rooms = [base64url(16), base64url(16)] as const;
    let seed = 1;
    function random(below: number) {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    }
    for (let run = 0; run < matchmaker.runs; run += 1) {
      const people = Array.from({ length: 4 }, arrive);
      const tokens: { number: number; token: string }[] = [];
      for (let step = 0; step < 40; step += 1) {
        const one = people[random(people.length)]!;
        switch (kinds[random(kinds.length)]) {
          case 'open': {
            one.seat.open(one.client);
            await space.settle();
            const opened = one.last();
            if (opened?.kind === 'opened') {
              tokens.push(opened);
            }
            break;
          }
          case 'join':
            one.join({ number: tokens[random(tokens.length + 1)]?.number ?? 1 });
            break;
          case 'joinOwn':
            one.join({ number: 5000 + random(2) });
            break;
          case 'return':
            one.join(tokens[random(tokens.length + 1)] ?? { number: 1 });
            break;
          case 'resume':
            one.resume(rooms[random(2)] ?? '', random(2) === 0 ? 'a' : 'b');
            break;
          case 'send':
          case 'round':
            raisesOnlyProtocolErrors(() =>
              one.seat.send({ t: 'round', n: 1, rttMs: 1, probePort: undefined }),
            );
            break;
          case 'done':
            one.seat.done();
            break;
          case 'leave':
            one.seat.leave();
            people.splice(people.indexOf(one), 1, arrive());
            break;
          case 'wait':
            await advance(random(20_000));
            break;
          case undefined:
            break;
        }
      }
      for (const { seat } of people) {
        seat.leave();
      }
      await advance(returnMs);
      expect(await space.left()).toEqual(nothing);
      expect(vi.getTimerCount()).toBe(0);
    }
  });
});
