import type { FriendList } from '../../friends/friend-book.ts';

/** Tells of friends that cannot be read, on stderr: nothing that a script reads is wrong. */
export function tellDamaged({ damaged }: FriendList): void {
  for (const sentence of damaged) {
    process.stderr.write(`punchline: ${sentence}\n`);
  }
}
