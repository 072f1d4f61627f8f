/**
 * The line in which a message is written, as a pure reduction of keystrokes.
 * Keys have Emacs names (`C-a`, `M-b`, `left`); what they do is what readline
 * does. It knows no terminal, no commands and no message limits but its own.
 */
import { boundaryAfter, boundaryBefore, boundaryFrom } from './graphemes.ts';
import { lineEnd, lineStart, wordEnd, wordStart, wordStartBySpace } from './motions.ts';

/** What the keyboard says: text to insert, or a key by name. */
export type Stroke = { readonly text: string } | { readonly key: string };

export interface ComposerState {
  readonly text: string;
  /** In UTF-16 units, never inside a grapheme cluster. */
  readonly cursor: number;
  /** What C-y brings back. */
  readonly killed: string;
  /** The last stroke was a kill: another one adds to it. */
  readonly killing: boolean;
  /** Sent lines, oldest first. */
  readonly history: readonly string[];
  /** Where in the history the text is from; undefined while it is the draft. */
  readonly recalled: number | undefined;
  /** The draft as it was when the history was entered. */
  readonly draft: string;
}

/** What a stroke asks of the chat. `full`: the draft cannot take that text. */
export type ComposerEffect =
  | { readonly kind: 'submit'; readonly text: string }
  | { readonly kind: 'leave' | 'interrupt' | 'full' };

export interface ComposerStep {
  readonly state: ComposerState;
  readonly effect?: ComposerEffect;
}

/** A message has at most 64 KiB of UTF-8, so never more UTF-16 units than that. */
export const maxDraftLength = 65_536;

/** Bounds memory at 200 × 64 KiB in the worst case; nobody walks further back with the arrow keys. */
const maxHistory = 200;

export const emptyComposer: ComposerState = {
  text: '',
  cursor: 0,
  killed: '',
  killing: false,
  history: [],
  recalled: undefined,
  draft: '',
};

/** The composer after one stroke. A key without a meaning changes nothing. */
export function stepComposer(state: ComposerState, stroke: Stroke): ComposerStep {
  if ('text' in stroke) {
    return insert(state, stroke.text);
  }
  switch (stroke.key) {
    case 'enter': {
      return state.text.trim() === '' ? { state } : submit(state);
    }
    case 'M-enter': {
      return insert(state, '\n');
    }
    case 'C-y': {
      return insert(state, state.killed);
    }
    case 'C-c': {
      return state.text === ''
        ? { state, effect: { kind: 'interrupt' } }
        : { state: { ...edited(state, '', 0), killed: state.text } };
    }
    case 'C-d': {
      return state.text === ''
        ? { state, effect: { kind: 'leave' } }
        : { state: cut(state, state.cursor, boundaryAfter(state.text, state.cursor)) };
    }
    default: {
      const edit = edits.get(stroke.key);
      return { state: edit === undefined ? state : edit(state) };
    }
  }
}

/** Puts `text` back as the draft, for a line that could not be sent. */
export function restoreDraft(state: ComposerState, text: string): ComposerState {
  return edited(state, text, text.length);
}

type Edit = (state: ComposerState) => ComposerState;

const left: Edit = (state) => moved(state, boundaryBefore(state.text, state.cursor));
const right: Edit = (state) => moved(state, boundaryAfter(state.text, state.cursor));
const home: Edit = (state) => moved(state, lineStart(state.text, state.cursor));
const end: Edit = (state) => moved(state, lineEnd(state.text, state.cursor));
const wordLeft: Edit = (state) => moved(state, wordStart(state.text, state.cursor));
const wordRight: Edit = (state) => moved(state, wordEnd(state.text, state.cursor));
const backspace: Edit = (state) => cut(state, boundaryBefore(state.text, state.cursor), state.cursor);
const killWordLeft: Edit = (state) => kill(state, wordStart(state.text, state.cursor));

