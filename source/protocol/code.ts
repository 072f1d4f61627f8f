/**
 * The code that two people share: `NUMBER-word-word`. The number names the room
 * at the rendezvous. The words are the secret, so no error repeats one of them
 * or guesses what a mistyped one should be.
 */

import { wordlist } from '@scure/bip39/wordlists/english.js';
import { usageError } from '../errors.ts';
import { quote } from '../text/safe-text.ts';
import { between } from '../text/typed-text.ts';
import { inviteText, withoutPunctuation } from './pasted-line.ts';

export interface Code {
  /** From 1 to 999999999. */
  readonly number: number;
  /** Words of the English list of BIP39, in lower case: 2048 words that differ in their first four letters. */
  readonly words: readonly [string, string];
}

/** In letters. No word of the list is longer, so a longer one goes wrong behind them at the latest. */
const LONGEST_WORD = 8;

const form = 'A code is NUMBER-word-word, for example 7-velvet-orbit.';

/** In documents it is an invisible place to break a line, and sometimes it is typed for a hyphen. */
const softHyphen = '\u00AD';

/**
 * Reads a code as a person types or pastes it: with spaces or any kind of hyphen
 * between its parts, in any case, with quotes around it, and behind `punchline chat`.
 * @throws PunchlineError ERR_USAGE, which says where a word goes wrong and never quotes it.
 */
export function parseCode(text: string): Code {
  const typed = inviteText(text, 'code');
  if (typed.includes('@')) {
    throw usageError(
      'a place stands behind the code',
      'Here a code stands alone: leave out the @ and the place.',
    );
  }
  return readCode(typed);
}

/**
 * Reads a code from what inviteText() returns.
 * @throws PunchlineError ERR_USAGE
 */
export function readCode(text: string): Code {
  const trimmed = withoutPunctuation(text);
  if (trimmed === '') {
    throw usageError('the code is empty', form);
  }
  const [number = '', ...words] = partsOf(trimmed);
  if (!/^[1-9]\d{0,8}$/.test(number)) {
    throw usageError(
      wrongNumber(number),
      `${form} The number is from 1 to 999999999, without a zero in front.`,
    );
  }
  const [first = '', second = ''] = words;
  if (words.length !== 2 || first === '' || second === '') {
    const count = words.filter((word) => word !== '').length;
    throw count === 2
      ? usageError('the code has one hyphen too many', form)
      : usageError(`the code has ${count} ${count === 1 ? 'word' : 'words'} after the number, not two`, form);
  }
  return { number: Number(number), words: [knownWord(first, 'first'), knownWord(second, 'second')] };
}

function partsOf(text: string): readonly string[] {
  const separator = new RegExp(between, 'u');
  const shown = lowerCase(text.replaceAll(softHyphen, '')).split(separator);
  return shown.length < 3 ? lowerCase(text).split(separator) : shown;
}

/** The letters of the words do not differ by a dot, but a Turkish keyboard makes `İ` out of `i`, and `ı` out of `I`. */
function lowerCase(text: string): string {
  return text.toLowerCase().replaceAll(/i\u0307|\u0131/gu, 'i');
}

/** If somebody has left out the number, the text here is a word, which is secret. */
function wrongNumber(number: string): string {
  const [digits = ''] = /^\d*/.exec(number) ?? [];
  if (digits !== '' && digits !== number) {
    return 'neither a hyphen nor a space follows the room number of the code';
  }
  return `the code does not begin with a room number${digits === '' ? '' : `: ${quote(digits)}`}`;
}

/**
 * Throws ERR_USAGE if a code stands where a place is meant. Otherwise errors
 * would show the code, and a name server would be asked for it.
 */
export function refuseCode(text: string): void {
  // A port or a path may stand behind it, and the beginning of a URL before it.
  if ([text, ...text.split(/[/:?#]/)].some(holdsCode)) {
    throw usageError(
      'a code stands where a rendezvous is meant',
      'A rendezvous is HOST[:PORT]; a code stands by itself: punchline chat CODE@HOST.',
    );
  }
}

/** Whether a code stands here, with or without a place behind it. */
function holdsCode(text: string): boolean {
  try {
    readCode(inviteText(text, 'invite').replace(/@.*/s, ''));
    return true;
  } catch {
    return false;
  }
}

/** `7-velvet-orbit`. */
export function formatCode({ number, words }: Code): string {
  return [number, ...words].join('-');
}

/** The password of the key exchange: the words alone, because the rendezvous knows the number. */
export function passwordOf({ words }: Code): string {
  return words.join('-');
}

/**
 * Two words have 22 bits. That is enough, because a stranger has one guess for each exchange.
 * @param random returns an integer from 0 to `max` - 1, all equally likely, from a secure source.
 */
export function generateWords(random: (max: number) => number): [string, string] {
  function word() {
    const chosen = wordlist[random(wordlist.length)];
    if (chosen === undefined) {
      throw new RangeError(`A random index was not from 0 to ${wordlist.length - 1}.`);
    }
    return chosen;
  }
  return [word(), word()];
}

/** Whether a word, in any case and with anything around it, is one of the list. An error about something else must not repeat it. */
export function isCodeWord(text: string): boolean {
  return wordlist.includes(lowerCase(withoutPunctuation(text)));
}

/** The word of the list that is `prefix`, or the only one that begins with it; else undefined. */
export function completeWord(prefix: string): string | undefined {
  const beginning = prefix.toLowerCase();
  const [word, another] = wordlist.filter((candidate) => candidate.startsWith(beginning));
  return another === undefined || word === beginning ? word : undefined;
}

function knownWord(word: string, which: 'first' | 'second'): string {
  if (wordlist.includes(word)) {
    return word;
  }
  let right = Math.min(word.length, LONGEST_WORD);
  while (!wordlist.some((candidate) => candidate.startsWith(word.slice(0, right)))) {
    right -= 1;
  }
  const where = right === word.length ? 'it is too short' : `it goes wrong at letter ${right + 1}`;
  throw usageError(
    `the ${which} word of the code is not in the list of code words: ${where}`,
    'Ask your peer for the code again, letter by letter.',
  );
}
