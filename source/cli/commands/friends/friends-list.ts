import { FriendBook } from '../../../friends/friend-book.ts';
import { formatJsonLine } from '../../../text/json-line.ts';
import { friendFields, friendsTable } from '../../friends/friends-table.ts';
import { tellDamaged } from '../../friends/tell-damaged.ts';
import type { friendsListOptions } from '../../options/friends-options.ts';
import type { Typed } from '../../options/option.ts';

/** `punchline friends`: lists them. */
export async function runFriendsList({ json }: Typed<typeof friendsListOptions>): Promise<number> {
  const book = new FriendBook();
  const list = await book.list();
  const listed = await Promise.all(
    list.friends.map(async (friend) => ({ friend, waiting: await book.waiting(friend) })),
  );
  tellDamaged(list);
  if (json === true) {
    process.stdout.write(listed.map((one) => formatJsonLine(friendFields(one))).join(''));
  } else if (listed.length > 0) {
    process.stdout.write(friendsTable(listed));
  } else {
    process.stdout.write('No friends yet. In a chat, /friend keeps the peer: see punchline help friends.\n');
  }
  return 0;
}
