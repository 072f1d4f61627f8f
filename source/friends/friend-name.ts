/**
 * What a friend may be called. A name begins with a letter, so that it is never
 * taken for an invite or a code, which begin with a digit. This file is pure.
 */
import { type PunchlineError, usageError } from '../errors.ts';
import { quoteWord } from '../protocol/quote-word.ts';
import { quote } from '../text/safe-text.ts';
import { suggest } from '../text/suggest.ts';
import { trimEndOf } from '../text/trim-end.ts';
import { isFriendName, MAX_TYPED_LENGTH } from './friend-form.ts';

/** Bounds the room that a name takes in a list, in code points. */
const MAX_NAME_CHARACTERS = 40;

/** An error names no more friends than these. */
const SHOWN_NAMES = 10;

const form = `A name has 1 to ${MAX_NAME_CHARACTERS} letters, digits, hyphens, underscores and full stops, and begins with a letter, for example ada.`;

/** The name of the program in front of a command is taken for a line that was pasted, and taken off. */
const program = /^punchline(?:\.c(?:js|md))?$/iu;

function others(): RegExp {
  return /[^[\p{L}\p{M}\p{Nd}\-_.]--\p{DI}]/gv;
}

/**
 * Reads the name of a friend as it is typed. `commands` are those of the program: no friend can be called like one.
 * @throws PunchlineError ERR_USAGE
 */
export function parseFriendName(typed: string, commands: readonly string[]): string {
  const name = typed
    .slice(0, MAX_TYPED_LENGTH + 1)
    .trim()
    .normalize('NFC');
  if (!isFriendName(name)) {
    const shown = name === '' ? 'an empty text' : quoteWord(name, 'what was typed');
    throw usageError(`${shown} is no name for a friend`, form);
  }
  if (isTaken(name, commands)) {
    throw usageError(
      `a friend cannot be called ${quote(name)}: it is a command`,
      `Choose another name, for example ${name}-2.`,
    );
  }
  return name;
}

/**
 * Makes a name for a friend of the one that a peer has chosen for itself. Undefined if nothing is left of it, or a command
 * of the program.
 */
export function friendNameFrom(peerName: string, commands: readonly string[]): string | undefined {
  const kept = peerName
    .slice(0, MAX_TYPED_LENGTH)
    .trim()
    .replaceAll(/\s+/gu, '-')
    .normalize('NFC')
    .replaceAll(others(), '')
    .replace(/^\P{L}+/u, '');
  const name = cut(kept, MAX_NAME_CHARACTERS);
  return isFriendName(name) && !isTaken(name, commands) ? name : undefined;
}

/** Names are compared without regard to case: `Ada` is `ada`. */
export function isSameName(one: string, other: string): boolean {
  return folded(one) === folded(other);
}

/** The same text for all names that count as the same. */
export function folded(name: string): string {
  // Several small letters may have one capital, such as the two forms of sigma.
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

/** The wished name, or with the first of `-2`, `-3`… that none of the others has. */
export function freeName(wish: string, taken: readonly string[]): string {
  const known = new Set(taken.map(folded));
  let name = wish;
  for (let n = 2; known.has(folded(name)); n += 1) {
    const suffix = `-${n}`;
    name = cut(wish, MAX_NAME_CHARACTERS - suffix.length) + suffix;
  }
  return name;
}

function isTaken(name: string, commands: readonly string[]): boolean {
  return program.test(name) || commands.some((command) => isSameName(command, name));
}

/** A hyphen at the end would stand there for a space that was cut off. */
function cut(text: string, maxCharacters: number): string {
  return trimEndOf(Array.from(text).slice(0, maxCharacters).join(''), '-');
}

/** The error for a name that no friend has, with the nearest one of theirs. */
export function unknownFriend(typed: string, names: readonly string[]): PunchlineError {
  const meant = nearestName(typed, names);
  const known = `Your friends are ${names.slice(0, SHOWN_NAMES).join(', ')}${names.length > SHOWN_NAMES ? '…: see punchline friends' : ''}.`;
  const none = 'There are none yet: in a chat, /friend keeps the peer.';
  // The word may be one of a code.
  return usageError(
    `there is no friend ${quoteWord(typed, 'with that name')}`,
    meant === undefined ? (names.length === 0 ? none : known) : `Did you mean ${meant}?`,
  );
}

function nearestName(typed: string, names: readonly string[]): string | undefined {
  const nearest = suggest(folded(typed), names.map(folded));
  return names.find((name) => folded(name) === nearest);
}
