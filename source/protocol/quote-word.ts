import { quote } from '../text/safe-text.ts';
import { dash } from '../text/typed-text.ts';
import { isCodeWord } from './code.ts';

const anyDash = new RegExp(dash, 'u');

/**
 * Quotes a word that was mistyped, for an error; or says `instead` if it may be a part of a code, because no error repeats
 * one. A path is none.
 */
export function quoteWord(word: string, instead: string): string {
  const isPath = word.includes('/') && !word.includes('@');
  return !isPath && (anyDash.test(word) || isCodeWord(word)) ? instead : quote(word);
}
