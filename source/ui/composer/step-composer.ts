/**
 * Writing a message, as a pure reduction. What the actions do is what readline
 * does. It knows no terminal, no keys, no commands and no message limits but
 * its own.
 */
import { editOf, killAll } from './composer-edits.ts';
import { forgetSearch, goDown, goUp, isSearching, stepSearch, submitted } from './composer-history.ts';
import { type ComposerInput, type ComposerState, withText } from './composer-state.ts';

/**
 * What a step asks of the chat. `full`: the draft cannot take so many
 * characters more. `ask`: it is to be asked whether so much shall go out.
 */
export type ComposerEffect =
  | { readonly kind: 'submit'; readonly text: string }
  | { readonly kind: 'leave' | 'interrupt' }
  | { readonly kind: 'full'; readonly characters: number }
  | { readonly kind: 'ask'; readonly lines: number; readonly characters: number };

export interface ComposerStep {
  readonly state: ComposerState;
  readonly effect?: ComposerEffect;
}

/** A message has at most 64 KiB of UTF-8, so never more UTF-16 units than that. */
export const MAX_DRAFT_LENGTH = 65_536;

/** As irssi's paste_verify_line_count: what is longer was hardly meant for a chat as it is. */
const MAX_PASTED_LINES = 5;
/** A screen full of text on one line. */
const MAX_PASTED_LINE_LENGTH = 2000;

/** The composer after one step. An action that is not its own changes nothing. */
export function stepComposer(before: ComposerState, input: ComposerInput): ComposerStep {
  const searched = isSearching(before) ? stepSearch(before, input) : undefined;
  if (searched?.isDone === true) {
    return { state: searched.state };
  }
  const { isAsked } = before;
  const state = { ...(searched?.state ?? before), isAsked: false };
  if ('text' in input) {
    return insert(state, input.text, 'typing');
  }
  if ('paste' in input) {
    return input.characters > input.paste.length
      ? { state, effect: { kind: 'full', characters: input.characters } }
      : pasted(insert(state, input.paste, 'other'));
  }
  switch (input.action) {
    case 'send': {
      return send({ ...state, isAsked });
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

/** Puts `text` back as the draft, for a line that could not be sent. */
export function restoreDraft(state: ComposerState, text: string): ComposerState {
  return withText(forgetSearch(state), text, text.length);
}

function insert(state: ComposerState, text: string, doing: ComposerState['doing']): ComposerStep {
  if (state.text.length + text.length > MAX_DRAFT_LENGTH) {
    return { state, effect: { kind: 'full', characters: text.length } };
  }
  const { cursor } = state;
  const inserted = text.toWellFormed();
  const joined = state.text.slice(0, cursor) + inserted + state.text.slice(cursor);
  return { state: withText(state, joined, cursor + inserted.length, doing) };
}

function pasted(step: ComposerStep): ComposerStep {
  return step.effect === undefined ? { state: { ...step.state, isPasted: true } } : step;
}

function undone(state: ComposerState): ComposerState {
  const last = state.past.at(-1);
  return last === undefined ? state : { ...state, ...last, past: state.past.slice(0, -1), doing: 'other' };
}

function send(state: ComposerState): ComposerStep {
  const { text, isPasted, isAsked } = state;
  if (text.trim() === '') {
    return { state };
  }
  const lines = text.split('\n');
  const isMuch =
    lines.length > MAX_PASTED_LINES || lines.some(({ length }) => length > MAX_PASTED_LINE_LENGTH);
  return isPasted && isMuch && !isAsked
    ? {
        state: { ...state, isAsked: true },
        effect: { kind: 'ask', lines: lines.length, characters: text.length },
      }
    : { state: submitted(state), effect: { kind: 'submit', text } };
}
