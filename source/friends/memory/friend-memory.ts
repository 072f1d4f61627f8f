import { storeKey } from '../../connect/keys/friend-keys.ts';
import type { HistoryEntry, WaitingMessage } from '../friend.ts';
import { KeptHistory } from './kept-history.ts';
import { ReceivedIds } from './received-ids.ts';
import { WaitingMessages } from './waiting-messages.ts';

/** The part of the talk with one friend that is kept. All that fails on the disk is an ERR_FILE. */
export interface FriendMemory {
  /** The messages that the friend does not have yet, as they were found, in the order in which they were kept. */
  readonly waiting: readonly WaitingMessage[];
  /** Sentences for the user about files that were found damaged. */
  readonly damage: readonly string[];
  /** Whether entries are added to the history, and shown. */
  readonly keepsHistory: boolean;
  /** Whether there is anything that forget() removes, also from a time when the history was kept. */
  readonly hasHistory: boolean;
  /** Resolves when the message survives a power cut. Rejects without keeping it, also if too much waits. */
  keep(message: WaitingMessage): Promise<void>;
  /** The friend has the message with this id, so that it need not wait any longer. Does nothing for an unknown one. */
  delivered(id: string): Promise<void>;
  /** Whether a message of the friend has come before. */
  hasReceived(id: string): boolean;
  /** Writes the id before this returns. Acknowledge the message when this has resolved. Rejects without knowing the id. */
  received(id: string): Promise<void>;
  /** The last entries of the history, the oldest first; none where it is not kept. */
  lastEntries(count: number): readonly HistoryEntry[];
  /** Adds to the history; does nothing where it is not kept. */
  addEntry(entry: HistoryEntry): Promise<void>;
  /** Removes the history, with what was set aside of it. */
  forget(): Promise<void>;
  /** Resolves when nothing is under way. Nothing can be done afterwards. */
  close(): Promise<void>;
}

export interface FriendMemoryOptions {
  /** Whether the history is kept, and that of earlier is read. */
  readonly history: boolean;
  /** Ends the opening. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens what is kept in the folder of a friend. The caller holds the lock on it, so that no other process changes it
 * meanwhile. Rejects with ERR_FILE if something cannot be read, and with the signal's reason. What can be read and does
 * not open is set aside.
 *
 * @param secret the friend's, of 32 bytes.
 */
export async function openFriendMemory(
  folder: string,
  secret: Uint8Array,
  { history: keepsHistory, signal }: FriendMemoryOptions,
): Promise<FriendMemory> {
  // None of the three holds a file open before something is added.
  const messages = await WaitingMessages.open(folder, storeKey(secret, 'waiting'), signal);
  signal?.throwIfAborted();
  const ids = await ReceivedIds.open(folder);
  signal?.throwIfAborted();
  const history = await KeptHistory.open(folder, storeKey(secret, 'history'), keepsHistory);
  signal?.throwIfAborted();
  return {
    waiting: messages.found,
    damage: [...messages.damage, ...history.damage],
    keepsHistory,
    get hasHistory() {
      return history.exists;
    },
    keep: (message) => messages.keep(message),
    delivered: (id) => messages.delivered(id),
    hasReceived: (id) => ids.has(id),
    received: (id) => ids.add(id),
    lastEntries: (count) => history.last(count),
    addEntry: (entry) => history.add(entry),
    forget: () => history.forget(),
    async close() {
      await Promise.all([messages.close(), ids.close(), history.close()]);
    },
  };
}
