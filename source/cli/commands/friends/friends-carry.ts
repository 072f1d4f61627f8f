/** Carries friends to another machine, in a file. */
import { existsSync } from 'node:fs';
import { PunchlineError, usageError } from '../../../errors.ts';
import { MAX_EXPORT_BYTES } from '../../../friends/export-text.ts';
import { FriendBook } from '../../../friends/friend-book.ts';
import { openFriends, sealFriends } from '../../../friends/friend-export.ts';
import { fileTrouble } from '../../../storage/file-trouble.ts';
import { readBoundedFile } from '../../../storage/read-bounded-file.ts';
import { writeNewFile } from '../../../storage/write-new-file.ts';
import { safeText } from '../../../text/safe-text.ts';
import { askPassword, leftExit } from '../../friends/ask-line.ts';
import { tellDamaged } from '../../friends/tell-damaged.ts';

interface FileArguments {
  readonly file: string;
}

/** `punchline friends export`: seals all friends in a new file. */
export async function runFriendsExport({ file }: FileArguments): Promise<number> {
  const list = await new FriendBook().list();
  tellDamaged(list);
  const { friends } = list;
  if (friends.length === 0) {
    throw usageError('there are no friends to export', 'In a chat, /friend keeps the peer.');
  }
  if (existsSync(file)) {
    throw unwritable(file, 'its name is taken already');
  }
  const password = await askPassword({ isNew: true });
  if (password === undefined) {
    return leftExit();
  }
  const text = await sealFriends(friends, password);
  try {
    await writeNewFile(file, text);
  } catch (cause) {
    throw unwritable(file, fileTrouble(cause), cause);
  }
  const many = friends.length === 1 ? '1 friend is' : `${friends.length} friends are`;
  process.stdout.write(
    `${many} in ${safeText(file)}, sealed. Whoever has the password can be you to them.\n`,
  );
  return 0;
}

/** `punchline friends import`: takes the friends of a file that are not there yet. */
export async function runFriendsImport({ file }: FileArguments): Promise<number> {
  const text = readText(file);
  const password = await askPassword({ isNew: false });
  if (password === undefined) {
    return leftExit();
  }
  const book = new FriendBook();
  for (const friend of await openFriends(text, password)) {
    const kept = await book.addMissing(friend, friend.name);
    process.stdout.write(
      kept === undefined
        ? `${(await book.findById(friend.id))?.name ?? friend.name} is there already, and stays as it is.\n`
        : kept.name === friend.name
          ? `${kept.name} is imported.\n`
          : `${friend.name} is imported as ${kept.name}: another friend has that name.\n`,
    );
  }
  return 0;
}

function readText(file: string): string {
  try {
    return readBoundedFile(file, MAX_EXPORT_BYTES, { followsLink: true }).text;
  } catch (cause) {
    throw new PunchlineError('ERR_FILE', `${safeText(file)} cannot be read: ${fileTrouble(cause)}`, {
      hint: 'Name a file that punchline friends export has written.',
      cause,
    });
  }
}

function unwritable(file: string, why: string, cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_FILE', `${safeText(file)} cannot be written: ${why}`, {
    hint: 'Name a new file in a folder of your own.',
    cause,
  });
}
