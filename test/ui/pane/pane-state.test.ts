import { expect, test } from 'vitest';
import { keyText } from '../../../source/ui/settings/key-map.ts';
import type { Happening } from '../../../source/events.ts';
import * as lazyViews from '../../../source/ui/screen/lazy-views.ts';
import { initialScreenState, type ScreenState } from '../../../source/ui/screen/screen-state.ts';
import { stepScreen } from '../../../source/ui/screen/step-screen.ts';
import { connected, fromPeer, waiting, wholeStory } from '../../helpers/chats/story.ts';

function step(state: ScreenState, ...inputs: readonly (Happening | string)[]): ScreenState {
  return inputs.reduce(
    (now, input) =>
      typeof input === 'string'
        ? stepScreen(now, { kind: 'stroke', stroke: { key: input } }).state
        : stepScreen(now, { kind: 'event', pane: 0, event: { v: 1, at: 0, ...input } }).state,
    state,
  );
}

const initial = initialScreenState([{ title: undefined }], { columns: 40, rows: 12 });
const opened = step(stepScreen(initial, { kind: 'loaded', lazyViews }).state, connected);

function later(state: ScreenState): ScreenState {
  return stepScreen(state, { kind: 'tick', at: 5000 }).state;
}

const many = Array.from({ length: 50 }, (_, n) => fromPeer(`message ${n}`));

/** The text of the first unread entry. */
function marked({ panes: [pane] }: ScreenState): string | undefined {
  const entry = [...(pane?.chat.transcript.entries ?? [])].find(({ key }) => key === pane?.unread);
  return entry?.text;
}

test('a message that comes while the user looks counts as read', () => {
  expect(marked(step(opened, fromPeer('hi')))).toBeUndefined();
});

test.each<[string, readonly (Happening | string)[]]>([
  ['the terminal is not looked at', ['focus-out']],
  ['the transcript is scrolled up', [...many, 'pageup']],
])('the first message that came while %s is marked as unread', (_, before) => {
  const unread = step(opened, ...before, fromPeer('first'), fromPeer('second'));
  expect(marked(unread)).toBe('first');
  expect(marked(step(unread, 'focus-in', 'escape', fromPeer('third')))).toBe('first');
  const answer = { event: 'message', from: 'me', id: 'me-1', text: 'yes' } as const;
  expect(marked(step(unread, 'focus-in', 'escape', answer, fromPeer('third')))).toBeUndefined();
});

test('an overlay that is opened before its code is loaded appears afterwards', () => {
  const asked = step(initial, 'f1', 'pagedown');
  expect(asked.panes[0]?.overlay).toMatchObject({ kind: 'help', top: 0 });
  const there = stepScreen(asked, { kind: 'loaded', lazyViews }).state;
  expect(step(there, 'pagedown').panes[0]?.overlay?.top).toBeGreaterThan(0);
});

test('the wheel scrolls by three rows, and follows new messages again at the end', () => {
  const full = step(opened, ...many);
  const up = step(full, 'wheel-up');
  expect(up.panes[0]?.position).toBeDefined();
  expect(step(up, 'wheel-up').panes[0]?.position).not.toEqual(up.panes[0]?.position);
  expect(step(up, 'wheel-up', 'wheel-down', 'wheel-down').panes[0]?.position).toBeUndefined();
});

