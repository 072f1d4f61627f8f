/** The draft of a message and the history of those that were sent, and what every change of them keeps. */
import type { Action } from '../settings/actions.ts';
import { boundaryFrom } from '../text/graphemes.ts';

export type ComposerInput =
  | { readonly action: Action }
  | { readonly text: string }
  | { readonly paste: string; readonly characters: number };

/** What was done last, where the next step goes on with it: kills add up, typing is undone as a whole. */
type Doing = 'typing' | 'deleting' | 'killing' | 'yanking' | 'other';

interface Snapshot {
  readonly text: string;
  /** In UTF-16 units, never inside a grapheme cluster. */
  readonly cursor: number;
}

export interface Search {
  readonly query: string;
  /** Which entry of the history is shown; undefined before something was found. */
  readonly found: number | undefined;
  readonly isFailing: boolean;
  /** What was there when the search began. */
  readonly origin: ComposerState;
}

export interface ComposerState extends Snapshot {
  readonly doing: Doing;
  /** What undo goes back to, latest last. */
  readonly past: readonly Snapshot[];
  /** What was cut, latest last. */
  readonly kills: readonly string[];
  /** The place of what was put back last, and which of the kills it was. */
  readonly yanked: { readonly from: number; readonly to: number; readonly index: number };
  /** Sent lines, oldest first. */
  readonly history: readonly string[];
  /** Which entry of the history the text is of; behind the last one it is the draft. */
  readonly place: number;
  /** The draft, and entries that were changed, by their place: while it is another one's turn. */
  readonly changed: ReadonlyMap<number, string>;
  readonly search: Search | undefined;
  readonly lastQuery: string;
  /** Something in it was pasted. */
  readonly isPasted: boolean;
  /** The next `send` is the answer to whether to. */
  readonly isAsked: boolean;
}

/** Bounds memory; nobody takes back more steps one by one. */
const MAX_PAST = 100;

export const emptyComposer: ComposerState = {
  text: '',
  cursor: 0,
  doing: 'other',
  past: [],
  kills: [],
  yanked: { from: 0, to: 0, index: 0 },
  history: [],
  place: 0,
  changed: new Map(),
  search: undefined,
  lastQuery: '',
  isPasted: false,
  isAsked: false,
};

/** Moves the cursor. */
export function moved(state: ComposerState, cursor: number): ComposerState {
  return { ...state, cursor, doing: 'other' };
}

/**
 * Another text, which undo takes back. Joining two texts can join clusters
 * too: the cursor goes behind what it would split.
 */
export function withText(
  state: ComposerState,
  text: string,
  cursor: number,
  doing: Doing = 'other',
): ComposerState {
  if (text === state.text) {
    return moved(state, boundaryFrom(text, cursor));
  }
  const past = goesOn(state, doing)
    ? state.past
    : [...state.past, { text: state.text, cursor: state.cursor }].slice(-MAX_PAST);
  return { ...state, text, cursor: boundaryFrom(text, cursor), doing, past };
}

/** Typing is undone by words, deleting as a whole. */
function goesOn({ doing, text, cursor }: ComposerState, next: Doing): boolean {
  return (
    doing === next && (next === 'deleting' || (next === 'typing' && !/\s/.test(text[cursor - 1] ?? ' ')))
  );
}
