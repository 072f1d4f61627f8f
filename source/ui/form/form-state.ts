/** A form of one-line fields, as a pure reduction. It knows what was typed, not how it is drawn. */
import { PunchlineError } from '../../errors.ts';

export interface Field {
  readonly name: string;
  readonly label: string;
  /** What may be left out, or an example. */
  readonly placeholder: string;
  /** Throws PunchlineError for what cannot be right; may fill in other fields. */
  readonly accept: (value: string) => Readonly<Record<string, string>> | undefined;
  /** The value with its last word whole, where what was typed of it says which; else undefined. */
  readonly complete?: (value: string) => string | undefined;
}

export type FormValues = Readonly<Record<string, string>>;

export interface FormState {
  readonly fields: readonly Field[];
  readonly values: FormValues;
  /** Which field has the keyboard; behind the last one: the form is complete. */
  readonly index: number;
  /** Counts what changed the text beside its editor, which then begins anew behind it. */
  readonly revision: number;
  readonly error: { readonly message: string; readonly hint: string | undefined } | undefined;
}

export function createForm(
  fields: readonly Field[],
  values: Readonly<Record<string, string | undefined>> = {},
): FormState {
  const entries = fields.map(({ name }) => [name, values[name] ?? ''] as const);
  return { fields, values: Object.fromEntries(entries), index: 0, revision: 0, error: undefined };
}

export function isComplete({ fields, index }: FormState): boolean {
  return index >= fields.length;
}

/** What was answered, without the spaces around it. */
export function trimmedValues({ values }: FormState): FormValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim()]));
}

/** To the field before, keeping what was typed. */
export function goBack(state: FormState): FormState {
  return { ...state, index: Math.max(0, state.index - 1), error: undefined };
}

/**
 * The text of the current field, as its editor has it now. A line end in it
 * came in one read with the text (a paste, a fast typist over a slow line): it
 * submits the field, and what follows belongs to the next one.
 */
export function changeField(state: FormState, text: string): FormState {
  const [value = '', ...rest] = text.split(/\r\n?|\n/);
  const field = state.fields[state.index];
  if (field === undefined) {
    return state;
  }
  // The editor deletes half of an emoji: then all of it goes.
  const whole = value.replaceAll(/\p{Surrogate}/gu, '');
  const changed = { ...state, values: { ...state.values, [field.name]: whole }, error: undefined };
  if (rest.length === 0) {
    return changed;
  }
  const next = submitField(changed);
  const following = rest.join('\n');
  return next.error !== undefined || (following === '' && rest.length === 1)
    ? next
    : changeField(next, following);
}

/** What Tab does: the rest of a word, where it is clear; else on to the next field. */
export function completeField(state: FormState): FormState {
  const field = state.fields[state.index];
  const value = state.values[field?.name ?? ''] ?? '';
  const whole = field?.complete?.(value);
  return whole === undefined || whole === value ? submitField(state) : replaceField(state, whole);
}

/** Without the last word and what follows it, or without anything. */
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
  const name = state.fields[state.index]?.name;
  return name === undefined
    ? state
    : {
        ...state,
        values: { ...state.values, [name]: value },
        revision: state.revision + 1,
        error: undefined,
      };
}

/** On to the next field, if the current one can be right. */
export function submitField(state: FormState): FormState {
  const field = state.fields[state.index];
  if (field === undefined) {
    return state;
  }
  try {
    const more = field.accept(state.values[field.name]?.trim() ?? '');
    return { ...state, values: { ...state.values, ...more }, index: state.index + 1, error: undefined };
  } catch (error) {
    if (error instanceof PunchlineError) {
      return { ...state, error: { message: error.message, hint: error.hint } };
    }
    throw error;
  }
}
