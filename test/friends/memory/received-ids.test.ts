import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KEPT_IDS, MAX_IDS, ReceivedIds } from '../../../source/friends/memory/received-ids.ts';
import { aFriendFolder, idOf } from '../../helpers/friends/friend-folder.ts';
import { samples } from '../../helpers/samples.ts';

function numbers(count: number, first = 0) {
  return Array.from({ length: count }, (_, index) => first + index);
}

function bytesIn(folder: string) {
  return statSync(join(folder, 'received')).size;
}

/** How many files of a folder this process has open, as Linux tells it; elsewhere 0. */
function openFilesIn(folder: string) {
  return process.platform !== 'linux'
    ? 0
    : readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
        } catch {
          // It was closed meanwhile.
          return false;
        }
      }).length;
}

/** Which of these numbers are known after a new start. */
async function knownIn(folder: string, of: readonly number[]) {
  const ids = await ReceivedIds.open(folder);
  return of.filter((n) => ids.has(idOf(n)));
}

test('an id is known from its adding on, also after a new start', async () => {
  const folder = aFriendFolder();
  const ids = await ReceivedIds.open(folder);
  expect(ids.has(idOf(1))).toBe(false);
  await ids.add(idOf(1));
  expect(ids.has(idOf(1))).toBe(true);
  await ids.close();
  expect(await knownIn(folder, [0, 1, 2])).toEqual([1]);
  expect(statSync(join(folder, 'received')).mode & 0o777).toBe(0o600);
});

test('an opening alone writes nothing', async () => {
  const folder = aFriendFolder();
  await (await ReceivedIds.open(folder)).close();
  expect(readdirSync(folder)).toEqual([]);
});

test('an id is in the file before add() returns', async () => {
  const folder = aFriendFolder();
  const ids = await ReceivedIds.open(folder);
  const added = numbers(3).map((n) => {
    const isOnDisk = ids.add(idOf(n));
    expect(readFileSync(join(folder, 'received')).toString('hex')).toMatch(new RegExp(`${idOf(n)}$`));
    return isOnDisk;
  });
  await Promise.all(added);
  expect(bytesIn(folder)).toBe(48);
});

test('an id that is added twice is written once', async () => {
  const folder = aFriendFolder();
  const ids = await ReceivedIds.open(folder);
  await Promise.all([ids.add(idOf(1)), ids.add(idOf(1)), ids.add(idOf(2)), ids.add(idOf(2))]);
  await ids.add(idOf(1));
  expect(bytesIn(folder)).toBe(32);
});

test.each(['', 'x'.repeat(32), 'A'.repeat(32), '0'.repeat(31)])('%j is no id', async (id) => {
  const ids = await ReceivedIds.open(aFriendFolder());
  await expect(ids.add(id)).rejects.toThrow(RangeError);
});

test('a file that is cut at any byte has all ids before that, and takes the next one', async () => {
  const folder = aFriendFolder();
  const ids = await ReceivedIds.open(folder);
  await Promise.all(numbers(3).map((n) => ids.add(idOf(n))));
  await ids.close();
  const whole = readFileSync(join(folder, 'received'));
  for (let length = 0; length <= whole.length; length += 1) {
    writeFileSync(join(folder, 'received'), whole.subarray(0, length));
    const left = numbers(Math.floor(length / 16));
    const cut = await ReceivedIds.open(folder);
    expect(bytesIn(folder)).toBe(left.length * 16);
    expect(numbers(4).filter((n) => cut.has(idOf(n)))).toEqual(left);
    await cut.add(idOf(7));
    await cut.close();
    expect(await knownIn(folder, numbers(9))).toEqual([...left, 7]);
  }
});

test('at most 4,000 ids are kept, and always the last 2,000', async () => {
  const folder = aFriendFolder();
  const ids = await ReceivedIds.open(folder);
  for (let first = 0; first < 10_000; first += 500) {
    await Promise.all(numbers(500, first).map((n) => ids.add(idOf(n))));
    expect(bytesIn(folder)).toBeLessThanOrEqual(MAX_IDS * 16);
    const last = numbers(Math.min(KEPT_IDS, first + 500), Math.max(0, first + 500 - KEPT_IDS));
    expect(last.every((n) => ids.has(idOf(n)))).toBe(true);
    expect(await knownIn(folder, last)).toEqual(last);
  }
  expect(ids.has(idOf(0))).toBe(false);
  expect(readdirSync(folder)).toEqual(['received']);
  await ids.close();
});

