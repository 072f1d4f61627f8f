/**
 * The whole screen as one pure reduction: its panes, which of them has the
 * keyboard, what the keys do, and when the screen closes. Effects tell the shell
 * what to ask of the chats.
 */
import { PunchlineError } from '../errors.ts';
import type { PunchlineEvent } from '../events.ts';
import { stepComposer, type Stroke } from './composer-state.ts';
import { type PanePlace, placePanes } from './geometry.ts';
import {
  initialPaneState,
  type Overlay,
  paneAfterEvent,
  type PaneState,
  refuse,
  scrollPage,
  scrollPane,
  withRoundTrip,
} from './pane-state.ts';
import { readEntered } from './slash.ts';

export interface ScreenState {
  readonly columns: number;
  readonly rows: number;
  readonly panes: readonly PaneState[];
  /** Which pane has the keyboard. */
  readonly active: number;
  /** We asked to leave: the screen closes as soon as the chats have ended. */
  readonly isLeaving: boolean;
  /** Whether the terminal says that somebody looks at it; one that says nothing is looked at. */
  readonly isFocused: boolean;
  /** Of the last tick, ms since the epoch; moves only while something on the screen counts. */
  readonly now: number;
}

export type ScreenInput =
  | { readonly kind: 'event'; readonly pane: number; readonly event: PunchlineEvent }
  | { readonly kind: 'stroke'; readonly stroke: Stroke }
  | { readonly kind: 'next-pane' }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  /** Time has passed. */
  | { readonly kind: 'tick'; readonly at: number }
  /** Measured anew, ms. */
  | { readonly kind: 'round-trip'; readonly pane: number; readonly ms: number }
  /** A chat did not take a message. */
  | { readonly kind: 'refused'; readonly pane: number; readonly text: string; readonly reason: string };

/** `leave` and `interrupt` mean every chat on the screen. */
export type ScreenEffect =
  | { readonly kind: 'send'; readonly pane: number; readonly text: string }
  | { readonly kind: 'leave' | 'interrupt' | 'close' };

export interface ScreenStep {
  readonly state: ScreenState;
  readonly effect?: ScreenEffect;
}

export function initialScreenState(
  titles: readonly (string | undefined)[],
  size: { readonly columns: number; readonly rows: number },
): ScreenState {
  const panes = titles.map(initialPaneState);
  return {
    columns: size.columns,
    rows: size.rows,
    panes,
    active: 0,
    isLeaving: false,
    isFocused: true,
    now: 0,
  };
}

/** Whether nothing more can happen: then any key closes the screen. */
export function isOver(state: ScreenState): boolean {
  return state.panes.every((pane) => pane.chat.ended !== undefined);
}

export function stepScreen(state: ScreenState, input: ScreenInput): ScreenStep {
  switch (input.kind) {
    case 'event': {
      return afterEvent(state, input.pane, input.event);
    }
    case 'stroke': {
      return (
        afterReport(state, input.stroke) ??
        (isOver(state) ? { state, effect: { kind: 'close' } } : afterStroke(state, input.stroke))
      );
    }
    case 'next-pane': {
      return { state: { ...state, active: (state.active + 1) % state.panes.length } };
    }
    case 'resize': {
      return { state: { ...state, columns: input.columns, rows: input.rows } };
    }
    case 'tick': {
      return { state: counts(state) ? { ...state, now: input.at } : state };
    }
    case 'round-trip': {
      return { state: withPane(state, input.pane, (pane) => withRoundTrip(pane, input.ms)) };
    }
    case 'refused': {
      return { state: withPane(state, input.pane, (pane) => refuse(pane, input.text, input.reason)) };
    }
    default: {
      return input satisfies never;
    }
  }
}

/** Rows a notch of the wheel moves, as terminals themselves do. */
const wheelRows = 3;

/** What is no key, though it comes like one: it neither ends a notice nor closes the screen. */
function afterReport(state: ScreenState, stroke: Stroke): ScreenStep | undefined {
  switch ('key' in stroke ? stroke.key : '') {
    case 'wheel-up': {
      return { state: scrolled(state, (pane, place) => scrollPane(pane, place, -wheelRows)) };
    }
    case 'wheel-down': {
      return { state: scrolled(state, (pane, place) => scrollPane(pane, place, wheelRows)) };
    }
    case 'focus-in': {
      return { state: { ...state, isFocused: true } };
    }
    case 'focus-out': {
      return { state: { ...state, isFocused: false } };
    }
    default: {
      return undefined;
    }
  }
}