const edits: ReadonlyMap<string, Edit> = new Map([
  ['left', left],
  ['C-b', left],
  ['right', right],
  ['C-f', right],
  ['home', home],
  ['C-a', home],
  ['end', end],
  ['C-e', end],
  ['M-b', wordLeft],
  ['C-left', wordLeft],
  ['M-left', wordLeft],
  ['M-f', wordRight],
  ['C-right', wordRight],
  ['M-right', wordRight],
  ['up', (state: ComposerState) => goUp(state)],
  ['C-p', (state: ComposerState) => goUp(state)],
  ['down', (state: ComposerState) => goDown(state)],
  ['C-n', (state: ComposerState) => goDown(state)],
  ['backspace', backspace],
  ['C-h', backspace],
  ['delete', (state: ComposerState) => cut(state, state.cursor, boundaryAfter(state.text, state.cursor))],
  ['C-w', (state: ComposerState) => kill(state, wordStartBySpace(state.text, state.cursor))],
  ['M-backspace', killWordLeft],
  ['C-backspace', killWordLeft],
  ['M-d', (state: ComposerState) => kill(state, wordEnd(state.text, state.cursor))],
  ['C-u', (state: ComposerState) => kill(state, lineStart(state.text, state.cursor))],
  ['C-k', (state: ComposerState) => killToLineEnd(state)],
  ['C-t', (state: ComposerState) => transpose(state)],
]);

function moved(state: ComposerState, cursor: number): ComposerState {
  return { ...state, cursor, killing: false };
}

/** Joining two texts can join clusters too: the cursor goes behind what it would split. */
function edited(state: ComposerState, text: string, cursor: number): ComposerState {
  return { ...state, text, cursor: boundaryFrom(text, cursor), killing: false, recalled: undefined };
}

function insert(state: ComposerState, text: string): ComposerStep {
  if (state.text.length + text.length > maxDraftLength) {
    return { state, effect: { kind: 'full' } };
  }
  const { cursor } = state;
  const inserted = text.toWellFormed();
  const joined = state.text.slice(0, cursor) + inserted + state.text.slice(cursor);
  return { state: edited(state, joined, cursor + inserted.length) };
}

function cut(state: ComposerState, from: number, to: number): ComposerState {
  return from === to
    ? moved(state, from)
    : edited(state, state.text.slice(0, from) + state.text.slice(to), from);
}

/** Cuts from the cursor to `other`, in whichever direction, and keeps it for C-y. */
function kill(state: ComposerState, other: number): ComposerState {
  const [from, to] = other < state.cursor ? [other, state.cursor] : [state.cursor, other];
  const piece = state.text.slice(from, to);
  const before = state.killing ? state.killed : '';
  const killed = other < state.cursor ? piece + before : before + piece;
  return piece === '' ? state : { ...cut(state, from, to), killed, killing: true };
}

function killToLineEnd(state: ComposerState): ComposerState {
  const to = lineEnd(state.text, state.cursor);
  return kill(state, to === state.cursor ? boundaryAfter(state.text, to) : to);
}

function transpose(state: ComposerState): ComposerState {
  const { text, cursor } = state;
  const to = cursor === text.length ? cursor : boundaryAfter(text, cursor);
  const middle = boundaryBefore(text, to);
  const from = boundaryBefore(text, middle);
  if (from === middle) {
    return state;
  }
  const swapped = text.slice(middle, to) + text.slice(from, middle);
  return edited(state, text.slice(0, from) + swapped + text.slice(to), to);
}

function submit(state: ComposerState): ComposerStep {
  const { text, history } = state;
  const remembered = history.at(-1) === text ? history : [...history, text].slice(-maxHistory);
  return {
    state: { ...edited(state, '', 0), history: remembered, draft: '' },
    effect: { kind: 'submit', text },
  };
}

/** To the line above in a text of several lines; from its first line, back into the history. */
function goUp(state: ComposerState): ComposerState {
  const start = lineStart(state.text, state.cursor);
  if (start > 0) {
    return moved(state, column(state, lineStart(state.text, start - 1), start - 1));
  }
  return recall(state, (state.recalled ?? state.history.length) - 1);
}

function goDown(state: ComposerState): ComposerState {
  const stop = lineEnd(state.text, state.cursor);
  if (stop < state.text.length) {
    return moved(state, column(state, stop + 1, lineEnd(state.text, stop + 1)));
  }
  return state.recalled === undefined ? state : recall(state, state.recalled + 1);
}

/** The place in the line from `start` to `stop` that is as far in as the cursor is in its own. */
function column(state: ComposerState, start: number, stop: number): number {
  const offset = state.cursor - lineStart(state.text, state.cursor);
  return boundaryFrom(state.text, Math.min(start + offset, stop));
}

function recall(state: ComposerState, index: number): ComposerState {
  if (index < 0) {
    return state;
  }
  const draft = state.recalled === undefined ? state.text : state.draft;
  const text = state.history[index];
  return text === undefined
    ? { ...edited(state, draft, draft.length), draft: '' }
    : { ...edited(state, text, text.length), draft, recalled: index };
}
