/** When the screen moves by itself, and when it stays the same. */
import { expect, test } from 'vitest';
import type { Happening } from '../../../source/events.ts';
import { initialScreenState, isMoving, type ScreenState } from '../../../source/ui/screen/screen-state.ts';
import { stepScreen } from '../../../source/ui/screen/step-screen.ts';
import { connected, connecting, punching, waiting } from '../../helpers/chats/story.ts';

/** All events come at second 100. */
function screenAfter(...happenings: readonly Happening[]): ScreenState {
  return happenings.reduce<ScreenState>(
    (state, happening) =>
      stepScreen(state, { kind: 'event', pane: 0, event: { v: 1, at: 100_000, ...happening } }).state,
    initialScreenState([{ title: undefined }], { columns: 80, rows: 24 }),
  );
}

function ticked(state: ScreenState, at: number): ScreenState {
  return stepScreen(state, { kind: 'tick', at }).state;
}

const trying = [...connecting, ...waiting, ...punching];

test('the picture moves while the way to a connection is tried, and not without the focus', () => {
  const state = screenAfter(...trying);
  expect(isMoving(state)).toBe(true);
  expect(state.now).toBe(100_000);
  expect(ticked(state, 100_125).now).toBe(100_125);
  const away = stepScreen(state, { kind: 'stroke', stroke: { key: 'focus-out' } }).state;
  expect(isMoving(away)).toBe(false);
  expect(isMoving(stepScreen(away, { kind: 'stroke', stroke: { key: 'focus-in' } }).state)).toBe(true);
});

test('a connected screen does not move, and no tick changes it', () => {
  const state = screenAfter(...trying, connected);
  expect(isMoving(state)).toBe(false);
  expect(ticked(state, 3_700_000)).toBe(state);
});

test('a waiting screen changes once a minute, and once a second while the rendezvous is lost', () => {
  const state = screenAfter(...connecting, ...waiting);
  expect(isMoving(state)).toBe(false);
  expect(ticked(state, 159_000)).toBe(state);
  const minute = ticked(state, 160_000);
  expect(minute.now).toBe(160_000);
  expect(ticked(minute, 219_000)).toBe(minute);
  const lost = screenAfter(...connecting, ...waiting, {
    event: 'rendezvous',
    place: 'rendezvous',
    state: 'closed',
    server: 'example.org:8877',
  });
  expect(ticked(lost, 101_000).now).toBe(101_000);
  expect(ticked(ticked(lost, 101_000), 101_500).now).toBe(101_000);
});

test('a chat that has ended before it connected does not move', () => {
  expect(isMoving(screenAfter(...trying, { event: 'ended', reason: 'failed', exit: 6 }))).toBe(false);
});
