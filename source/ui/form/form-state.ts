/** A form of one-line fields, as a pure reducer. It does not know how the form is drawn. */
import { PunchlineError } from '../../errors.ts';

/** A question of the form. */
export interface Field {
  readonly name: string;
  readonly label: string;
  /** Shown in an empty field: an example, or that it may stay empty. */
  readonly placeholder: string;
  /** Checks the value. Throws a PunchlineError if it is wrong. May return values for other fields. */
  readonly accept: (value: string) => Readonly<Record<string, string>> | undefined;
  /** The value with its last word completed, if what was typed leaves only one word. Undefined otherwise. */
  readonly complete?: (value: string) => string | undefined;
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
}

/** A form at its first field. `values`: known answers, by the names of the fields. */
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

/** The answers, without spaces around them. */
export function trimmedValues({ values }: FormState): FormValues {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim()]));
}

/** Goes to the previous field, and keeps what was typed. */
export function goBack(state: FormState): FormState {
  return { ...state, index: Math.max(0, state.index - 1), error: undefined };
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
  // The editor deletes UTF-16 units, so half of an emoji can stay behind. That half is removed as well.
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

/** Tab: completes the word if only one is possible, and otherwise goes to the next field. */
export function completeField(state: FormState): FormState {
  const field = state.fields[state.index];
  const value = state.values[field?.name ?? ''] ?? '';
  const whole = field?.complete?.(value);
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

/** Goes to the next field if the current value is right; otherwise says what is wrong. */
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
