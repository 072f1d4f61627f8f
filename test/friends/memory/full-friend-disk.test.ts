import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFriendMemory } from '../../../source/friends/memory/friend-memory.ts';
import { entryOf, idOf, messageOf, secret } from '../../helpers/friends/friend-folder.ts';
import { aSmallDisk } from '../../helpers/friends/small-disk.ts';

const hint = 'Make room on this disk. What was kept before is still there.';

/** Takes all room but for this. */
function fill(disk: string, leftBytes: number) {
  for (let size = 128 * 1024 - leftBytes; size > 0; size -= 4096) {
    try {
      writeFileSync(join(disk, 'filler'), new Uint8Array(size));
      return;
    } catch {
      // There is less room than the whole disk.
    }
  }
}

/** Does it with 1, 2 and so on until it fails. Returns how often it went well, and the error. */
async function untilFull(task: (n: number) => Promise<void>) {
  for (let n = 1; ; n += 1) {
    try {
      await task(n);
    } catch (error) {
      return { count: n - 1, error };
    }
  }
}

function upTo<Item>(count: number, itemOf: (n: number) => Item): readonly Item[] {
  return Array.from({ length: count }, (_, index) => itemOf(index + 1));
}

test('a full disk takes no message, and loses none', async (context) => {
  const disk = aSmallDisk(context);
  const memory = await openFriendMemory(disk, secret, { history: false });
  const { count, error } = await untilFull((n) => memory.keep(messageOf(n, 'x'.repeat(6000))));
  expect(count).toBeGreaterThan(5);
  expect(error).toMatchObject({
    code: 'ERR_FILE',
    message: `${disk}/waiting cannot be written: the disk is full`,
    hint,
  });
  expect(readdirSync(join(disk, 'waiting'))).toHaveLength(count);
  const kept = upTo(count, (n) => messageOf(n, 'x'.repeat(6000)));
  const next = await openFriendMemory(disk, secret, { history: false });
  expect(next.waiting).toEqual(kept);
  expect(next.damage).toEqual([]);
  await next.delivered(idOf(1));
  await next.keep(messageOf(500));
  expect((await openFriendMemory(disk, secret, { history: false })).waiting).toEqual([
    ...kept.slice(1),
    messageOf(500),
  ]);
});

test('a full disk takes no id, and loses none', async (context) => {
  const disk = aSmallDisk(context);
  const memory = await openFriendMemory(disk, secret, { history: false });
  await memory.received(idOf(0));
  fill(disk, 16 * 1024);
  const { count, error } = await untilFull((n) => memory.received(idOf(n)));
  expect(count).toBeGreaterThan(100);
  expect(error).toMatchObject({
    code: 'ERR_FILE',
    message: `${disk}/received cannot be written: the disk is full`,
    hint,
  });
  expect(memory.hasReceived(idOf(count + 1))).toBe(false);
  const next = await openFriendMemory(disk, secret, { history: false });
  expect(upTo(count + 1, (n) => next.hasReceived(idOf(n)))).toEqual(upTo(count + 1, (n) => n <= count));
  rmSync(join(disk, 'filler'));
  await memory.received(idOf(count + 1));
  await memory.close();
  const last = await openFriendMemory(disk, secret, { history: false });
  expect(upTo(count + 1, (n) => last.hasReceived(idOf(n)))).toEqual(upTo(count + 1, () => true));
});

test('ids stay where they are if a full disk takes no shorter file of them', async (context) => {
  const disk = aSmallDisk(context);
  const memory = await openFriendMemory(disk, secret, { history: false });
  await Promise.all(upTo(4000, (n) => memory.received(idOf(n))));
  fill(disk, 64 * 1024 + 4096);
  await expect(memory.received(idOf(4001))).rejects.toMatchObject({ code: 'ERR_FILE', hint });
  expect(readdirSync(disk).toSorted()).toEqual(['filler', 'received']);
  const next = await openFriendMemory(disk, secret, { history: false });
  expect(upTo(4001, (n) => next.hasReceived(idOf(n)))).toEqual(upTo(4001, (n) => n <= 4000));
  rmSync(join(disk, 'filler'));
  await memory.received(idOf(4001));
  expect(memory.hasReceived(idOf(4001))).toBe(true);
  await memory.close();
});

test('a full disk takes no entry, and loses none', async (context) => {
  const disk = aSmallDisk(context);
  const memory = await openFriendMemory(disk, secret, { history: true });
  const { count, error } = await untilFull((n) => memory.addEntry(entryOf(n, 'x'.repeat(3001))));
  expect(count).toBeGreaterThan(20);
  expect(error).toMatchObject({
    code: 'ERR_FILE',
    message: `${disk}/history cannot be written: the disk is full`,
    hint,
  });
  const kept = upTo(count, (n) => entryOf(n, 'x'.repeat(3001)));
  expect(memory.lastEntries(1000)).toEqual(kept);
  const next = await openFriendMemory(disk, secret, { history: true });
  expect(next.damage).toEqual([]);
  expect(next.lastEntries(1000)).toEqual(kept);
  await next.forget();
  await next.addEntry(entryOf(1));
  expect(next.lastEntries(1000)).toEqual([entryOf(1)]);
});
