import { type PunchlineError, usageError } from '../../../errors.ts';
import { FriendBook, removeHint } from '../../../friends/friend-book.ts';
import { parseFriendName, unknownFriend } from '../../../friends/friend-name.ts';
import { quote } from '../../../text/safe-text.ts';
import { suggest } from '../../../text/suggest.ts';
import { askLine, canAsk, leftExit } from '../../friends/ask-line.ts';
import { messages } from '../../friends/friends-table.ts';
import { tellDamaged } from '../../friends/tell-damaged.ts';
import { commands, friendsCommands } from '../../options/command-table.ts';
import type { friendsRemoveOptions } from '../../options/friends-options.ts';
import type { Typed } from '../../options/option.ts';

/** The error for a word behind `friends` that is not one of its commands. */
export function mistypedFriendsCommand(word = ''): PunchlineError {
  const known = Object.keys(friendsCommands);
  const meant = suggest(word, known);
  return usageError(
    `${quote(word)} is not a command of friends`,
    meant === undefined
      ? `They are ${known.join(', ')}: see punchline friends --help.`
      : `Did you mean "punchline friends ${meant}"?`,
  );
}

interface RenameArguments {
  readonly old: string;
  readonly new: string;
}

/** `punchline friends rename`: gives a friend another name here. */
export async function runFriendsRename({ new: to, old }: RenameArguments): Promise<number> {
  const name = parseFriendName(to, Object.keys(commands));
  const book = new FriendBook();
  const before = await found(book, old);
  await book.rename(before.name, name);
  process.stdout.write(`${before.name} is ${name} now.\n`);
  return 0;
}

interface RemoveArguments extends Typed<typeof friendsRemoveOptions> {
  readonly name: string;
}

/** `punchline friends remove`: forgets a friend. On a terminal it asks before. */
export async function runFriendsRemove({ name: typed, yes }: RemoveArguments): Promise<number> {
  const book = new FriendBook();
  const friend = await found(book, typed);
  const { name } = friend;
  if (yes !== true && !canAsk()) {
    throw usageError(
      'there is no terminal to ask in',
      `Remove it without a question: punchline friends remove ${name} --yes`,
    );
  }
  // Nobody writes more for the friend meanwhile.
  const held = await book.hold(friend, { hint: removeHint });
  try {
    const waiting = await book.waiting(friend);
    const lost = waiting === 0 ? '' : `${messages(waiting)} that the friend does not have yet`;
    if (yes !== true) {
      const more = lost === '' ? '' : ` With it goes what waits: ${lost}.`;
      const answer = await askLine(`Remove ${name}?${more} [y/N] `);
      if (answer === undefined) {
        process.stderr.write('\n');
        return leftExit();
      }
      if (!/^\s*y(?:es)?\s*$/i.test(answer)) {
        process.stdout.write(`${name} stays.\n`);
        return 0;
      }
    }
    await held.remove();
    process.stdout.write(`${name} is removed${lost === '' ? '' : `, and so is ${lost}`}.\n`);
    return 0;
  } finally {
    held.release();
  }
}

/** Rejects with ERR_USAGE if there is no such friend. */
async function found(book: FriendBook, name: string) {
  const friend = await book.find(name);
  if (friend === undefined) {
    const list = await book.list();
    tellDamaged(list);
    throw unknownFriend(
      name,
      list.friends.map((one) => one.name),
    );
  }
  return friend;
}