test('an overlay scrolls within its lines until Esc closes it', () => {
  const told = step(opened, ...wholeStory);
  const opening = stepScreen(told, { kind: 'stroke', stroke: { text: '/path' } }).state;
  const open = step(opening, 'enter');
  expect(open.panes[0]?.overlay).toMatchObject({ kind: 'path', top: 0 });
  function topAfter(state: ScreenState, ...keys: readonly string[]): number | undefined {
    return step(state, ...keys).panes[0]?.overlay?.top;
  }
  const end = step(open, ...Array.from({ length: 20 }, () => 'pagedown'));
  const last = topAfter(end) ?? 0;
  expect(last).toBeGreaterThan(5);
  expect(topAfter(end, 'pagedown')).toBe(last);
  expect(topAfter(end, ...Array.from({ length: 20 }, () => 'pageup'))).toBe(0);
  expect(topAfter(open, 'down', 'down', 'up')).toBe(1);
  expect(topAfter(open, 'wheel-down', 'wheel-down', 'wheel-up')).toBe(3);
  expect(topAfter(open, 'end')).toBe(last);
  expect(topAfter(end, 'home')).toBe(0);
  expect(topAfter(open, 'end', 'up')).toBe(last - 1);
  expect(step(end, 'escape').panes[0]?.overlay).toBeUndefined();
  expect(step(end, 'C-g').panes[0]?.overlay).toBeUndefined();
});

test.each(['enter', 'backspace', 'tab', 'C-k', 'C-x C-e', 'M-enter', 'f9'])(
  'the key %s says that it does nothing in an overlay, and changes no draft',
  (key) => {
    const typed = stepScreen(opened, { kind: 'stroke', stroke: { text: 'draft' } }).state;
    const open = step(typed, 'f1');
    const pressed = step(open, ...key.split(' ')).panes[0];
    expect(pressed?.overlay).toEqual(open.panes[0]?.overlay);
    expect(pressed?.notice).toBe(`${keyText(key)} does nothing here. Esc closes this view.`);
    expect(pressed?.composer).toEqual(typed.panes[0]?.composer);
  },
);

test('F1 closes the help that it has opened', () => {
  expect(step(opened, 'f1').panes[0]?.overlay?.kind).toBe('help');
  expect(step(opened, 'f1', 'f1').panes[0]?.overlay).toBeUndefined();
});

test('an overlay stays scrolled when the screen is resized', () => {
  const opening = stepScreen(step(opened, ...wholeStory), {
    kind: 'stroke',
    stroke: { text: '/path' },
  }).state;
  const low = step(opening, 'enter', ...Array.from({ length: 20 }, () => 'pagedown'));
  const high = stepScreen(low, { kind: 'resize', columns: 80, rows: 60 }).state;
  const lower = stepScreen(high, { kind: 'resize', columns: 40, rows: 12 }).state;
  expect(step(lower, 'pageup').panes[0]?.overlay?.top).toBe((low.panes[0]?.overlay?.top ?? 0) - (8 - 2));
  expect(step(high, 'pageup').panes[0]?.overlay?.top).toBe(0);
});

test('a notice from before the connection is removed when there is one', () => {
  const before = initialScreenState([{ title: undefined }], { columns: 40, rows: 12 });
  const told = stepScreen(before, { kind: 'notice', pane: 0, text: 'no connection yet' }).state;
  expect(step(told, ...waiting).panes[0]?.notice).toBe('no connection yet');
  expect(step(told, connected).panes[0]?.notice).toBeUndefined();
});

test('the clock moves while a connection is lost, and only then', () => {
  expect(later(opened)).toBe(opened);
  expect(later(step(opened, { event: 'lost', reason: 'x', queued: 0 })).now).toBe(5000);
});

test('keeps as many round trips as a sparkline shows', () => {
  const measured = Array.from({ length: 100 }, (_, ms) => ms).reduce(
    (state, ms) => stepScreen(state, { kind: 'round-trip', pane: 0, ms }).state,
    opened,
  );
  expect(measured.panes[0]?.roundTrips).toEqual(Array.from({ length: 24 }, (_, n) => 76 + n));
});

test('a peer that stops saying that it is typing counts as not typing', () => {
  const typing = step(opened, { event: 'typing' });
  expect(later(typing).panes[0]?.chat.typingAt).toBe(0);
  const over = stepScreen(typing, { kind: 'tick', at: 7000 }).state;
  expect(over.panes[0]?.chat.typingAt).toBeUndefined();
});
