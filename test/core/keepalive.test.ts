import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  keepaliveTimes,
  keepaliveWakeAt,
  quietKeepaliveTimes,
  startKeepalive,
  stepKeepalive,
  type KeepaliveEffect,
  type KeepaliveEvent,
  type KeepaliveState,
} from '../../source/core/keepalive.ts';

const times = { pingAfterMs: 5000, dueMs: 2000, suspectMs: 3000 };
const quiet: KeepaliveState = { name: 'quiet', heardAt: 1000 };
const asking: KeepaliveState = { name: 'asking', dueAt: 8000 };
const suspect: KeepaliveState = { name: 'suspect', since: 8000 };
const lost: KeepaliveState = { name: 'lost' };

/** A machine that is woken exactly when it wishes, until `now`. */
function sleepUntil(
  state: KeepaliveState,
  now: number,
  effects: [number, KeepaliveEffect][],
): KeepaliveState {
  let current = state;
  for (;;) {
    const wakeAt = keepaliveWakeAt(current, times) ?? Infinity;
    if (wakeAt > now) return current;
    const step = stepKeepalive(current, { type: 'woken', now: wakeAt }, times);
    for (const effect of step.effects) effects.push([wakeAt, effect]);
    current = step.state;
  }
}

describe('the keepalive', () => {
  test('begins quiet, with the times of the design', () => {
    expect(startKeepalive(1000)).toEqual(quiet);
    expect(keepaliveTimes).toEqual(times);
    expect(quietKeepaliveTimes).toEqual({ ...times, pingAfterMs: 25_000 });
  });

  test.each<[KeepaliveState, KeepaliveEvent, KeepaliveState, KeepaliveEffect[]]>([
    [quiet, { type: 'heard', now: 3000 }, { name: 'quiet', heardAt: 3000 }, []],
    [quiet, { type: 'sent', now: 3000 }, { name: 'asking', dueAt: 5000 }, []],
    [quiet, { type: 'woken', now: 5999 }, quiet, []],
    [quiet, { type: 'woken', now: 6000 }, { name: 'asking', dueAt: 8000 }, ['ping']],
    [quiet, { type: 'answered', now: 3000 }, { name: 'quiet', heardAt: 3000 }, []],
    [quiet, { type: 'doubted', now: 3000 }, { name: 'suspect', since: 3000 }, ['ping', 'suspect']],
    [asking, { type: 'answered', now: 7000 }, { name: 'quiet', heardAt: 7000 }, []],
    [asking, { type: 'heard', now: 7000 }, asking, []],
    [asking, { type: 'sent', now: 7000 }, asking, []],
    [asking, { type: 'doubted', now: 7000 }, { name: 'suspect', since: 7000 }, ['ping', 'suspect']],
    [asking, { type: 'woken', now: 7999 }, asking, []],
    [asking, { type: 'woken', now: 8000 }, suspect, ['suspect']],
    [suspect, { type: 'answered', now: 9000 }, { name: 'quiet', heardAt: 9000 }, ['revived']],
    [suspect, { type: 'heard', now: 9000 }, suspect, []],
    [suspect, { type: 'sent', now: 9000 }, suspect, []],
    [suspect, { type: 'doubted', now: 9000 }, { name: 'suspect', since: 9000 }, ['ping']],
    [suspect, { type: 'woken', now: 10_999 }, suspect, []],
    [suspect, { type: 'woken', now: 11_000 }, lost, ['lost']],
    [lost, { type: 'answered', now: 20_000 }, { name: 'quiet', heardAt: 20_000 }, ['revived']],
    [lost, { type: 'heard', now: 20_000 }, lost, []],
    [lost, { type: 'sent', now: 20_000 }, lost, []],
    [lost, { type: 'doubted', now: 20_000 }, lost, []],
    [lost, { type: 'woken', now: 20_000 }, lost, []],
  ])('%j, on %j, becomes %j with %j', (before, event, state, effects) => {
    expect(stepKeepalive(before, event, times)).toEqual({ state, effects });
  });

  test.each<[KeepaliveState, number | undefined]>([
    [quiet, 6000],
    [asking, 8000],
    [suspect, 11_000],
    [lost, undefined],
  ])('%j wishes to be woken at %j', (state, wakeAt) => {
    expect(keepaliveWakeAt(state, times)).toBe(wakeAt);
  });

  test('pings after 5 s of silence, suspects after 7 s, gives up after 10 s', () => {
    const effects: [number, KeepaliveEffect][] = [];
    sleepUntil(startKeepalive(0), 100_000, effects);
    expect(effects).toEqual([
      [5000, 'ping'],
      [7000, 'suspect'],
      [10_000, 'lost'],
    ]);
  });

  test('never suspects a channel on which an answer comes within 2 s of every question', () => {
    const gaps = fc.array(fc.tuple(fc.constantFrom('answered', 'sent'), fc.nat(1999)), { maxLength: 60 });
    fc.assert(
      fc.property(gaps, (steps) => {
        const effects: [number, KeepaliveEffect][] = [];
        let state = startKeepalive(0);
        let now = 0;
        for (const [type, gap] of steps) {
          now += gap;
          state = sleepUntil(state, now, effects);
          if (type === 'sent') state = stepKeepalive(state, { type: 'sent', now }, times).state;
          state = stepKeepalive(state, { type: 'answered', now }, times).state;
        }
        expect(effects.filter(([, effect]) => effect !== 'ping')).toEqual([]);
      }),
    );
  });

  test('says suspect, lost and revived in turn, whatever happens', () => {
    const steps = fc.array(
      fc.tuple(fc.constantFrom('heard', 'answered', 'sent', 'doubted', 'woken'), fc.nat(12_000)),
      {
        maxLength: 80,
      },
    );
    fc.assert(
      fc.property(steps, (events) => {
        let state = startKeepalive(0);
        let now = 0;
        let last: KeepaliveEffect = 'revived';
        const after: Record<KeepaliveEffect, KeepaliveEffect[]> = {
          ping: [],
          revived: ['suspect'],
          suspect: ['lost', 'revived'],
          lost: ['revived'],
        };
        for (const [type, gap] of events) {
          now += gap;
          const step = stepKeepalive(state, { type, now }, times);
          for (const effect of step.effects) {
            if (effect === 'ping') continue;
            expect(after[last]).toContain(effect);
            last = effect;
          }
          // It never wishes for a moment that has passed without saying so when it comes.
          const wakeAt = keepaliveWakeAt(step.state, times);
          expect(wakeAt === undefined || step.state !== state || wakeAt > now || type !== 'woken').toBe(true);
          state = step.state;
        }
      }),
    );
  });
});
