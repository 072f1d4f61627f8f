import { join } from 'node:path';
import { errorCode, PunchlineError, usageError } from '../errors.ts';
import { friendId } from '../connect/keys/friend-keys.ts';
import { fileTrouble, isDiskFull } from '../storage/file-trouble.ts';
import { ownFolder } from '../storage/own-folder.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import {
  countWaiting,
  type FoundFriend,
  friendsFolder,
  isThere,
  makeFriendsFolder,
  readFriend,
  readFriends,
  removeFriend,
  setAside,
  shownPath,
  sweep,
  writeFriend,
} from './friend-files.ts';
import { folded, freeName, isSameName, parseFriendName, unknownFriend } from './friend-name.ts';
import type { Friend } from './friend.ts';

/** In ms. A change takes some ms; a slow disk under load may need a second. After that, the other process hangs. */
const BOOK_WAIT_MS = 10_000;

/** In ms. Long enough for a process that is about to end, and for two that come at once. */
const FRIEND_WAIT_MS = 500;

/** For somebody who wants to remove a friend that is in use. */
export const removeHint = 'Type /unfriend there, or end it first.';

export interface FriendList {
  /** By their names. */
  readonly friends: readonly Friend[];
  /** A sentence about each friend that cannot be read. */
  readonly damaged: readonly string[];
}

/** What changes of a friend with each meeting. */
export type FriendChange = Partial<Pick<Friend, 'metAt' | 'places'>>;

/** What each method of FriendBook takes that may have to wait for another process. */
export interface FriendWait {
  /** Ends the wait: the method rejects with the signal's reason, and has changed nothing. */
  readonly signal?: AbortSignal | undefined;
}

export interface HoldOptions extends FriendWait {
  /** What a person should do if another process uses the friend. */
  readonly hint?: string | undefined;
}

/** A friend that no other process on this machine uses meanwhile. */
export interface HeldFriend {
  /** Where what is kept of the friend lies. */
  readonly folder: string;
  /** Lets other processes use the friend. Called again, it does nothing. */
  readonly release: () => void;
  /** Removes the friend with all that is kept, and releases it. Rejects with ERR_FILE. */
  readonly remove: (wait?: FriendWait) => Promise<void>;
}

/**
 * The friends of this user, on the disk. Several processes may have one open at
 * the same time. Whoever changes a record has the whole book for some ms, so
 * that no change is lost and no name is given twice. Whoever only reads waits
 * for nobody: each record is replaced at once.
 *
 * All methods reject with ERR_FILE if the disk or somebody else is in the way, and with the signal's reason.
 */
export class FriendBook {
  readonly #named: string | undefined;

  /** `folder` need not be there. Without one, it is the usual one. */
  constructor(folder?: string) {
    this.#named = folder;
  }

  /** All friends. A damaged record is kept aside. */
  async list(wait: FriendWait = {}): Promise<FriendList> {
    wait.signal?.throwIfAborted();
    const folder = this.#standing();
    if (folder === undefined) {
      return { friends: [], damaged: [] };
    }
    const found = await told(folder, 'read', () => readFriends(folder));
    const isSound = !found.some(({ state }) => state === 'damaged');
    return {
      friends: friendsOf(found),
      damaged: isSound ? found.flatMap(troubleOf) : await this.#setAside(found, wait),
    };
  }

  /** The friend with this name, in any case. */
  async find(name: string, wait?: FriendWait): Promise<Friend | undefined> {
    const { friends } = await this.list(wait);
    return friends.find((friend) => isSameName(friend.name, name));
  }

  async findById(id: string, wait?: FriendWait): Promise<Friend | undefined> {
    const { friends } = await this.list(wait);
    return friends.find((friend) => friend.id === id);
  }

  /** How many messages wait for the friend. */
  async waiting({ id }: Pick<Friend, 'id'>): Promise<number> {
    const folder = this.#standing();
    return folder === undefined ? 0 : told(folder, 'read', () => countWaiting(folder, id));
  }

  /**
   * Keeps a friend. If another one has the wished name, `-2`, `-3`… is added. The same secret again replaces the record.
   * Resolves with the friend as it is kept. Rejects with ERR_USAGE if the wish is no name.
   */
  async add(friend: Omit<Friend, 'id' | 'name'>, wish: string, wait?: FriendWait): Promise<Friend> {
    return this.#add(friend, wish, () => true, wait) as Promise<Friend>;
  }

