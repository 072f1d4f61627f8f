import { getSystemErrorMap } from 'node:util';

/**
 * What an error code of the system means, in the system's own words: `broken pipe` for EPIPE. Undefined for a code that
 * is not one of the system.
 */
export function systemWords(code: string): string | undefined {
  return [...getSystemErrorMap().values()].find(([name]) => name === code)?.[1];
}
