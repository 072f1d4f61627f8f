import { expect, test } from 'vitest';
import { RetryDelay } from '../../../source/connect/reconnect/retry-delay.ts';
import { PunchlineError } from '../../../source/errors.ts';

const gone = new PunchlineError('ERR_RENDEZVOUS_CLOSED', 'gone');

function unreachable(code: string) {
  const cause = Object.assign(new Error(code), { code });
  return new PunchlineError('ERR_RENDEZVOUS_UNREACHABLE', code, { cause });
}

test.each([
  ['is never met', false],
  ['is met each time, and then ends it', true],
])('the delay before a server that %s grows, up to 5 s', (_, isMet) => {
  const delay = new RetryDelay();
  const delays = Array.from({ length: 7 }, (_each, n) => {
    if (isMet) {
      delay.met(n);
    }
    return delay.nextMs(gone, n + 9999, 1);
  });
  expect(delays).toEqual([1000, 1500, 2250, 3375, 5000, 5000, 5000]);
});

test('chance takes no more than half of a delay', () => {
  expect(new RetryDelay().nextMs(gone, 0, 0)).toBe(500);
});

test('after a visit of 10 s the pauses begin anew', () => {
  const delay = new RetryDelay();
  for (let n = 0; n < 5; n += 1) {
    delay.nextMs(gone, n, 1);
  }
  delay.met(100);
  expect(delay.nextMs(gone, 10_100, 1)).toBe(1000);
  // The next visit is measured anew.
  expect(delay.nextMs(gone, 50_000, 1)).toBe(1500);
});

test.each([
  ['of our own network begins anew', 'ENETUNREACH', 1000],
  ['of a server that refuses does not', 'ECONNREFUSED', 5000],
])('a failure %s', (_, code, ms) => {
  const delay = new RetryDelay();
  for (let n = 0; n < 5; n += 1) {
    delay.nextMs(gone, n, 1);
  }
  expect(delay.nextMs(unreachable(code), 6, 1)).toBe(ms);
});

test('what is no expected failure is thrown', () => {
  const bug = new TypeError('a bug');
  expect(() => new RetryDelay().nextMs(bug, 0, 1)).toThrow(bug);
});
