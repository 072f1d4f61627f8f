/** The files of friends in their folder, as readme.md lays them out. friend-book.ts says who may change them when. */
import { lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { errorCode, ProtocolError, PunchlineError } from '../errors.ts';
import { fileTrouble } from '../storage/file-trouble.ts';
import { abbreviateHome, xdgFolder } from '../storage/home-folder.ts';
import { ignoredVariable } from '../storage/ignored-variable.ts';
import { ownFolder } from '../storage/own-folder.ts';
import { readBoundedFile } from '../storage/read-bounded-file.ts';
import { replaceFile } from '../storage/replace-file.ts';
import { syncFolder } from '../storage/sync-folder.ts';
import { safeText } from '../text/safe-text.ts';
import {
  decodeFriend,
  encodeFriend,
  type FriendRecord,
  LaterVersion,
  MAX_RECORD_BYTES,
} from './friend-record.ts';

const recordName = 'friend.json';
const damagedName = /\.damaged$/;
/** A draft of replaceFile(), which its process has not put in place before it ended. */
const draftName = /^friend\.json\.[\da-f]{12}$/;
const idName = /^[\da-f]{32}$/;
/** A friend who was removed, and whose files may not all be gone yet. */
const removedName = /^[\da-f]{32}\.removed-[\da-f]{12}$/;
/** A message that waits: NUMBER-MID. */
const waitingName = /^\d+-[\da-f]{32}$/;

/** What is found in the folder of one friend. `trouble` is a sentence for the user. */
export type FoundFriend = { readonly id: string } & (
  | { readonly state: 'read'; readonly record: FriendRecord }
  /** Nothing can be kept aside here; an earlier run may have done that. */
  | { readonly state: 'absent'; readonly trouble: string | undefined }
  /** The record was written wrong or has become so. */
  | { readonly state: 'damaged'; readonly trouble: string }
  /** The record may be right: the system does not let us read it, or a later version has written it. */
  | { readonly state: 'unreadable'; readonly trouble: string }
);

/** The usual folder, which need not be there. Throws ERR_FILE if this user has no home. */
export function friendsFolder(): string {
  const data = xdgFolder('XDG_DATA_HOME', '.local/share');
  if (data === undefined) {
    throw new PunchlineError(
      'ERR_FILE',
      `there is no place for friends: ${ignoredVariable('XDG_DATA_HOME') ?? 'this user has no home folder'}`,
      {
        hint: 'Set XDG_DATA_HOME to a folder of your own.',
      },
    );
  }
  return join(data, 'punchline', 'friends');
}

/** Makes the folder, and all that is missing above it in the home. Throws an Error if others could change it. */
export function makeFriendsFolder(path: string): string {
  // ownFolder() makes no more than two levels. It tells of any trouble with these, too.
  const above = [dirname(dirname(dirname(path))), dirname(dirname(path))];
  for (const folder of above) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch {
      // It is there already, or it cannot be made.
    }
  }
  ownFolder(dirname(path));
  return ownFolder(path);
}

/** Whether something is there, of any kind. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Reads all friends in the folder. Those that cannot be read keep nobody from reading the others. */
export function readFriends(folder: string): readonly FoundFriend[] {
  return idsIn(folder).map((id) => readFriend(folder, id));
}

function idsIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && idName.test(entry.name))
    .map(({ name }) => name);
}

/** Reads one friend. */
export function readFriend(folder: string, id: string): FoundFriend {
  const path = join(folder, id, recordName);
  try {
    const record = decodeFriend(readBoundedFile(path, MAX_RECORD_BYTES, { followsLink: false }).text);
    if (record.friend.id !== id) {
      throw new ProtocolError('it belongs into another folder');
    }
    return { id, state: 'read', record };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return { id, state: 'absent', trouble: earlierTrouble(join(folder, id)) };
    }
    // An Error without a code says that this is no file, or a large one.
    const isOurs = error instanceof ProtocolError || errorCode(error) === undefined;
    const why = error instanceof ProtocolError ? error.message : fileTrouble(error);
    return {
      id,
      state: isOurs && !(error instanceof LaterVersion) ? 'damaged' : 'unreadable',
      trouble: `the friend in ${shownPath(path)} cannot be read: ${why}`,
    };
  }
}

/** What an earlier run has kept aside is told until somebody has seen to it. */
function earlierTrouble(folder: string): string | undefined {
  const aside = namesIn(folder).find((name) => damagedName.test(name));
  return aside === undefined
    ? undefined
    : `a friend is damaged, and kept as ${shownPath(join(folder, aside))}`;
}

/** Renames the damaged record of a friend. Returns a sentence about it. Throws Node's error. */
export function setAside(
  folder: string,
  { id, trouble }: Extract<FoundFriend, { state: 'damaged' }>,
): string {
  const names = new Set(namesIn(join(folder, id)));
  let aside = `${recordName}.damaged`;
  for (let n = 2; names.has(aside); n += 1) {
    aside = `${recordName}.${n}.damaged`;
  }
  renameSync(join(folder, id, recordName), join(folder, id, aside));
  return `${trouble}; it is kept as ${aside}`;
}

/** Writes the record of a friend, at once and for good. Rejects with Node's error, and then leaves the old one. */
export async function writeFriend(folder: string, record: FriendRecord): Promise<void> {
  const own = join(folder, record.friend.id);
  const isNew = !isThere(own);
  if (isNew) {
    mkdirSync(own, { mode: 0o700 });
  }
  try {
    await replaceFile(join(own, recordName), encodeFriend(record), 0o600);
  } catch (error) {
    if (isNew) {
      removeEmpty(own);
    }
    throw error;
  }
  await syncFolder(own);
  await syncFolder(folder);
}

/** Removes all that is kept of a friend: at once for every reader, and then from the disk. */
export async function removeFriend(folder: string, id: string): Promise<void> {
  const removed = join(folder, `${id}.removed-${randomBytes(6).toString('hex')}`);
  renameSync(join(folder, id), removed);
  await syncFolder(folder);
  await rm(removed, { recursive: true });
}

/** Removes what processes that have crashed have left. No other process may change records meanwhile. */
export async function sweep(folder: string): Promise<void> {
  for (const name of namesIn(folder).filter((one) => removedName.test(one))) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
  for (const id of idsIn(folder)) {
    for (const name of namesIn(join(folder, id)).filter((one) => draftName.test(one))) {
      unlinkSync(join(folder, id, name));
    }
    removeEmpty(join(folder, id));
  }
}

/** How many messages wait for the friend. */
export function countWaiting(folder: string, id: string): number {
  return namesIn(join(folder, id, 'waiting')).filter((name) => waitingName.test(name)).length;
}

/** Nothing is in a folder that is not there. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') {
      return [];
    }
    throw error;
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something is in it.
  }
}

/** A path as an error shows it. */
export function shownPath(path: string): string {
  return safeText(abbreviateHome(path));
}
