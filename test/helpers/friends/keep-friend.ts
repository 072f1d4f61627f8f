import { join } from 'node:path';
import type { Role } from '../../../source/events.ts';
import { FriendBook } from '../../../source/friends/friend-book.ts';

/** Writes into a user's folder that he keeps a friend. Returns his friends. */
export async function keepFriend(
  home: string,
  name: string,
  { secret, role }: { readonly secret: Uint8Array; readonly role: Role },
): Promise<FriendBook> {
  const book = new FriendBook(join(home, 'punchline', 'friends'));
  await book.add({ secret, role, places: undefined, keptAt: 1, metAt: 1 }, name);
  return book;
}
