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
} from '../../../../source/connect/session/wire/keepalive.ts';

const times = { pingAfterMs: 5000, dueMs: 2000, suspectMs: 3000, askAgainMs: 1000 };
const quiet: KeepaliveState = { name: 'quiet', heardAt: 1000 };
const asking: KeepaliveState = { name: 'asking', dueAt: 8000 };
const suspect: KeepaliveState = { name: 'suspect', lostAt: 11_000, askAt: 9000, first: undefined };
/** Ping 7 left after it had become suspect. */
const asked: KeepaliveState = { ...suspect, first: 7 };
const lost: KeepaliveState = { name: 'lost', askAt: 12_000, first: undefined };
const askedLost: KeepaliveState = { ...lost, first: 7 };

/** Runs the state machine until `now`, and wakes it exactly when it is to be woken. */
function sleepUntil(
  state: KeepaliveState,
  now: number,
  effects: [number, KeepaliveEffect][],
): KeepaliveState {
  let current = state;
  for (;;) {
    const wakeAt = keepaliveWakeAt(current, times);
    if (wakeAt > now) {
      return current;
    }
    const step = stepKeepalive(current, { type: 'woken', now: wakeAt }, times);
    for (const effect of step.effects) {
      effects.push([wakeAt, effect]);
    }
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
    [quiet, { type: 'read', now: 3000 }, { name: 'quiet', heardAt: 3000 }, []],
    [quiet, { type: 'acknowledged', now: 3000 }, { name: 'quiet', heardAt: 3000 }, []],
    [quiet, { type: 'ponged', now: 3000, id: 6 }, { name: 'quiet', heardAt: 3000 }, []],
    [quiet, { type: 'sent', now: 3000 }, { name: 'asking', dueAt: 5000 }, []],
    [quiet, { type: 'pinged', now: 3000, id: 6 }, { name: 'asking', dueAt: 5000 }, []],
    [quiet, { type: 'woken', now: 5999 }, quiet, []],
    [quiet, { type: 'woken', now: 6000 }, { name: 'asking', dueAt: 8000 }, ['ping']],
    [quiet, { type: 'doubted', now: 8000 }, suspect, ['ping', 'suspect']],
    [asking, { type: 'acknowledged', now: 7000 }, { name: 'quiet', heardAt: 7000 }, []],
    [asking, { type: 'ponged', now: 7000, id: 6 }, { name: 'quiet', heardAt: 7000 }, []],
    [asking, { type: 'read', now: 7000 }, { name: 'asking', dueAt: 9000 }, []],
    [asking, { type: 'heard', now: 7000 }, asking, []],
    [asking, { type: 'sent', now: 7000 }, asking, []],
    [asking, { type: 'pinged', now: 7000, id: 6 }, asking, []],
    [asking, { type: 'doubted', now: 8000 }, suspect, ['ping', 'suspect']],
    [asking, { type: 'woken', now: 7999 }, asking, []],
    [asking, { type: 'woken', now: 8000 }, suspect, ['ping', 'suspect']],
    [suspect, { type: 'ponged', now: 8500, id: 6 }, suspect, []],
    [suspect, { type: 'pinged', now: 8500, id: 7 }, asked, []],
    [asked, { type: 'pinged', now: 9000, id: 8 }, asked, []],
    [asked, { type: 'ponged', now: 9000, id: 6 }, asked, []],
    [asked, { type: 'ponged', now: 9000, id: 7 }, { name: 'quiet', heardAt: 9000 }, ['revived']],
    [asked, { type: 'ponged', now: 9000, id: 8 }, { name: 'quiet', heardAt: 9000 }, ['revived']],
    [asked, { type: 'acknowledged', now: 9000 }, { ...asked, lostAt: 12_000 }, []],
    [asked, { type: 'read', now: 9000 }, { ...asked, lostAt: 12_000 }, []],
    [suspect, { type: 'heard', now: 8500 }, suspect, []],
    [suspect, { type: 'sent', now: 8500 }, suspect, []],
    [asked, { type: 'doubted', now: 9000 }, { ...suspect, lostAt: 12_000, askAt: 10_000 }, ['ping']],
    [asked, { type: 'woken', now: 8999 }, asked, []],
    [asked, { type: 'woken', now: 9000 }, { ...asked, askAt: 10_000 }, ['ping']],
    [
      { ...asked, askAt: 12_000 },
      { type: 'woken', now: 11_000 },
      { name: 'lost', askAt: 12_000, first: 7 },
      ['lost'],
    ],
    [lost, { type: 'ponged', now: 20_000, id: 6 }, lost, []],
    [lost, { type: 'pinged', now: 12_000, id: 7 }, askedLost, []],
    [askedLost, { type: 'pinged', now: 12_000, id: 8 }, askedLost, []],
    [askedLost, { type: 'ponged', now: 20_000, id: 6 }, askedLost, []],
    [askedLost, { type: 'ponged', now: 20_000, id: 7 }, { name: 'quiet', heardAt: 20_000 }, ['revived']],
    [askedLost, { type: 'heard', now: 20_000 }, askedLost, []],
    [askedLost, { type: 'read', now: 20_000 }, askedLost, []],
    [askedLost, { type: 'acknowledged', now: 20_000 }, askedLost, []],
    [askedLost, { type: 'sent', now: 20_000 }, askedLost, []],
    [askedLost, { type: 'doubted', now: 20_000 }, { ...lost, askAt: 21_000 }, ['ping']],
    [askedLost, { type: 'woken', now: 11_999 }, askedLost, []],
    [askedLost, { type: 'woken', now: 12_000 }, { ...askedLost, askAt: 13_000 }, ['ping']],
  ])('%j, on %j, becomes %j with %j', (before, event, state, effects) => {
    expect(stepKeepalive(before, event, times)).toEqual({ state, effects });
  });

  test.each<[KeepaliveState, number]>([
    [quiet, 6000],
    [asking, 8000],
    [suspect, 9000],
    [{ ...suspect, askAt: 12_000 }, 11_000],
    [lost, 12_000],
  ])('%j is to be woken at %j', (state, wakeAt) => {
    expect(keepaliveWakeAt(state, times)).toBe(wakeAt);
  });

  test('pings after 5 s of silence, suspects after 7 s, gives up after 10 s, and pings on', () => {
    const effects: [number, KeepaliveEffect][] = [];
    sleepUntil(startKeepalive(0), 12_500, effects);
    expect(effects).toEqual([
      [5000, 'ping'],
      [7000, 'ping'],
      [7000, 'suspect'],
      [8000, 'ping'],
      [9000, 'ping'],
      [10_000, 'lost'],
      [10_000, 'ping'],
      [11_000, 'ping'],
      [12_000, 'ping'],
    ]);
  });

  test('never suspects a channel on which every question is answered within 2 s', () => {
    const gaps = fc.array(fc.tuple(fc.constantFrom('acknowledged', 'sent'), fc.nat(1999)), { maxLength: 60 });
    fc.assert(
      fc.property(gaps, (steps) => {
        const effects: [number, KeepaliveEffect][] = [];
        let state = startKeepalive(0);
        let now = 0;
        for (const [type, gap] of steps) {
          now += gap;
          state = sleepUntil(state, now, effects);
          if (type === 'sent') {
            state = stepKeepalive(state, { type: 'sent', now }, times).state;
          }
          state = stepKeepalive(state, { type: 'acknowledged', now }, times).state;
        }
        expect(effects.filter(([, effect]) => effect !== 'ping')).toEqual([]);
      }),
    );
  });

  test('never suspects a channel on which answers come behind data, if that comes at least every 2 s', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1999), { minLength: 5, maxLength: 60 }), (gaps) => {
        const effects: [number, KeepaliveEffect][] = [];
        let now = 0;
        let { state } = stepKeepalive(startKeepalive(now), { type: 'pinged', now, id: 1 }, times);
        for (const gap of gaps) {
          now += gap;
          state = sleepUntil(state, now, effects);
          state = stepKeepalive(state, { type: 'read', now }, times).state;
        }
        expect(effects).toEqual([]);
      }),
    );
  });

  test('tells suspect, lost and revived in turn, and revived only for a new answer, whatever happens', () => {
    const types = ['heard', 'read', 'acknowledged', 'ponged', 'sent', 'doubted', 'woken'] as const;
    const steps = fc.array(fc.tuple(fc.constantFrom(...types), fc.nat(12_000), fc.nat(3)), { maxLength: 80 });
    fc.assert(
      fc.property(steps, (events) => {
        let state = startKeepalive(0);
        let now = 0;
        let pings = 0;
        /** The last ping that left before the last suspicion or doubt. */
        let stale = 0;
        let last: KeepaliveEffect = 'revived';
        const after: Record<KeepaliveEffect, KeepaliveEffect[]> = {
          ping: [],
          revived: ['suspect'],
          suspect: ['lost', 'revived'],
          lost: ['revived'],
        };
        for (const [type, gap, age] of events) {
          now += gap;
          const event: KeepaliveEvent =
            type === 'ponged' ? { type, now, id: Math.max(0, pings - age) } : { type, now };
          const step = stepKeepalive(state, event, times);
          if (type === 'doubted' || step.effects.includes('suspect')) {
            stale = pings;
          }
          // When it is woken, it changes or asks for a later moment.
          const wakeAt = keepaliveWakeAt(step.state, times);
          expect(step.state !== state || wakeAt > now || type !== 'woken').toBe(true);
          ({ state } = step);
          for (const effect of step.effects) {
            if (effect === 'ping') {
              pings += 1;
              ({ state } = stepKeepalive(state, { type: 'pinged', now, id: pings }, times));
              continue;
            }
            expect(after[last]).toContain(effect);
            last = effect;
            const isNewAnswer = event.type === 'ponged' && event.id > stale;
            expect(effect !== 'revived' || isNewAnswer).toBe(true);
          }
        }
      }),
    );
  });
});