/** Whether something on the screen says how long it has lasted. */
function counts({ panes }: ScreenState): boolean {
  return panes.some(({ chat }) => chat.lost !== undefined);
}

function withPane(state: ScreenState, index: number, change: (pane: PaneState) => PaneState): ScreenState {
  const pane = state.panes[index];
  return pane === undefined ? state : { ...state, panes: state.panes.with(index, change(pane)) };
}

/** With one of two chats the screen is half a story: when one ends, so does the other. */
function afterEvent(state: ScreenState, index: number, event: PunchlineEvent): ScreenStep {
  const next = withPane(state, index, (pane) => paneAfterEvent(pane, event, state.isFocused));
  if (event.event !== 'ended') {
    return { state: next };
  }
  if (!isOver(next)) {
    const leaving = { ...next, isLeaving: true };
    return state.isLeaving ? { state: leaving } : { state: leaving, effect: { kind: 'leave' } };
  }
  // What the screen still has to say, it says until a key is pressed; a chat that never opened says it afterwards.
  const isWorthReading =
    !next.isLeaving &&
    next.panes.every(
      ({ chat }) =>
        chat.connection !== undefined &&
        (chat.ended?.reason === 'peer-left' || chat.ended?.reason === 'failed'),
    );
  return isWorthReading ? { state: next } : { state: next, effect: { kind: 'close' } };
}

function afterStroke(before: ScreenState, stroke: Stroke): ScreenStep {
  const index = before.active;
  const state = withPane(before, index, (pane) => ({ ...pane, notice: undefined }));
  const pane = state.panes[index];
  if (pane === undefined) {
    return { state };
  }
  if ('key' in stroke) {
    if (stroke.key === 'tab' && pane.composer.text === '') {
      return stepScreen(state, { kind: 'next-pane' });
    }
    if (stroke.key === 'pageup' || stroke.key === 'pagedown') {
      const direction = stroke.key === 'pageup' ? -1 : 1;
      return { state: scrolled(state, (one, place) => scrollPage(one, place, direction)) };
    }
    if (stroke.key === 'escape') {
      return {
        state: withPane(state, index, (one) => ({ ...one, position: undefined, overlay: undefined })),
      };
    }
  }
  const { state: composer, effect } = stepComposer(pane.composer, stroke);
  const next = withPane(state, index, (one) => ({ ...one, composer, overlay: undefined }));
  switch (effect?.kind) {
    case undefined: {
      return { state: next };
    }
    case 'submit': {
      return entered(next, index, effect.text);
    }
    case 'full': {
      const notice = 'That is too long: a message has at most 64 KiB.';
      return { state: withPane(next, index, (one) => ({ ...one, notice })) };
    }
    case 'leave':
    case 'interrupt': {
      return { state: { ...next, isLeaving: true }, effect: { kind: effect.kind } };
    }
    default: {
      return effect satisfies never;
    }
  }
}

function entered(state: ScreenState, index: number, text: string): ScreenStep {
  const wish = readEntered(text);
  switch (wish.kind) {
    case 'message': {
      const following = withPane(state, index, (pane) => ({ ...pane, position: undefined }));
      return { state: following, effect: { kind: 'send', pane: index, text: wish.text } };
    }
    case 'quit': {
      return { state: { ...state, isLeaving: true }, effect: { kind: 'leave' } };
    }
    case 'help':
    case 'path': {
      const overlay: Overlay = { kind: wish.kind, top: 0 };
      return { state: withPane(state, index, (pane) => ({ ...pane, overlay })) };
    }
    case 'unknown': {
      return { state: withPane(state, index, (pane) => refuse(pane, text, wish.notice)) };
    }
    default: {
      return wish satisfies never;
    }
  }
}

/** The active pane after `scroll`, which is given its place. */
function scrolled(state: ScreenState, scroll: (pane: PaneState, place: PanePlace) => PaneState): ScreenState {
  const { columns, rows, panes, active } = state;
  const place = placePanes(columns, rows, panes.length, active).find(({ isActive }) => isActive);
  return place === undefined ? state : withPane(state, active, (pane) => scroll(pane, place));
}

/** A chat throws where it does not take a message: that is news for the writer, not a bug. */
export function refusalOf(error: unknown, pane: number, text: string): ScreenInput {
  if (error instanceof PunchlineError) {
    return { kind: 'refused', pane, text, reason: [error.message, error.hint].filter(Boolean).join(' ') };
  }
  throw error;
}
