import { describe, expect, test } from 'vitest';
import {
  ProtocolBreach,
  Misunderstood,
  PeerVanished,
  SentAway,
  SilentPlace,
} from '../../../source/connect/place.ts';
import { RoomRetry, type NextStep, type RetryFacts } from '../../../source/connect/meeting/room-retry.ts';
import { PunchlineError, type ErrorCode } from '../../../source/errors.ts';

function failure(code: ErrorCode) {
  return new PunchlineError(code, code);
}
const closed = failure('ERR_RENDEZVOUS_CLOSED');
const unreachable = failure('ERR_RENDEZVOUS_UNREACHABLE');
const refused = failure('ERR_RENDEZVOUS_REFUSED');
const garbled = failure('ERR_RENDEZVOUS_PROTOCOL');
const noRoom = failure('ERR_NO_SUCH_ROOM');
const taken = failure('ERR_ROOM_TAKEN');
const left = failure('ERR_PEER_LEFT');
const misunderstood = new Misunderstood('ERR_RENDEZVOUS_REFUSED', 'taken for classic');
const breach = new ProtocolBreach('ERR_RENDEZVOUS_PROTOCOL', 'out of turn');
const vanished = new PeerVanished(undefined);
const silent = new SilentPlace('ERR_RENDEZVOUS_PROTOCOL', 'said nothing');
const sentAway = new SentAway('example.org', 2500);
const abort = new DOMException('aborted', 'AbortError');
const minuteMs = 60_000;

const giveUp: NextStep = { step: 'give up' };
const roomLost: NextStep = { step: 'room lost' };
const atOnce: NextStep = { step: 'visit', inMs: 0 };
function after(inMs: number): NextStep {
  return { step: 'visit', inMs };
}

type State = 'before the first wait' | 'with a room' | 'waiting' | 'on the way back' | 'matched';

function retryOf(waitMs?: number) {
  return new RoomRetry({ waitMs, giveUpMs: 10 * minuteMs });
}

function next(retry: RoomRetry, error: unknown, facts: Partial<RetryFacts> = {}): NextStep {
  return retry.next(error, { now: 0, chance: 0.5, isGuessSpent: false, isOwnRoom: true, ...facts });
}

function delayOf(step: NextStep): number | undefined {
  return 'inMs' in step ? step.inMs : undefined;
}

/** One that has come into a state at the time 0. */
function retryIn(state: State, waitMs?: number) {
  const retry = retryOf(waitMs);
  if (state === 'with a room') {
    retry.opened();
  } else if (state !== 'before the first wait') {
    retry.waiting(0);
  }
  if (state === 'on the way back') {
    next(retry, closed);
  }
  if (state === 'matched') {
    retry.matched(0);
  }
  return retry;
}

describe('what the failure of a visit leads to', () => {
  test.each<[State, unknown, NextStep]>([
    ['before the first wait', misunderstood, atOnce],
    ['before the first wait', closed, giveUp],
    ['before the first wait', sentAway, giveUp],
    ['before the first wait', unreachable, giveUp],
    ['before the first wait', silent, giveUp],
    ['before the first wait', refused, giveUp],
    ['before the first wait', noRoom, giveUp],
    ['before the first wait', vanished, atOnce],
    ['before the first wait', abort, giveUp],

    ['with a room', misunderstood, atOnce],
    ['with a room', closed, after(500)],
    ['with a room', silent, after(500)],
    ['with a room', sentAway, after(2500)],
    ['with a room', refused, giveUp],
    ['with a room', garbled, giveUp],
    ['with a room', breach, giveUp],
    ['with a room', noRoom, giveUp],
    ['with a room', abort, giveUp],

    ['waiting', misunderstood, atOnce],
    ['waiting', closed, after(500)],
    ['waiting', sentAway, after(2500)],
    ['waiting', refused, giveUp],
    ['waiting', garbled, giveUp],
    ['waiting', breach, giveUp],
    ['waiting', noRoom, giveUp],
    ['waiting', failure('ERR_WAIT_EXPIRED'), giveUp],
    ['waiting', abort, giveUp],

    ['on the way back', misunderstood, atOnce],
    ['on the way back', closed, after(1125)],
    ['on the way back', sentAway, after(2500)],
    ['on the way back', unreachable, after(1125)],
    ['on the way back', refused, after(1125)],
    ['on the way back', garbled, after(1125)],
    ['on the way back', silent, after(1125)],
    ['on the way back', breach, giveUp],
    ['on the way back', noRoom, roomLost],
    ['on the way back', taken, giveUp],
    ['on the way back', failure('ERR_USAGE'), giveUp],
    ['on the way back', abort, giveUp],

    ['matched', vanished, atOnce],
    ['matched', misunderstood, atOnce],
    ['matched', closed, giveUp],
    ['matched', silent, giveUp],
    ['matched', sentAway, giveUp],
    ['matched', left, giveUp],
    ['matched', failure('ERR_WRONG_CODE'), giveUp],
    ['matched', failure('ERR_PUNCH_FAILED'), giveUp],
  ])('%s: %s', (state, error, step) => {
    expect(next(retryIn(state), error)).toEqual(step);
  });

  test.each([misunderstood, vanished, closed, sentAway, noRoom])(
    'is the end once the guess at the code is spent, whatever it is: %s',
    (error) => {
      for (const state of [
        'before the first wait',
        'with a room',
        'waiting',
        'on the way back',
        'matched',
      ] as const) {
        expect(next(retryIn(state), error, { isGuessSpent: true })).toEqual(giveUp);
      }
    },
  );

  test('is the end where a place is misunderstood a second time', () => {
    const retry = retryOf();
    next(retry, misunderstood);
    expect(next(retry, misunderstood)).toEqual(giveUp);
  });

  test('is the end where an eleventh peer comes for nothing', () => {
    const retry = retryOf();
    for (let n = 0; n < 10; n += 1) {
      retry.matched(n);
      expect(retry.mayRearm(vanished, false)).toBe(true);
      expect(next(retry, vanished)).toEqual(atOnce);
    }
    retry.matched(10);
    expect(retry.mayRearm(vanished, false)).toBe(false);
    expect(next(retry, vanished)).toEqual(giveUp);
  });

  test('a room under an own code is not lost: it was never the server that gave it', () => {
    expect(next(retryIn('on the way back'), noRoom, { isOwnRoom: false })).toEqual(giveUp);
  });

  test('a room is armed again for a peer that came for nothing, and not once a key was tried', () => {
    expect(retryOf().mayRearm(vanished, false)).toBe(true);
    expect(retryOf().mayRearm(vanished, true)).toBe(false);
    expect(retryOf().mayRearm(closed, false)).toBe(false);
  });

  test('a room is kept for every failure after which we come back, and for no other', () => {
    for (const state of ['with a room', 'waiting', 'on the way back'] as const) {
      expect(retryIn(state).keepsRoom(closed, false)).toBe(true);
      expect(retryIn(state).keepsRoom(vanished, false)).toBe(true);
      expect(retryIn(state).keepsRoom(closed, true)).toBe(false);
      expect(retryIn(state).keepsRoom(abort, false)).toBe(false);
    }
    expect(retryIn('with a room').keepsRoom(silent, false)).toBe(true);
    expect(retryIn('matched').keepsRoom(closed, false)).toBe(false);
  });
});