test.each([
  ['once', 5000],
  ['several times', 11_000],
])('so many at once that the file is replaced %s during one sync are kept, too', async (_, count) => {
  const folder = aFriendFolder();
  const ids = await ReceivedIds.open(folder);
  const first = ids.add(idOf(0));
  await Promise.resolve();
  await Promise.resolve();
  await Promise.all([first, ...numbers(count, 1).map((n) => ids.add(idOf(n)))]);
  expect(openFilesIn(folder)).toBeLessThanOrEqual(1);
  expect(bytesIn(folder)).toBeLessThanOrEqual(MAX_IDS * 16);
  const last = numbers(KEPT_IDS, count + 1 - KEPT_IDS);
  expect(await knownIn(folder, last)).toEqual(last);
  await ids.close();
});

test('a file that is longer than ours are gives its last ids, and is shortened', async () => {
  const folder = aFriendFolder();
  const all = numbers(9000).map(idOf).join('');
  writeFileSync(join(folder, 'received'), Buffer.from(all, 'hex'));
  appendFileSync(join(folder, 'received'), 'torn');
  const ids = await ReceivedIds.open(folder);
  expect(numbers(9000).filter((n) => ids.has(idOf(n)))).toEqual(numbers(MAX_IDS, 9000 - MAX_IDS));
  await ids.add(idOf(9000));
  expect(bytesIn(folder)).toBe((KEPT_IDS + 1) * 16);
  await ids.close();
});

test('a replacement that a crash has left is removed', async () => {
  const folder = aFriendFolder();
  writeFileSync(join(folder, 'received.draft'), 'half');
  await ReceivedIds.open(folder);
  expect(readdirSync(folder)).toEqual([]);
});

test('any adding and opening again loses none and takes none twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.nat(40), { maxLength: 8 }), { maxLength: 6 }), async (starts) => {
      const folder = aFriendFolder();
      for (const added of starts) {
        const ids = await ReceivedIds.open(folder);
        await Promise.all(added.map((n) => ids.add(idOf(n))));
        await ids.close();
      }
      const expected = [...new Set(starts.flat())];
      expect(await knownIn(folder, numbers(41))).toEqual(numbers(41).filter((n) => expected.includes(n)));
      expect(expected.length === 0 ? 0 : bytesIn(folder)).toBe(expected.length * 16);
    }),
    { numRuns: samples(40) },
  );
});

test('ids are not known if their sync fails, and can be added again', async () => {
  const parent = aFriendFolder();
  const [folder, away] = [join(parent, 'here'), join(parent, 'away')];
  mkdirSync(folder);
  const ids = await ReceivedIds.open(folder);
  const first = ids.add(idOf(1));
  // The sync of the new file needs its folder.
  renameSync(folder, away);
  await Promise.resolve();
  await Promise.resolve();
  const added = [first, ids.add(idOf(2)), ids.add(idOf(1)), ids.add(idOf(2))];
  for (const one of await Promise.allSettled(added)) {
    expect(one).toMatchObject({ status: 'rejected', reason: { code: 'ERR_FILE' } });
  }
  expect([1, 2].map((n) => ids.has(idOf(n)))).toEqual([false, false]);
  renameSync(away, folder);
  expect(bytesIn(folder)).toBe(0);
  await ids.add(idOf(2));
  await ids.close();
  expect(await knownIn(folder, [1, 2])).toEqual([2]);
});

test('nothing is added after the end', async () => {
  const folder = aFriendFolder();
  const ids = await ReceivedIds.open(folder);
  const added = ids.add(idOf(1));
  await ids.close();
  await added;
  await expect(ids.add(idOf(2))).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: `${folder}/received cannot be written: it is closed`,
  });
  expect(await knownIn(folder, [1, 2])).toEqual([1]);
});

test('a file that cannot be used is told of with its path, and the id is not known', async () => {
  const folder = aFriendFolder();
  const ids = await ReceivedIds.open(folder);
  mkdirSync(join(folder, 'received'));
  await expect(ids.add(idOf(1))).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: `${folder}/received cannot be written: it is a folder`,
  });
  expect(ids.has(idOf(1))).toBe(false);
  await expect(ReceivedIds.open(folder)).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: `${folder}/received cannot be read: it is a folder`,
  });
});
