/** One process with the friends of a folder: `book-program.ts TASK FOLDER …`. It tells what it does, a line of JSON each. */
import { once } from 'node:events';
import { closeSync, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PunchlineError } from '../../../source/errors.ts';
import { lockFolder } from '../../../source/friends/folder-lock.ts';
import { FriendBook } from '../../../source/friends/friend-book.ts';
import { aFriend } from './a-friend.ts';

const [task, folder = '', argument = ''] = process.argv.slice(2);
const book = new FriendBook(folder);

function tell(fields: object): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`);
}

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  /** Changes friends for ever. */
  async churn() {
    for (let n = 0; ; n += 1) {
      const { id } = await book.add(aFriend(n % 3), 'ada');
      await book.update(id, { metAt: n });
      const { name } = await book.rename((await book.findById(id))?.name ?? '', `grace-${n}`);
      tell({ name });
      if (n % 5 === 4) {
        await book.remove(name);
      }
    }
  },
  /** Adds friends under one name, as all others do, and counts a meeting with each. */
  async add() {
    for (let n = 0; n < 5; n += 1) {
      const { id, name } = await book.add(aFriend(Number(argument) * 5 + n), 'ada');
      await book.update(id, { metAt: 7 });
      tell({ name });
    }
  },
  /** Gives the first friend a name, as all others do. */
  async rename() {
    try {
      tell({ name: (await book.rename(`old-${argument}`, 'ada')).name });
    } catch (error) {
      tell({ code: error instanceof PunchlineError ? error.code : String(error) });
    }
  },
  /** Holds a friend until stdin ends. */
  async hold() {
    const friend = await book.find(argument);
    try {
      const held = await book.hold(friend ?? { id: '', name: argument });
      tell({ holds: true });
      await once(process.stdin.resume(), 'end');
      held.release();
    } catch (error) {
      tell({ message: error instanceof Error ? error.message : String(error), ...(error as object) });
    }
  },
  /** Has the folder alone, again and again. */
  async alone() {
    for (let n = 0; n < 40; n += 1) {
      const lock = await lockFolder(folder, { waitMs: 50_000, inUse: () => new Error('it takes too long') });
      const path = join(folder, 'alone');
      closeSync(openSync(path, 'wx'));
      unlinkSync(path);
      lock.release();
    }
    tell({ done: true });
  },
};

await tasks[task ?? '']?.();