describe('a place that was lost is visited', () => {
  test('at its wish, or ever later by chance', () => {
    const retry = retryIn('waiting');
    expect(next(retry, sentAway)).toEqual(after(2500));
    retry.waiting(0);
    expect(next(retry, closed, { now: 20_000 })).toEqual(after(500));
    const later = [1, 2, 3, 4, 5, 6].map((n) =>
      delayOf(next(retry, unreachable, { now: 20_000 + n, chance: 1 })),
    );
    expect(later).toEqual([1500, 2250, 3375, 5000, 5000, 5000]);
  });

  test.each<[string, PunchlineError]>([
    ['wishes to be visited again at once', new SentAway('example.org', 0)],
    ['closes', closed],
  ])('ever later where it %s each time, however chance has it', (_, loss) => {
    const retry = retryOf();
    const delays = Array.from({ length: 8 }, (_each, now) => {
      retry.waiting(now);
      return delayOf(next(retry, loss, { now, chance: 0 }));
    });
    expect(delays).toEqual([0, 750, 1125, 1687.5, 2500, 2500, 2500, 2500]);
  });

  test('no sooner than it wishes', () => {
    const retry = retryIn('waiting');
    next(retry, closed, { chance: 0 });
    retry.waiting(0);
    expect(next(retry, new SentAway('example.org', 4000), { now: 1, chance: 0 })).toEqual(after(4000));
  });

  test('with its whole patience after a room that was armed again', () => {
    const retry = retryIn('matched');
    next(retry, vanished, { now: 1 });
    expect(next(retry, unreachable, { now: 2 })).toEqual(after(500));
  });

  test('with its whole patience where we waited for long before somebody came for nothing', () => {
    const retry = retryIn('waiting');
    next(retry, closed);
    retry.waiting(1000);
    retry.matched(20 * minuteMs);
    next(retry, vanished, { now: 20 * minuteMs });
    expect(next(retry, unreachable, { now: 20 * minuteMs + 1 })).toEqual(after(500));
  });

  test('for ten minutes, also where each return is lost at once', () => {
    const retry = retryIn('waiting');
    for (let now = 0; now < 10 * minuteMs; now += 5000) {
      expect(next(retry, closed, { now }).step).toBe('visit');
      retry.waiting(now);
    }
    expect(next(retry, closed, { now: 10 * minuteMs })).toEqual(giveUp);
  });

  test('with its whole patience where we waited for long after a loss', () => {
    const retry = retryIn('waiting');
    next(retry, closed);
    retry.waiting(9 * minuteMs);
    expect(next(retry, closed, { now: 11 * minuteMs, chance: 1 })).toEqual(after(1000));
  });
});

describe('the wait for the peer', () => {
  test('counts from its first moment, absences included', () => {
    const retry = retryOf(minuteMs);
    expect(retry.leftMs(1000)).toBe(minuteMs);
    retry.waiting(1000);
    next(retry, closed, { now: 11_000 });
    retry.waiting(21_000);
    expect(retry.leftMs(31_000)).toBe(30_000);
    expect(retryOf().leftMs(0)).toBeUndefined();
  });

  test('ends before a return that would come later', () => {
    const retry = retryIn('waiting', 1000);
    expect(next(retry, closed, { now: 400 })).toEqual(after(500));
    expect(next(retry, closed, { now: 500 })).toEqual({ step: 'expire', inMs: 500 });
  });
});