  /** The same, but a friend that is there already is left as it is. Then it resolves with undefined. */
  async addMissing(
    friend: Omit<Friend, 'id' | 'name'>,
    wish: string,
    wait?: FriendWait,
  ): Promise<Friend | undefined> {
    return this.#add(friend, wish, (known) => known === undefined, wait);
  }

  /** Rejects with ERR_USAGE if there is no friend `from`, or another one `to`. Resolves with the renamed friend. */
  async rename(from: string, to: string, wait?: FriendWait): Promise<Friend> {
    const name = parseFriendName(to, []);
    return this.#change(wait, async (folder) => {
      const found = readFriends(folder);
      const friend = meant(from, found);
      const other = friendsOf(found).find((one) => one.id !== friend.id && isSameName(one.name, name));
      if (other !== undefined) {
        throw usageError(
          `there is a friend ${other.name} already`,
          'Choose another name, or rename or remove that one first.',
        );
      }
      return this.#rewrite(folder, friend.id, { name });
    });
  }

  /** Changes what a meeting changes. Resolves with undefined if the friend is gone. */
  async update(id: string, change: FriendChange, wait?: FriendWait): Promise<Friend | undefined> {
    return this.#change(wait, async (folder) =>
      readFriend(folder, id).state === 'read' ? this.#rewrite(folder, id, change) : undefined,
    );
  }

  /**
   * Removes a friend, with the messages that wait. Rejects with ERR_USAGE if there is none of this name, and with
   * ERR_FRIEND_IN_USE if another process uses it.
   */
  async remove(name: string, wait?: FriendWait): Promise<Friend> {
    return this.#change(wait, async (folder) => {
      const friend = meant(name, readFriends(folder));
      const lock = await lockFriend(join(folder, friend.id), friend, { ...wait, hint: removeHint });
      try {
        await removeFriend(folder, friend.id);
      } finally {
        lock.release();
      }
      return friend;
    });
  }

  /**
   * Takes a friend for this process alone. Rejects with ERR_FRIEND_IN_USE, and with ERR_USAGE if the friend is gone.
   */
  async hold(friend: Pick<Friend, 'id' | 'name'>, options: HoldOptions = {}): Promise<HeldFriend> {
    const folder = this.#standing();
    if (folder === undefined || readFriend(folder, friend.id).state !== 'read') {
      throw gone(friend);
    }
    const own = join(folder, friend.id);
    const lock = await told(folder, 'changed', () => lockFriend(own, friend, options), options);
    return {
      folder: own,
      release: () => lock.release(),
      remove: async (wait) => {
        try {
          await this.#change(wait, (again) => removeFriend(again, friend.id));
        } finally {
          lock.release();
        }
      },
    };
  }

  async #add(
    friend: Omit<Friend, 'id' | 'name'>,
    wish: string,
    isWanted: (known: Friend | undefined) => boolean,
    wait?: FriendWait,
  ): Promise<Friend | undefined> {
    const wished = parseFriendName(wish, []);
    const id = friendId(friend.secret);
    return this.#change(wait, async (folder) => {
      const found = readFriends(folder);
      const known = found.find((one) => one.id === id);
      if (known?.state === 'unreadable') {
        throw new PunchlineError('ERR_FILE', known.trouble, { hint: 'Nothing was changed.' });
      }
      const record = known?.state === 'read' ? known.record : undefined;
      if (!isWanted(record?.friend)) {
        return undefined;
      }
      if (known?.state === 'damaged') {
        setAside(folder, known);
      }
      const others = friendsOf(found).filter((one) => one.id !== id);
      const name = freeName(
        wished,
        others.map((one) => one.name),
      );
      const { keptAt, metAt, places, role, secret } = friend;
      const kept = { id, name, secret, role, places, keptAt, metAt };
      await writeFriend(folder, { friend: kept, unknown: record?.unknown ?? {} });
      return kept;
    });
  }

  async #rewrite(folder: string, id: string, change: Partial<Friend>): Promise<Friend> {
    const found = readFriend(folder, id);
    if (found.state !== 'read') {
      throw gone({ name: id });
    }
    const { record } = found;
    const friend = { ...record.friend, ...change };
    await writeFriend(folder, { friend, unknown: record.unknown });
    return friend;
  }

  /** Keeps damaged records aside, and tells of each; also where that is not possible. */
  async #setAside(found: readonly FoundFriend[], wait: FriendWait): Promise<readonly string[]> {
    try {
      return await this.#change(wait, async (folder) =>
        found.flatMap((one) => {
          // Somebody may have replaced it meanwhile.
          const again = readFriend(folder, one.id);
          return again.state === 'damaged' ? setAside(folder, again) : troubleOf(again);
        }),
      );
    } catch (error) {
      if (!(error instanceof PunchlineError)) {
        throw error;
      }
      return found.flatMap(troubleOf);
    }
  }

  /** Runs a change while no other process changes anything. The folder is made if it is missing. */
  async #change<Result>(
    wait: FriendWait | undefined,
    change: (folder: string) => Promise<Result>,
  ): Promise<Result> {
    const isUsual = this.#named === undefined;
    const named = this.#named ?? friendsFolder();
    async function run() {
      wait?.signal?.throwIfAborted();
      const folder = isUsual ? makeFriendsFolder(named) : ownFolder(named);
      const lock = await lockFolder(folder, { ...wait, waitMs: BOOK_WAIT_MS, inUse: bookInUse });
      try {
        await sweep(folder);
        return await change(folder);
      } finally {
        lock.release();
      }
    }
    return told(named, 'changed', run, wait);
  }

  /** The folder, if it is there. */
  #standing(): string | undefined {
    const named = this.#named ?? friendsFolder();
    try {
      return isThere(named) ? ownFolder(named) : undefined;
    } catch (error) {
      throw fileError(named, 'read', error);
    }
  }
}

