import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { storeKey } from '../../../source/connect/keys/friend-keys.ts';
import type { HistoryEntry } from '../../../source/friends/friend.ts';
import { KeptHistory, MAX_HISTORY_BYTES } from '../../../source/friends/memory/kept-history.ts';
import {
  aFriendFolder,
  entryOf,
  otherSecret,
  secret,
  withBitFlipped,
} from '../../helpers/friends/friend-folder.ts';
import { historyEntries } from '../../helpers/friends/friend-texts.ts';
import { samples } from '../../helpers/samples.ts';

const key = storeKey(secret, 'history');

function opened(folder: string, isKept = true, itsKey = key) {
  return KeptHistory.open(folder, itsKey, isKept);
}

function historyIn(folder: string) {
  return join(folder, 'history');
}

async function folderOf(entries: readonly HistoryEntry[]) {
  const folder = aFriendFolder();
  const history = await opened(folder);
  await Promise.all(entries.map((entry) => history.add(entry)));
  return folder;
}

const three = [1, 2, 3].map((n) => entryOf(n));

test('entries are found in order, and the last ones alone', async () => {
  const folder = await folderOf(three);
  const history = await opened(folder);
  expect(history.last(9)).toEqual(three);
  expect(history.last(2)).toEqual(three.slice(1));
  expect(history.last(0)).toEqual([]);
  await history.add(entryOf(4));
  expect(history.last(2)).toEqual([entryOf(3), entryOf(4)]);
  expect(history.damage).toEqual([]);
});

test('only this user may read it, and nothing of it is to be seen', async () => {
  const folder = await folderOf(three);
  expect(statSync(historyIn(folder)).mode & 0o777).toBe(0o600);
  expect(readFileSync(historyIn(folder)).includes('line')).toBe(false);
});

test('any entries are read as they were added, over any number of starts', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(historyEntries, { maxLength: 4 }), { maxLength: 4 }),
      async (starts) => {
        const folder = aFriendFolder();
        for (const entries of starts) {
          const history = await opened(folder);
          await Promise.all(entries.map((entry) => history.add(entry)));
        }
        expect((await opened(folder)).last(100)).toEqual(starts.flat());
      },
    ),
    { numRuns: samples(40) },
  );
});

test('a file that is cut at any byte has all entries before that, and takes the next one', async () => {
  const folder = await folderOf(three);
  const whole = readFileSync(historyIn(folder));
  for (let length = 0; length < whole.length; length += 1) {
    writeFileSync(historyIn(folder), whole.subarray(0, length));
    const history = await opened(folder);
    const left = history.last(9);
    expect(left).toEqual(three.slice(0, left.length));
    expect(history.damage.length).toBeLessThanOrEqual(1);
    await history.add(entryOf(9));
    const next = await opened(folder);
    expect(next.last(9)).toEqual([...left, entryOf(9)]);
    expect(next.damage).toEqual([]);
  }
});

test('a last entry that is not whole is told of once', async () => {
  const folder = await folderOf(three);
  const whole = readFileSync(historyIn(folder));
  writeFileSync(historyIn(folder), whole.subarray(0, -1));
  expect((await opened(folder)).damage).toEqual([
    'The last line of the conversation was not kept: it was not written to its end.',
  ]);
  expect((await opened(folder)).damage).toEqual([]);
});

test('one bit that is changed anywhere takes one entry, and is told of', async () => {
  const folder = await folderOf(three);
  const whole = readFileSync(historyIn(folder));
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    writeFileSync(historyIn(folder), withBitFlipped(whole, bit));
    const history = await opened(folder);
    expect(history.damage).toHaveLength(1);
    const left = history.last(9);
    expect(left).toHaveLength(2);
    expect(three).toEqual(expect.arrayContaining([...left]));
  }
});

test('what is added behind damage is found', async () => {
  const folder = await folderOf(three);
  writeFileSync(historyIn(folder), Buffer.concat([readFileSync(historyIn(folder)), Buffer.alloc(4096)]));
  const history = await opened(folder);
  expect(history.damage).toEqual([
    `The conversation in ${folder}/history is damaged in one place. Lines are missing there.`,
  ]);
  await history.add(entryOf(4));
  expect((await opened(folder)).last(9)).toEqual([...three, entryOf(4)]);
});

test('a file in which nothing opens is set aside, and a new conversation begins', async () => {
  const folder = await folderOf(three);
  const theirs = readFileSync(historyIn(folder));
  const history = await opened(folder, true, storeKey(otherSecret, 'history'));
  expect(history.last(9)).toEqual([]);
  expect(history.damage).toEqual([
    `The conversation that was kept cannot be read. It lies in ${folder}/history.damaged now, and a new one begins.`,
  ]);
  expect(readFileSync(join(folder, 'history.damaged')).equals(theirs)).toBe(true);
  await history.add(entryOf(1));
  expect(history.last(9)).toEqual([entryOf(1)]);
  await history.forget();
  expect(readdirSync(folder)).toEqual([]);
});

