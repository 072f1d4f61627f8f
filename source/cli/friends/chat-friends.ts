/** What a chat needs to keep friends, and to meet one. Loaded after the first frame, or where a friend is named. */
import type { FriendKeeper } from '../../chat/friends/friend-keeper.ts';
import { Friendship } from '../../chat/friends/friendship.ts';
import { usageError } from '../../errors.ts';
import { FriendBook } from '../../friends/friend-book.ts';
import { friendNameFrom, parseFriendName } from '../../friends/friend-name.ts';
import { openFriendMemory } from '../../friends/memory/friend-memory.ts';
import type { PlaceAddresses } from '../../protocol/place-address.ts';
import { commands } from '../options/command-table.ts';
import type { MetFriend } from './met-friend.ts';

/** Keeps the peers of a chat that has met them at this place. */
export function createKeeper(places: PlaceAddresses | undefined): FriendKeeper {
  const book = new FriendBook();
  const names = Object.keys(commands);
  return {
    nameFor: (typed, peerName) => {
      const name = typed === undefined ? friendNameFrom(peerName, names) : parseFriendName(typed, names);
      if (name === undefined) {
        throw usageError(
          'no name can be made of that of the peer',
          'Say how you call your peer: /friend NAME',
        );
      }
      return name;
    },
    keep: async (key, name) => {
      const now = Date.now();
      return (await book.add({ ...key, places, keptAt: now, metAt: now }, name)).name;
    },
    discard: async ({ secret }) => {
      const { friends } = await book.list();
      const kept = friends.find((one) => Buffer.from(one.secret).equals(secret));
      if (kept !== undefined) {
        await book.remove(kept.name);
      }
    },
  };
}

/** Opens what is kept of a friend. Returns what makes the friendship of each chat with it. Throws ERR_FILE. */
export async function openFriendship(
  { book, friend, held }: MetFriend,
  places: PlaceAddresses | undefined,
  history: boolean,
): Promise<() => Friendship> {
  const { id, name, secret } = friend;
  const memory = await openFriendMemory(held.folder, secret, { history });
  let last: Friendship | undefined;
  return () => {
    const waiting = last?.waiting ?? memory.waiting;
    last = new Friendship({
      name,
      memory,
      waiting,
      met: () => {
        // That it cannot be noted harms nothing.
        book.update(id, { metAt: Date.now(), places }).catch(() => undefined);
      },
      remove: async () => {
        await memory.close();
        await held.remove();
      },
    });
    return last;
  };
}
