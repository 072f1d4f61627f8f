/** Reads and writes what a learner predicts. */
import * as v from 'valibot';
import { usageError } from '../../errors.ts';
import { quote, safeText } from '../../text/safe-text.ts';
import { suggest } from '../../text/suggest.ts';
import { sentence, valueSchema, word } from './check-schema.ts';
import { parseSeenEndpoint, type Prediction } from './evidence.ts';

const MAX_OPTIONS = 12;

const optionSchema = v.strictObject({ word, about: v.exactOptional(sentence) });
const optionsSchema = v.pipe(v.array(optionSchema), v.minLength(2), v.maxLength(MAX_OPTIONS));
const rowNames = v.pipe(v.array(word), v.minLength(1), v.maxLength(MAX_OPTIONS));

/** The question of an exercise. `fact` is what the packets say to it. */
export const questionSchema = v.variant('kind', [
  v.strictObject({
    kind: v.literal('choice'),
    ask: sentence,
    options: optionsSchema,
    fact: valueSchema,
  }),
  v.strictObject({
    kind: v.literal('number'),
    ask: sentence,
    unit: v.exactOptional(word),
    min: v.number(),
    max: v.number(),
    /** A guess that is off by no more than this is right. */
    tolerance: v.exactOptional(v.pipe(v.number(), v.minValue(0))),
    fact: valueSchema,
  }),
  v.strictObject({ kind: v.literal('endpoint'), ask: sentence, fact: valueSchema }),
  /** One of the options for each row. */
  v.strictObject({
    kind: v.literal('outcomes'),
    ask: sentence,
    rows: rowNames,
    options: optionsSchema,
    facts: v.record(word, valueSchema),
  }),
  /** One of the options for each cell. The facts are by `ROW.COLUMN`. */
  v.strictObject({
    kind: v.literal('table'),
    ask: sentence,
    rows: rowNames,
    columns: v.pipe(
      v.array(v.strictObject({ name: word, options: optionsSchema })),
      v.minLength(1),
      v.maxLength(MAX_OPTIONS),
    ),
    facts: v.record(word, valueSchema),
  }),
]);

export type Question = v.InferOutput<typeof questionSchema>;

/** Reads what was typed as an answer to the question. Throws ERR_USAGE, which names the wrong word. */
export function parsePrediction(question: Question, typed: string): Prediction {
  const text = typed.trim();
  switch (question.kind) {
    case 'choice':
      return optionIn(question.options, text);
    case 'number':
      return numberIn(question, text);
    case 'endpoint':
      return endpointIn(text);
    case 'outcomes':
    case 'table':
      return cellsIn(cellsOf(question), text);
  }
}

/** The cells of the answer, each with its options. */
export function cellsOf(
  question: Extract<Question, { kind: 'outcomes' | 'table' }>,
): readonly { readonly name: string; readonly options: readonly Option[] }[] {
  return question.kind === 'outcomes'
    ? question.rows.map((name) => ({ name, options: question.options }))
    : question.rows.flatMap((row) =>
        question.columns.map(({ name, options }) => ({ name: `${row}.${name}`, options })),
      );
}

type Option = v.InferOutput<typeof optionSchema>;

function optionIn(options: readonly Option[], text: string): string {
  const words = options.map((option) => option.word);
  const typed = text.toLowerCase();
  // People answer with the number of a line, too. A word that is a number comes first.
  const found = words.find((one) => one.toLowerCase() === typed) ?? words[Number(typed) - 1];
  if (found === undefined) {
    const meant = suggest(typed, words);
    throw usageError(
      `${quote(text)} is not one of the answers`,
      meant === undefined ? `They are ${words.join(', ')}.` : `Did you mean "${meant}"?`,
    );
  }
  return found;
}

function numberIn({ max, min, unit = '' }: Extract<Question, { kind: 'number' }>, text: string): number {
  const digits = /^(?<digits>[-\d.,]+)\s*(?:%|[a-z]*)$/i.exec(text)?.groups?.['digits'] ?? '';
  const bare = digits.replaceAll(/(?<=\d),(?=\d{3})/g, '');
  const number = /^-?\d{1,9}(?:\.\d{1,6})?$/.test(bare) ? Number(bare) : Number.NaN;
  if (!(number >= min && number <= max)) {
    throw usageError(
      `${quote(text)} is not a number from ${min} to ${max}`,
      `Type a number${unit === '' ? '' : ` (${unit})`}, for example ${min}.`,
    );
  }
  return number;
}

function endpointIn(text: string): string {
  const { address, port } = parseSeenEndpoint(text);
  if (!/^[\da-f.:]+$/i.test(address) || port === undefined || port > 65_535) {
    throw usageError(`${quote(text)} is not an endpoint`, 'Type ADDRESS:PORT, for example 192.168.1.2:4000.');
  }
  return text;
}

function cellsIn(cells: ReturnType<typeof cellsOf>, text: string): Readonly<Record<string, string>> {
  const parts = text.split(/[\s,;]+/).filter((one) => one !== '');
  const form = cells.map(({ name, options }) => `${name}=${options[0]?.word}`).join(',');
  const found = new Map<string, string>();
  for (const one of parts) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(one) ?? [];
    const cell = cells.find((known) => known.name.toLowerCase() === name.toLowerCase());
    if (cell === undefined) {
      throw usageError(`${quote(one)} answers none of the rows`, `Type all of them like this: ${form}`);
    }
    found.set(cell.name, optionIn(cell.options, value));
  }
  const missing = cells.filter(({ name }) => !found.has(name)).map(({ name }) => name);
  if (missing.length > 0) {
    throw usageError(`no answer for ${missing.join(', ')}`, `Type all of them like this: ${form}`);
  }
  return Object.fromEntries(found);
}

/** The prediction as it can be typed again. */
export function predictionText(prediction: Prediction): string {
  return typeof prediction === 'object'
    ? Object.entries(prediction)
        .map(([name, value]) => safeText(`${name}=${value}`))
        .join(',')
    : safeText(String(prediction));
}