test('where it is not kept, a file from earlier is neither read, shown nor written, but removed when told', async () => {
  const folder = await folderOf(three);
  const before = readFileSync(historyIn(folder));
  const history = await opened(folder, false);
  await history.add(entryOf(4));
  expect(history.last(9)).toEqual([]);
  expect(history.exists).toBe(true);
  expect(readFileSync(historyIn(folder)).equals(before)).toBe(true);
  await history.forget();
  expect(history.exists).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});

test('where it is not kept, a damaged file is not looked at', async () => {
  const folder = aFriendFolder();
  writeFileSync(historyIn(folder), 'garbage');
  const history = await opened(folder, false);
  expect(history.damage).toEqual([]);
  expect(readFileSync(historyIn(folder), 'utf8')).toBe('garbage');
});

test('after it was removed, a new one begins', async () => {
  const folder = await folderOf(three);
  const history = await opened(folder);
  await Promise.all([history.add(entryOf(4)), history.forget(), history.add(entryOf(5))]);
  expect(history.exists).toBe(true);
  expect(history.last(9)).toEqual([entryOf(5)]);
  const next = await opened(folder);
  expect(next.last(9)).toEqual([entryOf(5)]);
  expect(next.damage).toEqual([]);
  await (await opened(aFriendFolder())).forget();
});

test('a file that grows beyond 4 MiB loses its older half', async () => {
  const folder = aFriendFolder();
  const history = await opened(folder);
  const text = 'x'.repeat(60_000);
  const all = Array.from({ length: 160 }, (_, n) => entryOf(n, `${n} ${text}`));
  let most = 0;
  for (const entry of all) {
    await history.add(entry);
    most = Math.max(most, statSync(historyIn(folder)).size);
    expect(history.last(2)).toEqual(all.slice(0, all.indexOf(entry) + 1).slice(-2));
  }
  expect(most).toBeLessThanOrEqual(MAX_HISTORY_BYTES);
  expect(most).toBeGreaterThan(MAX_HISTORY_BYTES - 70_000);
  expect(readdirSync(folder)).toEqual(['history']);
  const { damage, ...next } = await opened(folder).then((again) => ({
    damage: again.damage,
    left: again.last(1000),
  }));
  expect(damage).toEqual([]);
  expect(next.left.length).toBeGreaterThan(30);
  expect(next.left).toEqual(all.slice(-next.left.length));
});

test('what goes with the older half is damage and old entries, and never the newest entries', async () => {
  const folder = aFriendFolder();
  const history = await opened(folder);
  const text = 'x'.repeat(60_000);
  for (let n = 1; n <= 20; n += 1) {
    await history.add(entryOf(n, text));
  }
  writeFileSync(
    historyIn(folder),
    Buffer.concat([readFileSync(historyIn(folder)), Buffer.alloc(MAX_HISTORY_BYTES - 20 * 60_200)]),
  );
  const next = await opened(folder);
  await next.add(entryOf(21, text));
  expect(next.last(1000)).toEqual(Array.from({ length: 21 }, (_, n) => entryOf(n + 1, text)));
  const again = await opened(folder);
  expect(again.last(1000)).toHaveLength(21);
  expect(again.damage).toEqual([]);
});

test('a replacement that a crash has left is removed, for it holds a part of the conversation', async () => {
  const folder = await folderOf(three);
  copyFileSync(historyIn(folder), `${historyIn(folder)}.draft`);
  expect((await opened(folder)).last(9)).toEqual(three);
  expect(readdirSync(folder)).toEqual(['history']);
});

test('a text of more than 64 KiB is refused', async () => {
  const history = await opened(aFriendFolder());
  await expect(history.add(entryOf(1, 'x'.repeat(64 * 1024 + 1)))).rejects.toThrow(RangeError);
  await history.add(entryOf(2, 'x'.repeat(64 * 1024)));
  expect(history.last(1)).toEqual([entryOf(2, 'x'.repeat(64 * 1024))]);
});

test('a file that cannot be used is told of with its path', async () => {
  const folder = aFriendFolder();
  const history = await opened(folder);
  mkdirSync(historyIn(folder));
  await expect(history.add(entryOf(1))).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: `${folder}/history cannot be written: it is a folder`,
  });
  await expect(opened(folder)).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: `${folder}/history cannot be read: it is a folder`,
  });
  expect(existsSync(historyIn(folder))).toBe(true);
});
