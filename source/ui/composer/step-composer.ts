/**
 * The composer, as a pure reducer. Its actions do what readline's do. It does
 * not know the terminal, keys or commands, and knows no limit of messages but
 * the length of a draft.
 */
import { trimEndOf } from '../../text/trim-end.ts';
import { editOf, killAll } from './composer-edits.ts';
import { forgetSearch, goDown, goUp, isSearching, stepSearch, submitted } from './composer-history.ts';
import { type ComposerInput, type ComposerState, withText } from './composer-state.ts';

/**
 * An effect of a step. `full`: the draft has no room for so many more
 * characters. `ask`: the user must confirm that so much text is to be sent.
 */
export type ComposerEffect =
  | { readonly kind: 'submit'; readonly text: string }
  | { readonly kind: 'leave' | 'interrupt' }
  | { readonly kind: 'full'; readonly characters: number }
  | { readonly kind: 'ask'; readonly lines: number; readonly characters: number };

/** The state after an input, and what the input asks of the chat. */
export interface ComposerStep {
  readonly state: ComposerState;
  readonly effect?: ComposerEffect;
}

/** The longest draft, in UTF-16 units. A message has at most 64 KiB of UTF-8, which are at most so many units. */
export const MAX_DRAFT_LENGTH = 65_536;

/**
 * The same as irssi's paste_verify_line_count. The user is asked before more
 * pasted lines are sent, because they were probably not meant as one message.
 */
const MAX_PASTED_LINES = 5;
/** About a full screen. Longer pasted lines are sent only after the user has confirmed. */
const MAX_PASTED_LINE_LENGTH = 2000;

/** The composer after one input. Actions that it does not know change nothing. */
export function stepComposer(before: ComposerState, input: ComposerInput): ComposerStep {
  const searched = isSearching(before) ? stepSearch(before, input) : undefined;
  if (searched?.isDone === true) {
    return { state: searched.state };
  }
  const { isConfirming, burst, isSelected } = before;
  const ready: ComposerState = {
    ...(searched?.state ?? before),
    isConfirming: false,
    burst: undefined,
    isSelected: false,
  };
  const state = isSelected && replaces(input) ? withText(ready, '', 0) : ready;
  if ('text' in input) {
    return insert(state, input.text, 'typing');
  }
  if ('paste' in input) {
    return insertPaste(state, input, burst);
  }
  switch (input.action) {
    case 'send': {
      return send({ ...state, isConfirming });
    }
    case 'new-line': {
      return insert(state, '\n', 'typing');
    }
    case 'interrupt': {
      return state.text === ''
        ? { state, effect: { kind: 'interrupt' } }
        : { state: { ...killAll(state), isPasted: false } };
    }
    case 'delete-or-leave': {
      return state.text === ''
        ? { state, effect: { kind: 'leave' } }
        : { state: editOf('delete-right')?.(state) ?? state };
    }
    case 'undo': {
      return { state: undone(state) };
    }
    case 'up': {
      return { state: goUp(state) };
    }
    case 'down': {
      return { state: goDown(state) };
    }
    case 'search':
    case 'search-forward': {
      return { state: stepSearch(state, input).state };
    }
    default: {
      const edit = editOf(input.action);
      return { state: edit === undefined ? state : edit(state) };
    }
  }
}

/** Puts `text` back as the draft, for example if it could not be sent. */
export function restoreDraft(state: ComposerState, text: string): ComposerState {
  return { ...withText(forgetSearch(state), text, text.length), isSelected: false };
}

/** Puts a refused line back as the draft, selected: the user may correct it, or type another one at once. */
export function selectDraft(state: ComposerState, text: string): ComposerState {
  return { ...restoreDraft(state, text), isSelected: true };
}

function insert(state: ComposerState, text: string, lastChange: ComposerState['lastChange']): ComposerStep {
  if (state.text.length + text.length > MAX_DRAFT_LENGTH) {
    return { state, effect: { kind: 'full', characters: text.length } };
  }
  const { cursor } = state;
  const inserted = text.toWellFormed();
  const joined = state.text.slice(0, cursor) + inserted + state.text.slice(cursor);
  return { state: withText(state, joined, cursor + inserted.length, lastChange) };
}

/**
 * Inserts one part of a paste. If all parts together are too long, the state
 * from before the first part comes back, and the parts that follow are refused
 * with it.
 */
function insertPaste(
  state: ComposerState,
  { paste, characters, continues }: Extract<ComposerInput, { readonly paste: string }>,
  burst: ComposerState['burst'],
): ComposerStep {
  const before = continues === true ? burst : undefined;
  const origin = before?.origin ?? state;
  const all = (before?.characters ?? 0) + characters;
  const step = insert(state, paste, 'other');
  if (before?.isRefused === true || characters > paste.length || step.effect !== undefined) {
    return {
      state: { ...origin, burst: { origin, characters: all, isRefused: true } },
      effect: { kind: 'full', characters: all },
    };
  }
  // Undo takes the whole paste back.
  const { undoStack } = before === undefined ? step.state : state;
  return {
    state: {
      ...step.state,
      undoStack,
      isPasted: true,
      burst: { origin, characters: all, isRefused: false },
    },
  };
}

/** Whether this input replaces or deletes a line that is selected. A space continues it: an argument was missing. */
function replaces(input: ComposerInput): boolean {
  if ('text' in input && input.text.startsWith(' ')) {
    return false;
  }
  return !('action' in input) || input.action === 'delete-left' || input.action === 'delete-right';
}

function undone(state: ComposerState): ComposerState {
  const last = state.undoStack.at(-1);
  return last === undefined
    ? state
    : { ...state, ...last, undoStack: state.undoStack.slice(0, -1), lastChange: 'other' };
}

function send(state: ComposerState): ComposerStep {
  const { text, isPasted, isConfirming } = state;
  if (text.trim() === '') {
    return { state };
  }
  // The line end behind a pasted text is no line.
  const lines = trimEndOf(text, '\n').split('\n');
  const isLong =
    lines.length > MAX_PASTED_LINES || lines.some(({ length }) => length > MAX_PASTED_LINE_LENGTH);
  return isPasted && isLong && !isConfirming
    ? {
        state: { ...state, isConfirming: true },
        effect: { kind: 'ask', lines: lines.length, characters: text.length },
      }
    : { state: submitted(state), effect: { kind: 'submit', text } };
}
