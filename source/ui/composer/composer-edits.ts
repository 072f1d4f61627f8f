/** The actions that move the cursor and change the draft. They stop only at the boundaries of grapheme clusters. */
import type { Action } from '../settings/actions.ts';
import { moved, withText, type ComposerState } from './composer-state.ts';
import { boundaryAfter, boundaryBefore } from '../text/graphemes.ts';
import { lineEnd, lineStart, wordEnd, wordStart, wordStartBySpace } from './motions.ts';

type Edit = (state: ComposerState) => ComposerState;

/** Bounds memory at 20 × 64 KiB. M-y goes through the texts one by one, so nobody needs more. */
const MAX_KILLS = 20;

const edits: ReadonlyMap<Action, Edit> = new Map<Action, Edit>([
  ['char-left', (state) => moved(state, boundaryBefore(state.text, state.cursor))],
  ['char-right', (state) => moved(state, boundaryAfter(state.text, state.cursor))],
  ['word-left', (state) => moved(state, wordStart(state.text, state.cursor))],
  ['word-right', (state) => moved(state, wordEnd(state.text, state.cursor))],
  ['line-start', (state) => moved(state, lineStart(state.text, state.cursor))],
  ['line-end', (state) => moved(state, lineEnd(state.text, state.cursor))],
  ['draft-start', (state) => moved(state, 0)],
  ['draft-end', (state) => moved(state, state.text.length)],
  ['delete-left', (state) => cut(state, boundaryBefore(state.text, state.cursor), state.cursor)],
  ['delete-right', (state) => cut(state, state.cursor, boundaryAfter(state.text, state.cursor))],
  ['kill-word-left', (state) => kill(state, wordStart(state.text, state.cursor))],
  ['kill-word-right', (state) => kill(state, wordEnd(state.text, state.cursor))],
  ['kill-to-space', (state) => kill(state, wordStartBySpace(state.text, state.cursor))],
  ['kill-to-start', (state) => kill(state, lineStart(state.text, state.cursor))],
  ['kill-to-end', killToEnd],
  ['yank', yank],
  ['yank-earlier', yankEarlier],
  ['swap-chars', swapChars],
  ['swap-words', swapWords],
  ['upper-case', (state) => recase(state, (word) => word.toUpperCase())],
  ['lower-case', (state) => recase(state, (word) => word.toLowerCase())],
  ['capitalize', (state) => recase(state, capitalized)],
]);

/** Undefined if `action` neither moves the cursor nor changes the draft. */
export function editOf(action: Action): Edit | undefined {
  return edits.get(action);
}

function cut(state: ComposerState, from: number, to: number): ComposerState {
  return replace(state, from, to, '', from, 'deleting');
}

function replace(
  state: ComposerState,
  from: number,
  to: number,
  text: string,
  cursor: number,
  lastChange?: ComposerState['lastChange'],
): ComposerState {
  return withText(state, state.text.slice(0, from) + text + state.text.slice(to), cursor, lastChange);
}

/** Cuts the text between the cursor and `other`, which may be on either side, and keeps it for `yank`. */
function kill(state: ComposerState, other: number): ComposerState {
  const [from, to] = other < state.cursor ? [other, state.cursor] : [state.cursor, other];
  const piece = state.text.slice(from, to);
  if (piece === '') {
    return state;
  }
  const isMore = state.lastChange === 'killing';
  const before = isMore ? (state.kills.at(-1) ?? '') : '';
  const killed = other < state.cursor ? piece + before : before + piece;
  const kills = [...(isMore ? state.kills.slice(0, -1) : state.kills), killed].slice(-MAX_KILLS);
  return { ...replace(state, from, to, '', from, 'killing'), kills };
}

/** Cuts the whole draft. */
export function killAll(state: ComposerState): ComposerState {
  return kill({ ...state, cursor: 0, lastChange: 'other' }, state.text.length);
}

/** Cuts to the end of the line, or the newline if the cursor is there already, as readline does in Emacs. */
function killToEnd(state: ComposerState): ComposerState {
  const to = lineEnd(state.text, state.cursor);
  return kill(state, to === state.cursor ? boundaryAfter(state.text, to) : to);
}

function yank(state: ComposerState): ComposerState {
  return putBack(state, state.cursor, state.cursor, state.kills.length - 1);
}

function yankEarlier(state: ComposerState): ComposerState {
  const { from, to, index } = state.yanked;
  const earlier = (index + state.kills.length - 1) % Math.max(1, state.kills.length);
  return state.lastChange === 'yanking' ? putBack(state, from, to, earlier) : state;
}

function putBack(state: ComposerState, from: number, to: number, index: number): ComposerState {
  const text = state.kills[index];
  if (text === undefined) {
    return state;
  }
  const end = from + text.length;
  const next = replace(state, from, to, text, end, 'yanking');
  return { ...next, lastChange: 'yanking', yanked: { from, to: end, index } };
}

function swapChars(state: ComposerState): ComposerState {
  const { text, cursor } = state;
  const to = cursor === text.length ? cursor : boundaryAfter(text, cursor);
  const middle = boundaryBefore(text, to);
  const from = boundaryBefore(text, middle);
  const swapped = text.slice(middle, to) + text.slice(from, middle);
  return from === middle ? state : replace(state, from, to, swapped, to);
}

/** Swaps the word before the cursor with the one after it; at the end of the text, the last two words. */
function swapWords(state: ComposerState): ComposerState {
  const { text, cursor } = state;
  const end = wordEnd(text, cursor);
  const middle = wordStart(text, end);
  const start = wordStart(text, middle);
  const first = text.slice(start, wordEnd(text, start));
  const stop = wordEnd(text, middle);
  const between = text.slice(start + first.length, middle);
  if (start === middle || start + first.length > middle) {
    return state;
  }
  return replace(state, start, stop, text.slice(middle, stop) + between + first, stop);
}

function recase(state: ComposerState, change: (word: string) => string): ComposerState {
  const to = wordEnd(state.text, state.cursor);
  const changed = change(state.text.slice(state.cursor, to));
  return replace(state, state.cursor, to, changed, state.cursor + changed.length);
}

function capitalized(text: string): string {
  return text.toLowerCase().replace(/[\p{Letter}\p{Number}]/u, (character) => character.toUpperCase());
}
