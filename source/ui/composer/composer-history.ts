/** Recalls sent messages, and searches them. */
import { moved, type ComposerInput, type ComposerState } from './composer-state.ts';
import { boundaryBefore, boundaryFrom } from '../text/graphemes.ts';
import { lineEnd, lineStart } from './motions.ts';

/** Bounds memory at 200 × 64 KiB in the worst case. Nobody goes further back with the arrow keys. */
const MAX_HISTORY = 200;

/** Bounds the work: each typed letter searches the whole history. */
const MAX_QUERY_LENGTH = 200;

/**
 * The state after the draft was sent: the draft becomes the last entry of the
 * history, and edits of older entries are discarded.
 */
export function submitted(state: ComposerState): ComposerState {
  const { text, history } = state;
  const remembered = history.at(-1) === text ? history : [...history, text].slice(-MAX_HISTORY);
  return {
    ...moved(state, 0),
    text: '',
    undoStack: [],
    history: remembered,
    historyIndex: remembered.length,
    edited: new Map(),
    isPasted: false,
    isConfirming: false,
  };
}

/** Moves to the line above; from the first line of the draft, to the previous entry of the history. */
export function goUp(state: ComposerState): ComposerState {
  const start = lineStart(state.text, state.cursor);
  return start > 0
    ? moved(state, column(state, lineStart(state.text, start - 1), start - 1))
    : recall(state, state.historyIndex - 1);
}

/** Moves to the line below; from the last line of the draft, to the next entry of the history. */
export function goDown(state: ComposerState): ComposerState {
  const stop = lineEnd(state.text, state.cursor);
  return stop < state.text.length
    ? moved(state, column(state, stop + 1, lineEnd(state.text, stop + 1)))
    : recall(state, state.historyIndex + 1);
}

/**
 * The offset between `start` and `stop` at the same distance from `start` as
 * the cursor is from the start of its line.
 */
function column(state: ComposerState, start: number, stop: number): number {
  const offset = state.cursor - lineStart(state.text, state.cursor);
  return boundaryFrom(state.text, Math.min(start + offset, stop));
}

/** Shows the entry at `index`, with the edits that the user left in it. */
function recall(state: ComposerState, index: number): ComposerState {
  const { text, history } = state;
  if (index < 0 || index > history.length || index === state.historyIndex) {
    return state;
  }
  const edited = new Map(state.edited);
  if (text === (history[state.historyIndex] ?? '')) {
    edited.delete(state.historyIndex);
  } else {
    edited.set(state.historyIndex, text);
  }
  const next = edited.get(index) ?? history[index] ?? '';
  return { ...moved(state, next.length), text: next, undoStack: [], historyIndex: index, edited };
}

export function isSearching(state: ComposerState): boolean {
  return state.search !== undefined;
}

/** Ends the search, and restores the draft from before it. */
export function forgetSearch(state: ComposerState): ComposerState {
  return state.search === undefined ? state : { ...state.search.origin, lastQuery: state.lastQuery };
}

/** The result of one input during a search. */
export interface SearchStep {
  readonly state: ComposerState;
  /**
   * Whether the input was for the search. If not, the search has ended, and the
   * caller must still act on the input.
   */
  readonly isDone: boolean;
}

/** One step of a search. The actions `search` and `search-forward` start one. */
export function stepSearch(state: ComposerState, input: ComposerInput): SearchStep {
  const { search } = state;
  if ('text' in input) {
    const query = ((search?.query ?? '') + input.text).slice(0, MAX_QUERY_LENGTH).toWellFormed();
    return { state: find(state, query, search?.found ?? state.history.length - 1, -1), isDone: true };
  }
  if (!('action' in input)) {
    return { state: accepted(state), isDone: false };
  }
  switch (input.action) {
    case 'search':
    case 'search-forward': {
      return { state: again(state, input.action === 'search' ? -1 : 1), isDone: true };
    }
    case 'delete-left': {
      const query = search?.query ?? '';
      const shorter = query.slice(0, boundaryBefore(query, query.length));
      return { state: find(state, shorter, state.history.length - 1, -1), isDone: true };
    }
    case 'cancel':
    case 'interrupt': {
      return { state: forgetSearch(state), isDone: true };
    }
    case 'to-end': {
      return { state: accepted(state), isDone: true };
    }
    default: {
      return { state: accepted(state), isDone: false };
    }
  }
}

function again(state: ComposerState, direction: -1 | 1): ComposerState {
  const { search, history } = state;
  if (search === undefined) {
    const started = { query: '', found: undefined, isFailing: false, origin: state };
    return { ...state, search: started, lastChange: 'other' };
  }
  const query = search.query === '' ? state.lastQuery : search.query;
  return find(state, query, (search.found ?? history.length) + direction, direction);
}

/**
 * Shows the nearest entry that contains `query`, from `start` on. If there is
 * none, the entry that is shown stays.
 */
function find(state: ComposerState, query: string, start: number, direction: -1 | 1): ComposerState {
  const { search, history } = state;
  if (search === undefined) {
    return state;
  }
  if (query === '') {
    const { origin } = search;
    return { ...forgetSearch(state), search: { query, found: undefined, isFailing: false, origin } };
  }
  const wanted = query.toLowerCase();
  for (let index = start; index >= 0 && index < history.length; index += direction) {
    const text = history[index] ?? '';
    const at = text.toLowerCase().indexOf(wanted);
    if (at !== -1) {
      const found = { ...search, query, found: index, isFailing: false };
      return { ...state, text, cursor: boundaryFrom(text, at), search: found, lastQuery: query };
    }
  }
  return { ...state, search: { ...search, query, isFailing: true }, lastQuery: query };
}

/** Ends the search, and keeps the entry that it has found. */
function accepted(state: ComposerState): ComposerState {
  const { search, text, cursor, lastQuery } = state;
  if (search?.found === undefined) {
    return forgetSearch(state);
  }
  const there = recall({ ...search.origin, lastQuery }, search.found);
  return there.text === text ? moved(there, cursor) : there;
}
