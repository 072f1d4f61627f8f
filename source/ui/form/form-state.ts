/** A form of one-line fields and choices, as a pure reducer. It does not know how the form is drawn. */
import { PunchlineError } from '../../errors.ts';

/** A question of the form. */
export interface Field {
  readonly name: string;
  readonly label: string;
  /** Shown in an empty field: an example, or that it may stay empty. */
  readonly placeholder?: string;
  /** Checks the value. Throws a PunchlineError if it is wrong. May return values for other fields. */
  readonly accept?: (value: string) => Readonly<Record<string, string>> | undefined;
  /** The answers among which one is chosen. Without them, the answer is typed. */
  readonly choices?: readonly [Choice, ...Choice[]];
  /** Whether it is asked at all, after these answers. The answer to another one does not count. */
  readonly isAsked?: (values: FormValues) => boolean;
  /** The value with its last word completed, if what was typed leaves only one word. Undefined otherwise. */
  readonly complete?: (value: string) => string | undefined;
  /** What may be typed, among other things: those that begin with the value. */
  readonly list?: { readonly label: string; readonly of: (value: string) => readonly string[] };
}

/** One of several answers. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  /** What it means, in one line. */
  readonly about: string;
}

/** The texts of the fields, by their names. */
export type FormValues = Readonly<Record<string, string>>;

export interface FormState {
  readonly fields: readonly Field[];
  readonly values: FormValues;
  /** The index of the field that has the keyboard; `fields.length` if the form is complete. */
  readonly index: number;
  /**
   * Counts changes of the text that were not made in the field's editor. Each
   * makes a new editor, with its cursor at the end.
   */
  readonly revision: number;
  readonly error: { readonly message: string; readonly hint: string | undefined } | undefined;
  /** Said about the whole form, until another field has the keyboard. */
  readonly notice?: string | undefined;
}

/** A form at its first field. `values`: known answers, by the names of the fields. Of choices, the first one is known. */
export function createForm(
  fields: readonly Field[],
  values: Readonly<Record<string, string | undefined>> = {},
): FormState {
  const entries = fields.map(
    ({ choices, name }) => [name, values[name] ?? choices?.[0].value ?? ''] as const,
  );
  const state = { fields, values: Object.fromEntries(entries), index: 0, revision: 0, error: undefined };
  return { ...state, index: nextAsked(state, 0) };
}

/** The first field from `index` on that is asked. */
function nextAsked({ fields, values }: FormState, index: number): number {
  const next = fields.findIndex((field, at) => at >= index && field.isAsked?.(values) !== false);
  return next === -1 ? fields.length : next;
}

export function isComplete({ fields, index }: FormState): boolean {
  return index >= fields.length;
}

/** The answers to what was asked, without spaces around them. */
export function trimmedValues({ fields, values }: FormState): FormValues {
  return Object.fromEntries(
    fields
      .filter((field) => field.isAsked?.(values) !== false)
      .map(({ name }) => [name, values[name]?.trim() ?? '']),
  );
}

/** Goes to the previous field, and keeps what was typed. */
export function goBack(state: FormState): FormState {
  const { fields, index, values } = state;
  const previous = fields.findLastIndex((field, at) => at < index && field.isAsked?.(values) !== false);
  return { ...state, index: previous === -1 ? index : previous, error: undefined, notice: undefined };
}

/** Up and Down in a list of choices. Above the first one is the previous field. */
export function moveChoice(state: FormState, by: 1 | -1): FormState {
  const field = state.fields[state.index];
  const [choices, name] = [field?.choices ?? [], field?.name ?? ''];
  const chosen = choices.findIndex(({ value }) => value === state.values[name]) + by;
  const { value } = choices[Math.min(chosen, choices.length - 1)] ?? {};
  return value === undefined
    ? goBack(state)
    : { ...state, values: { ...state.values, [name]: value }, error: undefined };
}

