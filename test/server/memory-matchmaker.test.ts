import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { defaultLimits } from '../../source/server/limits.ts';
import type { Joiner, Matchmaker, SeatEvent } from '../../source/server/matchmaker.ts';
import { MemoryMatchmaker } from '../../source/server/memory-matchmaker.ts';
import { raisesOnlyProtocolErrors } from '../helpers/raises-only-protocol-errors.ts';
import { base64url } from '../helpers/rendezvous-server.ts';

const minuteMs = 60_000;

let matchmaker: Matchmaker;

beforeEach(() => {
  vi.useFakeTimers();
  matchmaker = new MemoryMatchmaker(defaultLimits);
});

afterEach(() => {
  vi.useRealTimers();
});

/** A connection without sockets; `events` are those since the last look. */
const arrive = () => {
  const client = base64url(16);
  const all: SeatEvent[] = [];
  const seat = matchmaker.seat((event) => all.push(event));
  const joiner = (fields: Partial<Joiner> & { number: number }): Joiner => ({
    client,
    token: undefined,
    mapped: { address: '192.0.2.7', port: 4711 },
    share: base64url(32),
    nonce: base64url(16),
    nat: undefined,
    rttMs: 20,
    ...fields,
  });
  return {
    client,
    seat,
    join: (fields: Partial<Joiner> & { number: number }) => seat.join(joiner(fields)),
    events: () => all.splice(0).map((event) => (event.kind === 'refused' ? event.code : event.kind)),
    last: () => all.at(-1),
  };
};

const open = () => {
  const opener = arrive();
  opener.seat.open(opener.client);
  const opened = opener.last();
  if (opened?.kind !== 'opened') throw new Error('not opened');
  opener.events();
  return { ...opener, number: opened.number, token: opened.token };
};

const openAndWait = () => {
  const opener = open();
  opener.join({ number: opener.number });
  expect(opener.events()).toEqual(['waiting']);
  return opener;
};

const guestOf = (number: number) => {
  const guest = arrive();
  guest.join({ number });
  return guest;
};

const match = () => {
  const b = openAndWait();
  const a = guestOf(b.number);
  expect([a.events(), b.events()]).toEqual([['matched'], ['matched']]);
  return { a, b };
};

describe('a room', () => {
  test('stays 30 s for the return of its client, and not longer', () => {
    const opener = openAndWait();
    opener.seat.leave();
    vi.advanceTimersByTime(29_999);
    const back = arrive();
    back.join({ number: opener.number, token: opener.token });
    expect(back.events()).toEqual(['waiting']);
    back.seat.leave();
    vi.advanceTimersByTime(30_000);
    expect(matchmaker.counts()).toEqual({ rooms: 0, waiting: 0, seats: 0 });
    const late = arrive();
    late.join({ number: opener.number, token: opener.token });
    expect(late.events()).toEqual(['ERR_NO_SUCH_ROOM']);
  });

  test('that was opened and never joined ends too', () => {
    const opener = open();
    opener.seat.leave();
    vi.advanceTimersByTime(30_000);
    expect(matchmaker.counts().rooms).toBe(0);
  });

  test('of an own code ends with the connection of the one who waits', () => {
    const first = arrive();
    first.join({ number: 1000 });
    first.seat.leave();
    expect(matchmaker.counts()).toEqual({ rooms: 0, waiting: 0, seats: 0 });
    expect(guestOf(1000).events()).toEqual(['waiting']);
  });

  test('does not take a token of another room', () => {
    const one = openAndWait();
    const other = openAndWait();
    const thief = arrive();
    thief.join({ number: one.number, token: other.token });
    expect(thief.events()).toEqual(['ERR_NO_SUCH_ROOM']);
    expect(one.events()).toEqual([]);
  });

  test('that this server has never heard of is given back to who shows a token, and to nobody else', () => {
    const opener = arrive();
    const token = base64url(16);
    opener.join({ number: 7, token });
    expect(opener.events()).toEqual(['waiting']);
    const stranger = arrive();
    stranger.join({ number: 7, token: base64url(16) });
    expect(stranger.events()).toEqual(['ERR_NO_SUCH_ROOM']);
    opener.seat.leave();
    const back = arrive();
    back.join({ number: 7, token });
    expect(back.events()).toEqual(['waiting']);
    expect(guestOf(7).events()).toEqual(['matched']);
  });

  test('that rests is given back to nobody, whatever token is shown', () => {
    const opener = openAndWait();
    opener.seat.leave();
    vi.advanceTimersByTime(30_000);
    const thief = arrive();
    thief.join({ number: opener.number, token: base64url(16) });
    expect(thief.events()).toEqual(['ERR_NO_SUCH_ROOM']);
    vi.advanceTimersByTime(10 * minuteMs);
    thief.join({ number: opener.number, token: opener.token });
    expect(thief.events()).toEqual(['waiting']);
  });

  test('that was given back is not given to one who opens', () => {
    const opener = arrive();
    opener.join({ number: 1, token: base64url(16) });
    expect(openAndWait().number).toBe(2);
  });

  test('is left when its client joins another one', () => {
    const opener = openAndWait();
    opener.join({ number: 2000 });
    expect(opener.events()).toEqual(['waiting']);
    expect(guestOf(2000).events()).toEqual(['matched']);
    expect(guestOf(opener.number).events()).toEqual([]);
  });
});

