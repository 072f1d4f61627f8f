import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Role } from '../../../source/events.ts';
import type { FriendBook } from '../../../source/friends/friend-book.ts';
import { startPunchline, type Punchline } from '../programs/punchline.ts';
import { openRendezvous } from '../servers/local-rendezvous.ts';
import { keepFriend } from './keep-friend.ts';

/** A user's folder, in which a friend is kept. */
export interface Home {
  readonly book: FriendBook;
  /** Runs a command of this user. */
  readonly run: (...words: readonly string[]) => Punchline;
}

/** How the commands of all users are run. `imports`: a module that Grace's programs load first. */
export interface FriendOptions {
  readonly options?: readonly string[];
  readonly imports?: string;
}

/** A folder that is removed at the end of the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-friends-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Ada keeps grace, and Grace keeps ada. They meet at a rendezvous of their own, if the options name no place. */
export async function twoFriends({ options, imports }: FriendOptions = {}): Promise<{
  readonly ada: Home;
  readonly grace: Home;
}> {
  const secret = randomBytes(32);
  const place = options ?? (await openRendezvous()).options;
  async function home(name: string, role: Role, env: Readonly<Record<string, string>>): Promise<Home> {
    const folder = newFolder();
    const book = await keepFriend(folder, name, { secret, role });
    return {
      book,
      run: (...words) => startPunchline([...words, ...place], { env: { XDG_DATA_HOME: folder, ...env } }),
    };
  }
  return {
    ada: await home('grace', 'a', {}),
    grace: await home('ada', 'b', imports === undefined ? {} : { NODE_OPTIONS: `--import=${imports}` }),
  };
}
