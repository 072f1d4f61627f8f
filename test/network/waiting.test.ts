import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { pause, TimeoutError, within } from '../../source/network/waiting.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';

const never = new Promise<never>(() => undefined);

describe('within', () => {
  test('settles as the promise does, in time', async () => {
    expectNothingLeft();
    const { signal } = new AbortController();
    expect(await within(Promise.resolve(7), 60_000, signal)).toBe(7);
    await expect(within(Promise.reject(new Error('no')), 60_000, signal)).rejects.toThrow('no');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('rejects when the time is over', async () => {
    expectNothingLeft();
    const { signal } = new AbortController();
    await expect(within(never, 5, signal)).rejects.toThrow(TimeoutError);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('rejects with the reason of the signal, even if it was aborted before', async () => {
    expectNothingLeft();
    const abort = new AbortController();
    const waiting = within(never, 60_000, abort.signal);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(within(Promise.resolve(7), 60_000, abort.signal)).rejects.toThrow('enough');
  });

  test('ignores a failure that comes too late', async () => {
    const late = Promise.withResolvers<never>();
    await expect(within(late.promise, 1)).rejects.toThrow(TimeoutError);
    late.reject(new Error('late'));
    await expect(late.promise).rejects.toThrow('late');
  });
});

describe('pause', () => {
  test('lasts as long as it is told, or until the signal', async () => {
    expectNothingLeft();
    const abort = new AbortController();
    const before = performance.now();
    await pause(20, abort.signal);
    expect(performance.now() - before).toBeGreaterThanOrEqual(19);
    const long = pause(60_000, abort.signal);
    abort.abort();
    await long;
    await pause(60_000, abort.signal);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  test('of no time resolves at once', async () => {
    expectNothingLeft();
    const { signal } = new AbortController();
    await Promise.all([pause(0, signal), pause(-5, signal)]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