/** Chooses by what was typed: the number in the list, or the name. Nothing changes nothing. */
function chooseByText(state: FormState, name: string, choices: readonly Choice[], text: string): FormState {
  const typed = text.trim().toLowerCase();
  const chosen =
    choices[Number(typed) - 1] ?? choices.find(({ label, value }) => typed === label || typed === value);
  if (typed === '') {
    return state;
  }
  return chosen === undefined
    ? {
        ...state,
        error: {
          message: 'That is none of the choices',
          hint: `Choose by a number from 1 to ${choices.length}.`,
        },
      }
    : { ...state, values: { ...state.values, [name]: chosen.value }, error: undefined };
}

/**
 * Takes the current field's text from its editor. If several lines came in one
 * read (a paste, or fast typing over a slow line), each line end submits a
 * field, and what follows belongs to the next field.
 */
export function changeField(state: FormState, text: string): FormState {
  const [value = '', ...rest] = text.split(/\r\n?|\n/);
  const field = state.fields[state.index];
  if (field === undefined) {
    return state;
  }
  const { choices } = field;
  if (choices !== undefined) {
    const chosen = chooseByText(state, field.name, choices, value);
    return rest.length === 0 || chosen.error !== undefined ? chosen : submitLines(chosen, rest);
  }
  // The editor deletes UTF-16 units, so half of an emoji can stay behind. That half is removed as well.
  const whole = value.replaceAll(/\p{Surrogate}/gu, '');
  const changed = { ...state, values: { ...state.values, [field.name]: whole }, error: undefined };
  return rest.length === 0 ? changed : submitLines(changed, rest);
}

/** Submits the current field, and takes the lines for the fields behind it. */
function submitLines(state: FormState, lines: readonly string[]): FormState {
  const next = submitField(state);
  const following = lines.join('\n');
  return next.error !== undefined || (following === '' && lines.length === 1)
    ? next
    : changeField(next, following);
}

/** Tab: completes the word if only one is possible, and otherwise goes to the next field. */
export function completeField(state: FormState): FormState {
  const field = state.fields[state.index];
  const value = state.values[field?.name ?? ''] ?? '';
  const whole = field?.complete?.(value);
  const names = field?.list?.of(value) ?? [];
  if (whole === value && names.length > 1 && !names.includes(value)) {
    // The next letter decides among those that are listed.
    return state;
  }
  return whole === undefined || whole === value ? submitField(state) : replaceField(state, whole);
}

/** Deletes the last word and what follows it, or everything. */
export function cutField(state: FormState, what: 'word' | 'all'): FormState {
  const value = state.values[state.fields[state.index]?.name ?? ''] ?? '';
  return replaceField(state, what === 'all' ? '' : withoutLastWord(value));
}

function withoutLastWord(value: string): string {
  let { length } = value;
  function isBetween(): boolean {
    return /[\s@.:-]/.test(value.charAt(length - 1));
  }
  while (length > 0 && isBetween()) {
    length -= 1;
  }
  while (length > 0 && !isBetween()) {
    length -= 1;
  }
  return value.slice(0, length);
}

function replaceField(state: FormState, value: string): FormState {
  const { choices, name } = state.fields[state.index] ?? {};
  return name === undefined || choices !== undefined
    ? state
    : {
        ...state,
        values: { ...state.values, [name]: value },
        revision: state.revision + 1,
        error: undefined,
      };
}

/** Goes to the next field if the current value is right; otherwise says what is wrong. */
export function submitField(state: FormState): FormState {
  const field = state.fields[state.index];
  if (field === undefined) {
    return state;
  }
  try {
    const more = field.accept?.(state.values[field.name]?.trim() ?? '');
    const values = { ...state.values, ...more };
    const answered = { ...state, values, error: undefined, notice: undefined };
    return { ...answered, index: nextAsked(answered, state.index + 1) };
  } catch (error) {
    if (error instanceof PunchlineError) {
      return { ...state, error: { message: error.message, hint: error.hint } };
    }
    throw error;
  }
}
