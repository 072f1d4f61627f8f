import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { HistoryEntry, WaitingMessage } from '../../../source/friends/friend.ts';

/** The folder of a friend, which is removed after the test. */
export function aFriendFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-friend-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Two secrets, and so two friends. */
export const secret = new Uint8Array(32).fill(7);
export const otherSecret = new Uint8Array(32).fill(8);

/** An id that tells its number. */
export function idOf(n: number): string {
  return n.toString(16).padStart(32, '0');
}

export function messageOf(n: number, text = `message ${n}`): WaitingMessage {
  return { id: idOf(n), writtenAt: 1_700_000_000_000 + n, text };
}

export function entryOf(n: number, text = `line ${n}`): HistoryEntry {
  return { from: n % 2 === 0 ? 'me' : 'peer', writtenAt: 1_700_000_000_000 + n, text };
}

/** The bytes with one bit changed. */
export function withBitFlipped(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, index) => (index === Math.floor(bit / 8) ? byte ^ (1 << (bit % 8)) : byte));
}
