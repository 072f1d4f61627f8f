/** From the name of a friend to what a command needs to meet it. Loaded only where a friend is named. */
import { usageError } from '../../errors.ts';
import type { Friend } from '../../friends/friend.ts';
import { FriendBook, type HeldFriend } from '../../friends/friend-book.ts';
import { unknownFriend } from '../../friends/friend-name.ts';
import type { ChatSettings } from '../settings/chat-settings.ts';
import { tellDamaged } from './tell-damaged.ts';

/** A friend that this process alone uses until it ends. */
export interface MetFriend {
  readonly book: FriendBook;
  readonly friend: Friend;
  readonly held: HeldFriend;
}

/** Throws ERR_USAGE for an unknown friend, ERR_FRIEND_IN_USE, and ERR_FILE. */
export async function takeFriend(name: string): Promise<MetFriend> {
  const book = new FriendBook();
  const known = await book.list();
  tellDamaged(known);
  const friend = await book.find(name);
  if (friend === undefined) {
    throw unknownFriend(
      name,
      known.friends.map((one) => one.name),
    );
  }
  const held = await book.hold(friend);
  process.once('exit', () => held.release());
  return { book, friend, held };
}

/** Where the friend is met: at the place that was named for this run, else where the two have met. Throws ERR_USAGE. */
export function settingsFor(
  { friend: { name, secret, role, places } }: Pick<MetFriend, 'friend'>,
  settings: ChatSettings,
): ChatSettings {
  const server = settings.hasNamedServer ? settings.server : (places ?? settings.server);
  if (server === undefined) {
    throw usageError(
      `no place is known where ${name} can be met`,
      'Name the one that both of you use: -s HOST.',
    );
  }
  return { ...settings, server, friend: { secret, role } };
}

/** The names of all friends; none if they cannot be read. */
export async function knownNames(): Promise<readonly string[]> {
  try {
    const { friends } = await new FriendBook().list();
    return friends.map(({ name }) => name);
  } catch {
    return [];
  }
}