describe('a held guest', () => {
  test('is refused after 10 s, and the room can be joined by another', () => {
    const opener = open();
    const guest = guestOf(opener.number);
    vi.advanceTimersByTime(9999);
    expect(guest.events()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(guest.events()).toEqual(['ERR_NO_SUCH_ROOM']);
    const other = guestOf(opener.number);
    opener.join({ number: opener.number });
    expect([opener.events(), other.events(), guest.events()]).toEqual([['matched'], ['matched'], []]);
  });

  test('keeps others out', () => {
    const { number } = open();
    guestOf(number);
    expect(guestOf(number).events()).toEqual(['ERR_ROOM_TAKEN']);
  });

  test('that leaves is not matched', () => {
    const opener = open();
    guestOf(opener.number).seat.leave();
    opener.join({ number: opener.number });
    expect(opener.events()).toEqual(['waiting']);
  });

  test('is refused with the end of the room', () => {
    const opener = open();
    opener.seat.leave();
    vi.advanceTimersByTime(25_000);
    const guest = guestOf(opener.number);
    vi.advanceTimersByTime(5000);
    expect(guest.events()).toEqual(['ERR_NO_SUCH_ROOM']);
    expect(matchmaker.counts()).toEqual({ rooms: 0, waiting: 0, seats: 0 });
  });
});

describe('a match', () => {
  test('that a leaves lets b come back, ten times, each time with another guest', () => {
    const { a, b } = match();
    let guest = a;
    let owner: ReturnType<typeof arrive> = b;
    for (let rearm = 1; rearm <= 10; rearm += 1) {
      guest.seat.leave();
      expect(owner.events()).toEqual(['ERR_PEER_LEFT']);
      owner = arrive();
      owner.join({ number: b.number, token: b.token });
      expect(owner.events()).toEqual(['waiting']);
      guest = guestOf(b.number);
      expect([guest.events(), owner.events()]).toEqual([['matched'], ['matched']]);
    }
    guest.seat.leave();
    owner = arrive();
    owner.join({ number: b.number, token: b.token });
    expect(owner.events()).toEqual(['ERR_RENDEZVOUS_REFUSED']);
    expect(matchmaker.counts().rooms).toBe(0);
  });

  test('that b leaves tells a, and b may come back', () => {
    const { a, b } = match();
    b.seat.leave();
    expect(a.events()).toEqual(['ERR_PEER_LEFT']);
    const back = arrive();
    back.join({ number: b.number, token: b.token });
    expect(back.events()).toEqual(['waiting']);
    expect(guestOf(b.number).events()).toEqual(['matched']);
  });

  test('sends a away when b joins again beside it', () => {
    const { a, b } = match();
    const back = arrive();
    back.join({ number: b.number, token: b.token });
    expect(a.events()).toEqual(['ERR_PEER_LEFT']);
    expect(b.events()).toEqual(['ERR_RENDEZVOUS_CLOSED']);
    expect(back.events()).toEqual(['waiting']);
  });

  test('lets a guest that comes again from a new connection wait for b', () => {
    const { a, b } = match();
    const again = arrive();
    again.join({ number: b.number, client: a.client });
    expect(a.events()).toEqual(['ERR_RENDEZVOUS_CLOSED']);
    expect(b.events()).toEqual(['ERR_PEER_LEFT']);
    const back = arrive();
    back.join({ number: b.number, token: b.token });
    expect([back.events(), again.events()]).toEqual([['matched'], ['matched']]);
  });

  test('is over with the word of b: its number is free, its messages still pass', () => {
    const { a, b } = match();
    b.seat.done();
    expect(matchmaker.counts().rooms).toBe(0);
    a.seat.send({ t: 'candidate', sealed: 'AAAA' });
    expect(b.events()).toEqual(['message']);
    b.seat.leave();
    a.seat.send({ t: 'candidate', sealed: 'AAAA' });
    a.seat.leave();
    expect([a.events(), b.events()]).toEqual([[], []]);
    expect(matchmaker.counts()).toEqual({ rooms: 0, waiting: 0, seats: 0 });
  });

  test('whose a is done stays closed to others until b has left it', () => {
    const { a, b } = match();
    a.seat.done();
    a.seat.leave();
    expect(guestOf(b.number).events()).toEqual(['ERR_ROOM_TAKEN']);
    b.seat.leave();
    vi.advanceTimersByTime(30_000);
    expect(matchmaker.counts()).toEqual({ rooms: 0, waiting: 0, seats: 0 });
  });
});

describe('a number', () => {
  test('rests for 10 minutes before it is given again', () => {
    const first = openAndWait();
    const second = openAndWait();
    expect([first.number, second.number]).toEqual([1, 2]);
    first.seat.leave();
    vi.advanceTimersByTime(30_000);
    expect(openAndWait().number).toBe(3);
    vi.advanceTimersByTime(10 * minuteMs - 1);
    expect(openAndWait().number).toBe(4);
    vi.advanceTimersByTime(1);
    expect(openAndWait().number).toBe(1);
  });

  test('of 1000 and above is given when all others are taken', () => {
    const numbers = Array.from({ length: 1001 }, () => open().number);
    expect(numbers).toEqual(Array.from({ length: 1001 }, (_, index) => index + 1));
  });
});

test('nothing is left after any sequence of what clients can do', () => {
  const kinds = ['open', 'join', 'joinOwn', 'return', 'send', 'round', 'done', 'leave', 'wait'] as const;
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let run = 0; run < 300; run += 1) {
    const people = Array.from({ length: 4 }, arrive);
    const tokens: { number: number; token: string }[] = [];
    for (let step = 0; step < 40; step += 1) {
      const one = people[random(people.length)]!;
      switch (kinds[random(kinds.length)]) {
        case 'open': {
          one.seat.open(one.client);
          const opened = one.last();
          if (opened?.kind === 'opened') tokens.push(opened);
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
        case 'send':
        case 'round':
          raisesOnlyProtocolErrors(() => one.seat.send({ t: 'round', n: 1, rttMs: 1, probePort: undefined }));
          break;
        case 'done':
          one.seat.done();
          break;
        case 'leave':
          one.seat.leave();
          people.splice(people.indexOf(one), 1, arrive());
          break;
        case 'wait':
          vi.advanceTimersByTime(random(20_000));
          break;
        case undefined:
          break;
      }
    }
    for (const { seat } of people) seat.leave();
    vi.advanceTimersByTime(defaultLimits.returnMs);
    expect(matchmaker.counts()).toEqual({ rooms: 0, waiting: 0, seats: 0 });
    expect(vi.getTimerCount()).toBe(0);
  }
});
