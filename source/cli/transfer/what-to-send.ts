import { lstatSync } from 'node:fs';
import { usageError } from '../../errors.ts';
import { isSameName } from '../../friends/friend-name.ts';
import { beginsLikeInvite } from '../../protocol/pasted-line.ts';
import { quoteWord } from '../../protocol/quote-word.ts';

/** Stands for stdin among the paths. */
export const stdinWord = '-';

export interface WhatToSend {
  readonly paths: readonly string[];
  /** As it was typed: an invite, or the name of a friend. Without one, a room is opened. */
  readonly invite: string | undefined;
}

/**
 * Reads the words of `send PATH… [INVITE|FRIEND]`. The last one is a path if it exists, else an invite, which people also
 * type with spaces, else a friend. `hasText`: whether there is a text to send, so that no path is needed.
 * `friends`: their names. Throws ERR_USAGE.
 */
export function whatToSend(
  words: readonly string[],
  hasText: boolean,
  friends: readonly string[],
): WhatToSend {
  const from = words.findIndex(
    (_, index) =>
      beginsLikeInvite(words.slice(index).join(' ')) && !words.slice(index).some((word) => isThere(word)),
  );
  const paths = from === -1 ? words : words.slice(0, from);
  const invite = from === -1 ? undefined : words.slice(from).join(' ');
  const name = words.at(-1);
  // A word that stands alone is what is to be sent.
  const mayBeFriend = invite === undefined && (words.length > 1 || hasText);
  if (mayBeFriend && name !== undefined && !isThere(name) && friends.some((one) => isSameName(one, name))) {
    return { paths: words.slice(0, -1), invite: name };
  }
  if (paths.length === 0 && !hasText) {
    throw usageError(
      'nothing is named that could be sent',
      'Name files or folders, - for stdin, or a text: punchline send PATH [INVITE], punchline send --text TEXT [INVITE].',
    );
  }
  if (paths.filter((path) => path === stdinWord).length > 1) {
    throw usageError('stdin can be sent only once, and - stands there twice', 'Leave one of them out.');
  }
  const last = paths.at(-1);
  // A word that stands alone is what is to be sent, and the one who lists it says what is wrong.
  const mayBeInvite = invite === undefined && (paths.length > 1 || hasText);
  if (last !== undefined && mayBeInvite && !isThere(last)) {
    throw usageError(
      `${quoteWord(last, 'the last word')} is neither a file, nor an invite, nor a friend`,
      'An invite looks like 7-velvet-orbit@example.org. A file is named by its path.',
    );
  }
  return { paths, invite };
}

function isThere(word: string): boolean {
  if (word === stdinWord) {
    return true;
  }
  try {
    return lstatSync(word, { throwIfNoEntry: false }) !== undefined;
  } catch {
    // A word with a NUL, or one behind a file: "photo.jpg/x".
    return false;
  }
}