function troubleOf(found: FoundFriend): readonly string[] {
  return found.state === 'read' || found.trouble === undefined ? [] : [found.trouble];
}

/** Those that can be read, by their names. */
function friendsOf(found: readonly FoundFriend[]): readonly Friend[] {
  return found
    .flatMap((one) => (one.state === 'read' ? [one.record.friend] : []))
    .toSorted((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1));
}

/** Two friends have the same name only if somebody has copied files. */
function sortKey({ id, name }: Friend): string {
  return `${folded(name)} ${id}`;
}

function meant(name: string, found: readonly FoundFriend[]): Friend {
  const friends = friendsOf(found);
  const friend = friends.find((one) => isSameName(one.name, name));
  if (friend === undefined) {
    throw unknownFriend(
      name,
      friends.map((one) => one.name),
    );
  }
  return friend;
}

function lockFriend(
  folder: string,
  { name }: Pick<Friend, 'name'>,
  { hint = 'Go on there, or end it first.', signal }: HoldOptions,
): Promise<FolderLock> {
  return lockFolder(folder, {
    signal,
    waitMs: FRIEND_WAIT_MS,
    inUse: (pid) =>
      new PunchlineError('ERR_FRIEND_IN_USE', `${name} is in use by another process (pid ${pid})`, { hint }),
  });
}

function bookInUse(pid: number): PunchlineError {
  return new PunchlineError(
    'ERR_FILE',
    `another process (pid ${pid}) has been changing the friends for long`,
    {
      hint: 'Try again when it has ended.',
    },
  );
}

function gone({ name }: Pick<Friend, 'name'>): PunchlineError {
  return usageError(`${name} is no friend any more`, 'See punchline friends.');
}

/** Runs something that reads or writes files. Rejects with ERR_FILE in place of an error of the system, or with the signal's reason. */
async function told<Result>(
  path: string,
  done: 'read' | 'changed',
  run: () => Result | Promise<Result>,
  { signal }: FriendWait = {},
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) {
      throw error;
    }
    throw error instanceof PunchlineError ? error : fileError(path, done, error);
  }
}

/** Errors of the system have a code, and those of ownFolder() have none and are sentences. Anything else is a bug. */
function fileError(path: string, done: 'read' | 'changed', cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof TypeError || cause instanceof RangeError) {
    return cause;
  }
  const hint =
    errorCode(cause) === undefined
      ? 'It holds secrets. Make it a folder of your own, or set XDG_DATA_HOME to one.'
      : isDiskFull(cause)
        ? 'Make room on that disk, and try again.'
        : 'See that you can read and write this folder, or set XDG_DATA_HOME to another one.';
  return new PunchlineError(
    'ERR_FILE',
    `the friends in ${shownPath(path)} cannot be ${done}: ${fileTrouble(cause)}`,
    { hint, cause },
  );
}
