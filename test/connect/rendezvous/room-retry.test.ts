import { describe, expect, test } from 'vitest';
import { RoomPlace, SentAway } from '../../../source/connect/rendezvous/room-retry.ts';
import { PunchlineError, type ErrorCode } from '../../../source/errors.ts';

function failure(code: ErrorCode) {
  return new PunchlineError(code, code);
}
const closed = failure('ERR_RENDEZVOUS_CLOSED');
const unreachable = failure('ERR_RENDEZVOUS_UNREACHABLE');
const minuteMs = 60_000;

function place(waitMs?: number) {
  return new RoomPlace({ waitMs, giveUpMs: 10 * minuteMs });
}
function waitingPlace(waitMs?: number) {
  const one = place(waitMs);
  one.waiting(0);
  return one;
}

describe('a place in a room', () => {
  test('is none before the first wait: a failure is the end', () => {
    expect(place().returnInMs(closed, 0, 0.5)).toBeUndefined();
  });

  test('is returned to after a loss, at the wish of the server, or ever later by chance', () => {
    const one = waitingPlace();
    expect(one.returnInMs(new SentAway('example.org', 2500), 0, 0.5)).toBe(2500);
    one.waiting(0);
    expect(one.returnInMs(closed, 20_000, 0.5)).toBe(500);
    const later = [1, 2, 3, 4, 5, 6].map((n) => one.returnInMs(unreachable, 20_000 + n, 1));
    expect(later).toEqual([1500, 2250, 3375, 5000, 5000, 5000]);
  });

  test.each<[ErrorCode, boolean]>([
    ['ERR_RENDEZVOUS_CLOSED', true],
    ['ERR_RENDEZVOUS_UNREACHABLE', true],
    ['ERR_RENDEZVOUS_REFUSED', true],
    ['ERR_RENDEZVOUS_PROTOCOL', true],
    ['ERR_NO_SUCH_ROOM', false],
    ['ERR_ROOM_TAKEN', false],
    ['ERR_USAGE', false],
  ])('on the way back %s is borne: %s', (code, isBorne) => {
    const one = waitingPlace();
    one.returnInMs(closed, 1, 0.5);
    expect(one.returnInMs(failure(code), 2, 0.5) !== undefined).toBe(isBorne);
  });

  test('is lost to a refusal while waiting', () => {
    expect(waitingPlace().returnInMs(failure('ERR_RENDEZVOUS_REFUSED'), 1, 0.5)).toBeUndefined();
  });

  test('is not returned to after a match, which may have been a guess, unless it is armed again', () => {
    const one = waitingPlace();
    one.matched(0);
    expect(one.returnInMs(closed, 1, 0.5)).toBeUndefined();
    one.rearmed();
    expect(one.returnInMs(unreachable, 2, 0.5)).toBe(500);
  });

  test.each<[string, PunchlineError]>([
    ['wishes to be met again at once', new SentAway('example.org', 0)],
    ['closes', closed],
  ])('is returned to ever later where its server %s each time, however chance has it', (_, loss) => {
    const one = place();
    const delays = Array.from({ length: 8 }, (_each, n) => {
      one.waiting(n);
      return one.returnInMs(loss, n, 0);
    });
    expect(delays).toEqual([0, 750, 1125, 1687.5, 2500, 2500, 2500, 2500]);
  });

  test('is returned to no sooner than the server wishes', () => {
    const one = waitingPlace();
    one.returnInMs(closed, 0, 0);
    one.waiting(0);
    expect(one.returnInMs(new SentAway('example.org', 4000), 1, 0)).toBe(4000);
  });

  test('that was kept for long before somebody came for nothing has its whole patience again', () => {
    const one = waitingPlace();
    one.returnInMs(closed, 0, 0.5);
    one.waiting(1000);
    one.matched(20 * minuteMs);
    one.rearmed();
    expect(one.returnInMs(unreachable, 20 * minuteMs + 1, 0.5)).toBe(500);
  });

  test('is given up after ten minutes, also where each return is lost at once', () => {
    const one = waitingPlace();
    for (let now = 0; now < 10 * minuteMs; now += 5000) {
      expect(one.returnInMs(closed, now, 0.5)).toBeDefined();
      one.waiting(now);
    }
    expect(one.returnInMs(closed, 10 * minuteMs, 0.5)).toBeUndefined();
  });

  test('that was kept for long after a loss has its whole patience again', () => {
    const one = waitingPlace();
    one.returnInMs(closed, 0, 0.5);
    one.waiting(9 * minuteMs);
    expect(one.returnInMs(closed, 11 * minuteMs, 1)).toBe(1000);
  });

  test('counts the wait from its first moment, absences included', () => {
    const one = place(minuteMs);
    expect(one.leftMs(1000)).toBe(minuteMs);
    one.waiting(1000);
    one.returnInMs(closed, 11_000, 0.5);
    one.waiting(21_000);
    expect(one.leftMs(31_000)).toBe(30_000);
    expect(place().leftMs(0)).toBeUndefined();
  });
});
