/** The draft of a message, the history of sent ones, and the changes of both that undo can take back. */
import type { Action } from '../settings/actions.ts';
import { boundaryFrom } from '../text/graphemes.ts';

/**
 * An action, typed text, or a paste. `characters` is the length of the whole
 * paste; `paste` may be cut off. `continues`: it is the next part of the paste
 * before it.
 */
export type ComposerInput =
  | { readonly action: Action }
  | { readonly text: string }
  | { readonly paste: string; readonly characters: number; readonly continues?: true };

/**
 * The kind of the last change. A change of the same kind can continue it: cuts
 * in a row are put back together, and typed letters are undone together.
 */
type ChangeKind = 'typing' | 'deleting' | 'killing' | 'yanking' | 'other';

interface Snapshot {
  readonly text: string;
  /** In UTF-16 units. Never inside a grapheme cluster. */
  readonly cursor: number;
}

/** A search in the history that is under way. */
export interface Search {
  readonly query: string;
  /** The index of the entry that is shown. Undefined before anything was found. */
  readonly found: number | undefined;
  readonly isFailing: boolean;
  /** The state before the search. */
  readonly origin: ComposerState;
}

/** A paste that may come in several parts. It is inserted as a whole, or not at all. */
interface Burst {
  /** The state before its first part. */
  readonly origin: ComposerState;
  /** The length of the parts that have come. */
  readonly characters: number;
  readonly isRefused: boolean;
}

/** Immutable, like all state of the screen: each change makes a new object. */
export interface ComposerState extends Snapshot {
  readonly lastChange: ChangeKind;
  /** The states that undo goes back to, latest last. */
  readonly undoStack: readonly Snapshot[];
  /** Texts that were cut, latest last (readline's kill ring). */
  readonly kills: readonly string[];
  /** The range of the text that was put back last, and its index in `kills`. */
  readonly yanked: { readonly from: number; readonly to: number; readonly index: number };
  /** Sent messages, oldest first. */
  readonly history: readonly string[];
  /** The index of the entry that is shown; `history.length` for the draft itself. */
  readonly historyIndex: number;
  /**
   * Edited texts that are not shown now, by their index: entries of the
   * history, and the draft at `history.length`.
   */
  readonly edited: ReadonlyMap<number, string>;
  readonly search: Search | undefined;
  /** The query of the last search. A search without a query repeats it. */
  readonly lastQuery: string;
  /** Whether some of the draft was pasted. */
  readonly isPasted: boolean;
  /** Set while the last input was a paste. */
  readonly burst: Burst | undefined;
  /** Whether the user was asked to confirm the draft: the next `send` confirms it. */
  readonly isConfirming: boolean;
  /** Whether the draft is a line that was refused: typed text replaces it. */
  readonly isSelected: boolean;
}

/** Bounds memory. Nobody undoes more steps one by one. */
const MAX_UNDOS = 100;

export const emptyComposer: ComposerState = {
  text: '',
  cursor: 0,
  lastChange: 'other',
  undoStack: [],
  kills: [],
  yanked: { from: 0, to: 0, index: 0 },
  history: [],
  historyIndex: 0,
  edited: new Map(),
  search: undefined,
  lastQuery: '',
  isPasted: false,
  burst: undefined,
  isConfirming: false,
  isSelected: false,
};

/** Moves the cursor. */
export function moved(state: ComposerState, cursor: number): ComposerState {
  return { ...state, cursor, lastChange: 'other' };
}

/**
 * Changes the text so that undo can take it back. Joining two texts can join
 * clusters, too: then the cursor moves after the joined cluster.
 */
export function withText(
  state: ComposerState,
  text: string,
  cursor: number,
  lastChange: ChangeKind = 'other',
): ComposerState {
  if (text === state.text) {
    return moved(state, boundaryFrom(text, cursor));
  }
  const undoStack = continues(state, lastChange)
    ? state.undoStack
    : [...state.undoStack, { text: state.text, cursor: state.cursor }].slice(-MAX_UNDOS);
  return { ...state, text, cursor: boundaryFrom(text, cursor), lastChange, undoStack };
}

/**
 * Whether the next change is undone together with the last one: letters up to a
 * space, and deletions without limit.
 */
function continues({ lastChange, text, cursor }: ComposerState, next: ChangeKind): boolean {
  return (
    lastChange === next && (next === 'deleting' || (next === 'typing' && !/\s/.test(text[cursor - 1] ?? ' ')))
  );
}
