/** The boundaries of words and lines in a text. All offsets are in UTF-16 units, at cluster boundaries. */
import { boundaryFrom } from '../text/graphemes.ts';

const wordCharacter = /[\p{Letter}\p{Number}\p{Mark}\p{Join_Control}_]/u;
const visibleCharacter = /\S/u;

/** The start of the line that contains `offset`. Lines are parted by newlines. */
export function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** The end of the line that contains `offset`, before its newline. */
export function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  return newline === -1 ? text.length : newline;
}

/** The start of the word of letters and digits before `offset`. M-b moves there. */
export function wordStart(text: string, offset: number): number {
  return backOver(text, offset, wordCharacter);
}

/** The start of the word between spaces before `offset`. C-w cuts up to there. */
export function wordStartBySpace(text: string, offset: number): number {
  return backOver(text, offset, visibleCharacter);
}

/** The end of the word of letters and digits after `offset`. M-f moves there. */
export function wordEnd(text: string, offset: number): number {
  let end = offset;
  let isInside = false;
  for (const character of text.slice(offset)) {
    const isWord = wordCharacter.test(character);
    if (isInside && !isWord) {
      break;
    }
    isInside = isWord;
    end += character.length;
  }
  return boundaryFrom(text, end);
}

/**
 * Skips back over characters that are not in a word, then over the word. It
 * goes character by character, because a regular expression that is anchored at
 * the end takes quadratic time.
 */
function backOver(text: string, offset: number, inWord: RegExp): number {
  let start = offset;
  let isInside = false;
  while (start > 0) {
    const isPair = start > 1 && (text.codePointAt(start - 2) ?? 0) > 0xff_ff;
    const character = text.slice(start - (isPair ? 2 : 1), start);
    const isWord = inWord.test(character);
    if (isInside && !isWord) {
      break;
    }
    isInside = isWord;
    start -= character.length;
  }
  return boundaryFrom(text, start);
}
