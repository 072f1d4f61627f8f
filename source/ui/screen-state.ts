/**
 * The whole screen as one pure reduction: its panes, which of them has the
 * keyboard, what the keys do, and when the screen closes. Effects tell the shell
 * what to ask of the chats.
 */
import { PunchlineError } from '../errors.ts';
import type { PunchlineEvent } from '../events.ts';
import { type ChatState, initialChatState, reduceChat } from './chat-state.ts';
import {
  type ComposerState,
  emptyComposer,
  restoreDraft,
  stepComposer,
  type Stroke,
} from './composer-state.ts';
import { layOutPane, placePanes } from './geometry.ts';
import { readEntered } from './slash.ts';
import { type Position, scroll } from './transcript.ts';

export interface PaneState {
  readonly title: string | undefined;
  readonly chat: ChatState;
  readonly composer: ComposerState;
  /** Where the transcript is scrolled to; undefined while it follows. */
  readonly position: Position | undefined;
  /** A sentence above the composer, until the next key. */
  readonly notice: string | undefined;
  readonly isHelpOpen: boolean;
}

export interface ScreenState {
  readonly columns: number;
  readonly rows: number;
  readonly panes: readonly PaneState[];
  /** Which pane has the keyboard. */
  readonly active: number;
  /** We asked to leave: the screen closes as soon as the chats have ended. */
  readonly isLeaving: boolean;
}

export type ScreenInput =
  | { readonly kind: 'event'; readonly pane: number; readonly event: PunchlineEvent }
  | { readonly kind: 'stroke'; readonly stroke: Stroke }
  | { readonly kind: 'next-pane' }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
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
  const panes = titles.map((title) => ({
    title,
    chat: initialChatState,
    composer: emptyComposer,
    position: undefined,
    notice: undefined,
    isHelpOpen: false,
  }));
  return { columns: size.columns, rows: size.rows, panes, active: 0, isLeaving: false };
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
      return isOver(state) ? { state, effect: { kind: 'close' } } : afterStroke(state, input.stroke);
    }
    case 'next-pane': {
      return { state: { ...state, active: (state.active + 1) % state.panes.length } };
    }
    case 'resize': {
      return { state: { ...state, columns: input.columns, rows: input.rows } };
    }
    case 'refused': {
      return { state: withPane(state, input.pane, (pane) => refuse(pane, input.text, input.reason)) };
    }
    default: {
      return input satisfies never;
    }
  }
}

function withPane(state: ScreenState, index: number, change: (pane: PaneState) => PaneState): ScreenState {
  const pane = state.panes[index];
  return pane === undefined ? state : { ...state, panes: state.panes.with(index, change(pane)) };
}

function refuse(pane: PaneState, text: string, reason: string): PaneState {
  return { ...pane, composer: restoreDraft(pane.composer, text), notice: reason };
}

/** With one of two chats the screen is half a story: when one ends, so does the other. */
function afterEvent(state: ScreenState, index: number, event: PunchlineEvent): ScreenStep {
  const next = withPane(state, index, (pane) => ({ ...pane, chat: reduceChat(pane.chat, event) }));
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
  const state = withPane(before, index, (pane) => ({ ...pane, notice: undefined, isHelpOpen: false }));
  const pane = state.panes[index];
  if (pane === undefined) {
    return { state };
  }
  if ('key' in stroke) {
    if (stroke.key === 'tab' && pane.composer.text === '') {
      return stepScreen(state, { kind: 'next-pane' });
    }
    if (stroke.key === 'pageup' || stroke.key === 'pagedown') {
      return { state: scrolled(state, stroke.key === 'pageup' ? -1 : 1) };
    }
    if (stroke.key === 'escape') {
      return { state: withPane(state, index, (one) => ({ ...one, position: undefined })) };
    }
  }
  const { state: composer, effect } = stepComposer(pane.composer, stroke);
  const next = withPane(state, index, (one) => ({ ...one, composer }));
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
    case 'help': {
      return { state: withPane(state, index, (pane) => ({ ...pane, isHelpOpen: true })) };
    }
    case 'unknown': {
      return { state: withPane(state, index, (pane) => refuse(pane, text, wish.notice)) };
    }
    default: {
      return wish satisfies never;
    }
  }
}

/** By a page less one row, so that the eye finds its place. */
function scrolled(state: ScreenState, direction: -1 | 1): ScreenState {
  const place = placePanes(state.columns, state.rows, state.panes.length, state.active).find(
    ({ isActive }) => isActive,
  );
  return withPane(state, state.active, (pane) => {
    if (place === undefined) {
      return pane;
    }
    const { bodyRows, format } = layOutPane(pane, place);
    const delta = direction * Math.max(1, bodyRows - 2);
    const { entries } = pane.chat.transcript;
    return { ...pane, position: scroll(entries, format, bodyRows, pane.position, delta) };
  });
}

/** A chat throws where it does not take a message: that is news for the writer, not a bug. */
export function refusalOf(error: unknown, pane: number, text: string): ScreenInput {
  if (error instanceof PunchlineError) {
    return { kind: 'refused', pane, text, reason: [error.message, error.hint].filter(Boolean).join(' ') };
  }
  throw error;
}
