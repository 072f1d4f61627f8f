import type { FriendKey } from '../../connect/connect-options.ts';
import { usageError } from '../../errors.ts';
import type { Friendship } from './friendship.ts';

/** Where a chat keeps friends. */
export interface FriendKeeper {
  /** How a friend will be called: as the user has typed it, or after the peer's own name. Throws ERR_USAGE. */
  nameFor(typed: string | undefined, peerName: string): string;
  /** Stores a friend, and resolves with the name under which it is kept, which no other friend has. Rejects with ERR_FILE. */
  keep(key: FriendKey, name: string): Promise<string>;
  /** Removes what `keep` has stored. */
  discard(key: FriendKey): Promise<void>;
}

/** Throws ERR_USAGE if the peer cannot be kept. */
export function expectKeepable(
  friendship: Friendship | undefined,
  keeper: FriendKeeper | undefined,
  {
    connected,
    takesFriends,
    keeps,
  }: { readonly connected: boolean; readonly takesFriends: boolean; readonly keeps: boolean },
): FriendKeeper {
  if (friendship?.isKept === true) {
    const { name } = friendship;
    throw usageError(`the peer is your friend already: ${name}`, `Next time: punchline chat ${name}`);
  }
  if (!keeps) {
    throw usageError('this chat keeps no friends');
  }
  if (!connected) {
    throw usageError('there is no peer yet who could be kept', 'Wait until you are connected.');
  }
  if (!takesFriends || keeper === undefined) {
    throw usageError(
      'the program of the peer cannot keep friends',
      'It is an older one, or it only sends or receives files.',
    );
  }
  return keeper;
}

/** Throws ERR_USAGE if the chat has met no friend. */
export function expectFriend(friendship: Friendship | undefined): Friendship {
  if (friendship?.isKept !== true) {
    throw usageError('the peer is not your friend', 'punchline friends lists those that you keep.');
  }
  return friendship;
}
