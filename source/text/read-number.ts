import { usageError } from '../errors.ts';
import { quote } from './safe-text.ts';

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}

/** Reads the number of an option; undefined if the option was not given. Throws ERR_USAGE, which names the range. */
export function readNumber(
  option: string,
  text: string | undefined,
  { min, max, whole = false }: NumberRange,
): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) {
    return value;
  }
  throw usageError(`${option} ${quote(text)} is not a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
}
