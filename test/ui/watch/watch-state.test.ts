import { expect, test } from 'vitest';
import { startWatching, stepWatch, type WatchState } from '../../../source/ui/watch/watch-state.ts';

const place = { steps: 10, otherSteps: 40, rows: 100, visible: 20, hasRoom: true };

function after(state: WatchState, ...keys: string[]): WatchState {
  return keys.reduce((one, key) => stepWatch(one, key, place), state);
}

const live = startWatching(false);

test('a live watch follows what comes, until it is paused', () => {
  expect(live).toMatchObject({ step: undefined, back: 0 });
  expect(after(live, ' ')).toMatchObject({ step: 10 });
  expect(after(live, ' ', 'p')).toMatchObject({ step: undefined });
});

test('a recording begins with its first step, and steps stay within it', () => {
  const replay = startWatching(true);
  expect(replay.step).toBe(1);
  expect(after(replay, 'right', 'n', 'return').step).toBe(4);
  expect(after(replay, 'left').step).toBe(1);
  expect(after(replay, ' ').step).toBeUndefined();
  expect(after(replay, ' ', 'right').step).toBe(10);
});

test('the ladder is scrolled within its rows', () => {
  expect(after(live, 'up', 'k').back).toBe(2);
  expect(after(live, 'up', 'down', 'j').back).toBe(0);
  expect(after(live, 'pageUp').back).toBe(19);
  expect(after(live, 'home').back).toBe(80);
  expect(after(live, 'home', 'up', 'G').back).toBe(0);
});

test('unfolding keeps the share of the steps that is shown', () => {
  expect(after(live, ' ', 'left', 'left', 'left', 'left', 'left', 'f')).toMatchObject({
    step: 20,
    isFolded: false,
  });
  expect(after(live, 'f')).toMatchObject({ step: undefined, isFolded: false });
});

test('ladder and tables are shown in turn, both only where there is room', () => {
  expect([1, 2, 3].map((times) => after(live, ...Array.from({ length: times }, () => 't')).shows)).toEqual([
    'ladder',
    'tables',
    'both',
  ]);
  const small = { ...place, hasRoom: false };
  expect(stepWatch(live, 't', small).shows).toBe('tables');
  expect(stepWatch(stepWatch(live, 't', small), 't', small).shows).toBe('ladder');
});

test('q and Ctrl-C quit, and unknown keys do nothing', () => {
  expect(after(live, 'q').hasQuit).toBe(true);
  expect(after(live, 'ctrl-c').hasQuit).toBe(true);
  expect(after(live, 'x', 'ctrl-z')).toEqual(live);
});
