import { usageError } from '../../errors.ts';
import { readNumber } from '../../text/read-number.ts';
import { quote } from '../../text/safe-text.ts';
import {
  camelOf,
  dashed,
  type Choice,
  type List,
  type Numeric,
  type Option,
  type Options,
  type Text,
  type Typed,
  type Values,
} from './option.ts';

/**
 * From texts to checked values, in the program's own units, with the defaults
 * that the table fills in. Throws ERR_USAGE, which names the first option that
 * is wrong and what is allowed.
 */
export function readOptions<Some extends Options>(options: Some, typed: Typed<Some>): Values<Some> {
  const given = typed as Readonly<Record<string, string | boolean | undefined>>;
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      camelOf(name),
      readOption(name, option, given[camelOf(name)]),
    ]),
  ) as Values<Some>;
}

function readOption(name: string, option: Option, typed: string | boolean | undefined): unknown {
  if (option.kind === 'flag') {
    return typed;
  }
  // yargs takes `--no-` in front of any name.
  if (typed === false && !(option.kind === 'choice' && option.off !== undefined)) {
    throw usageError(`there is no option '--no-${name}'`);
  }
  switch (option.kind) {
    case 'choice': {
      return readChoice(dashed(name), option, typed);
    }
    case 'number': {
      return readAmount(dashed(name), option, typed as string | undefined);
    }
    case 'list': {
      return readList(dashed(name), option, typed as string | undefined);
    }
    case 'text': {
      return filled(dashed(name), option, typed as string | undefined);
    }
  }
}

function readChoice(
  long: string,
  { choices, off, ...option }: Choice,
  typed: string | boolean | undefined,
): string | undefined {
  if (typed === undefined) {
    return option.default;
  }
  const word = typed === false ? off : choices.find((choice) => choice === typed);
  if (word === undefined) {
    const list = `${choices.slice(0, -1).join(', ')} and ${choices.at(-1)}`;
    throw usageError(
      `${long} ${quote(String(typed))} is none of ${list}`,
      `For example: ${long} ${choices[0]}`,
    );
  }
  return word;
}

function readAmount(long: string, option: Numeric, typed: string | undefined): number | undefined {
  const { bare, unit } = option;
  const value =
    typed === '' && bare !== undefined ? bare : (readNumber(long, typed, option) ?? option.default);
  return value === undefined || unit === undefined ? value : Math.round(value * unit);
}

function readList(long: string, option: List, typed: string | undefined): readonly string[] {
  const values = typed === undefined ? [] : typed.split(option.separator);
  for (const value of values) {
    filled(long, option, value);
  }
  return values;
}

function filled<Value extends string | undefined>(
  long: string,
  { ifEmpty }: Pick<Text, 'ifEmpty'>,
  value: Value,
): Value {
  if (value === '' && ifEmpty !== undefined) {
    throw usageError(`${long} is empty`, ifEmpty);
  }
  return value;
}
