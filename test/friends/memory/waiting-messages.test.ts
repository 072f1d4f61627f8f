import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { storeKey } from '../../../source/connect/keys/friend-keys.ts';
import {
  countWaiting,
  MAX_WAITING,
  MAX_WAITING_BYTES,
  WaitingMessages,
} from '../../../source/friends/memory/waiting-messages.ts';
import {
  aFriendFolder,
  idOf,
  messageOf,
  otherSecret,
  secret,
  withBitFlipped,
} from '../../helpers/friends/friend-folder.ts';
import { samples } from '../../helpers/samples.ts';

const key = storeKey(secret, 'waiting');

function opened(folder: string, itsKey = key) {
  return WaitingMessages.open(folder, itsKey);
}

function namesIn(folder: string) {
  return readdirSync(join(folder, 'waiting')).toSorted();
}

/** A folder with so many messages in it. */
async function folderOf(count: number) {
  const folder = aFriendFolder();
  const messages = await opened(folder);
  for (let n = 1; n <= count; n += 1) {
    await messages.keep(messageOf(n));
  }
  return folder;
}

const damagedOne = [
  expect.stringMatching(/^A message that was waiting cannot be read\. It lies in .*\.damaged\.$/),
];

test('a folder without messages stays as it is', async () => {
  const folder = aFriendFolder();
  const messages = await opened(folder);
  expect(messages.found).toEqual([]);
  expect(messages.damage).toEqual([]);
  await messages.delivered(idOf(1));
  expect(readdirSync(folder)).toEqual([]);
  expect(await countWaiting(folder)).toBe(0);
});

test('messages are found in the order in which they were kept', async () => {
  const folder = await folderOf(3);
  expect(namesIn(folder)).toEqual([1, 2, 3].map((n) => `00000000000${n}-${idOf(n)}`));
  expect((await opened(folder)).found).toEqual([1, 2, 3].map((n) => messageOf(n)));
  expect(await countWaiting(folder)).toBe(3);
});

test('only this user may read them, and nothing of them is to be seen', async () => {
  const folder = await folderOf(1);
  const [name = ''] = namesIn(folder);
  const path = join(folder, 'waiting', name);
  expect(statSync(join(folder, 'waiting')).mode & 0o777).toBe(0o700);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path).includes('message')).toBe(false);
});

test('two records of the same message differ, so that no nonce is used twice', async () => {
  const [one, other] = [await folderOf(1), await folderOf(1)].map((folder) =>
    readFileSync(join(folder, 'waiting', namesIn(folder)[0] ?? '')).toString('hex'),
  );
  expect(one?.slice(0, 24)).not.toBe(other?.slice(0, 24));
});

test('one that was delivered does not wait, also not after one that is being kept', async () => {
  const folder = await folderOf(3);
  const messages = await opened(folder);
  await messages.delivered(idOf(2));
  await Promise.all([messages.keep(messageOf(4)), messages.delivered(idOf(4)), messages.delivered(idOf(2))]);
  await messages.keep(messageOf(5));
  await messages.close();
  expect((await opened(folder)).found).toEqual([1, 3, 5].map((n) => messageOf(n)));
});

test('a message that is kept twice waits once, and an id that is none is refused', async () => {
  const folder = await folderOf(1);
  const messages = await opened(folder);
  await Promise.all([messages.keep(messageOf(1)), messages.keep(messageOf(2)), messages.keep(messageOf(2))]);
  expect((await opened(folder)).found).toEqual([messageOf(1), messageOf(2)]);
  await expect(messages.keep({ ...messageOf(3), id: '../../x' })).rejects.toThrow(RangeError);
  await expect(messages.keep(messageOf(3, 'x'.repeat(64 * 1024 + 1)))).rejects.toThrow(RangeError);
});

test('any keeping, delivering and opening again leaves what was not delivered, in order', async () => {
  const step = fc.oneof(
    fc.record({ does: fc.constant('keep' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ does: fc.constant('deliver' as const), at: fc.nat() }),
    fc.record({ does: fc.constant('open' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const folder = aFriendFolder();
      let messages = await opened(folder);
      const expected: number[] = [];
      let last = 0;
      for (const one of steps) {
        if (one.does === 'keep') {
          const numbers = Array.from({ length: one.count }, (_, index) => last + 1 + index);
          last += one.count;
          expected.push(...numbers);
          await Promise.all(numbers.map((n) => messages.keep(messageOf(n))));
        } else if (one.does === 'deliver') {
          const [n = 0] = expected.splice(one.at % Math.max(1, expected.length), 1);
          await messages.delivered(idOf(n));
        } else {
          messages = await opened(folder);
        }
      }
      expect((await opened(folder)).found).toEqual(expected.map((n) => messageOf(n)));
    }),
    { numRuns: samples(40) },
  );
});

test('a file that is cut at any byte is set aside, and the others stay', async () => {
  const folder = await folderOf(2);
  const [name = ''] = namesIn(folder);
  const path = join(folder, 'waiting', name);
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length; length += 1) {
    writeFileSync(path, whole.subarray(0, length));
    const { found, damage } = await opened(folder);
    expect(found).toEqual([messageOf(2)]);
    expect(damage).toEqual(damagedOne);
    renameSync(`${path}.damaged`, path);
  }
});

test('one bit that is changed anywhere is noticed', async () => {
  const folder = await folderOf(1);
  const [name = ''] = namesIn(folder);
  const path = join(folder, 'waiting', name);
  const whole = readFileSync(path);
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    writeFileSync(path, withBitFlipped(whole, bit));
    expect((await opened(folder)).found).toEqual([]);
    renameSync(`${path}.damaged`, path);
  }
});

test('a damaged file is told of once, and no file that was set aside is written over', async () => {
  const folder = await folderOf(1);
  const [name = ''] = namesIn(folder);
  const path = join(folder, 'waiting', name);
  copyFileSync(path, `${path}.whole`);
  for (const byte of ['1', '2']) {
    writeFileSync(path, byte);
    expect((await opened(folder)).damage).toEqual(damagedOne);
  }
  expect((await opened(folder)).damage).toEqual([]);
  expect(readFileSync(`${path}.damaged`, 'utf8')).toBe('1');
  expect(readFileSync(`${path}.2.damaged`, 'utf8')).toBe('2');
  expect(await countWaiting(folder)).toBe(0);
});

test('several damaged files, a folder among them, are told of in one sentence', async () => {
  const folder = await folderOf(2);
  for (const name of namesIn(folder)) {
    truncateSync(join(folder, 'waiting', name), 5);
  }
  mkdirSync(join(folder, 'waiting', `000000000009-${idOf(9)}`));
  expect((await opened(folder)).damage).toEqual([
    expect.stringMatching(/^3 messages that were waiting cannot be read\. They lie in /),
  ]);
});

test('the messages of another friend, and ones that changed places or ids, do not open', async () => {
  const folder = await folderOf(3);
  const [one = '', two = '', three = ''] = namesIn(folder).map((name) => join(folder, 'waiting', name));
  copyFileSync(one, `${one}.copy`);
  renameSync(two, one);
  renameSync(`${one}.copy`, two);
  renameSync(three, join(folder, 'waiting', `000000000000-${idOf(3)}`));
  const { found, damage } = await opened(folder);
  expect(found).toEqual([]);
  expect(damage).toEqual([expect.stringMatching(/^3 messages /)]);
  expect((await opened(await folderOf(1), storeKey(otherSecret, 'waiting'))).damage).toEqual(damagedOne);
});

test('what a crash has left is removed, and what is not ours is left alone', async () => {
  const folder = await folderOf(2);
  const at = join(folder, 'waiting');
  const [name = ''] = namesIn(folder);
  writeFileSync(join(at, `000000000003-${idOf(3)}.draft`), 'half');
  writeFileSync(join(at, 'notes.txt'), 'mine');
  const messages = await opened(folder);
  expect(messages.found).toEqual([1, 2].map((n) => messageOf(n)));
  expect(namesIn(folder)).toEqual([name, `000000000002-${idOf(2)}`, 'notes.txt']);
  await messages.keep(messageOf(3));
  expect((await opened(folder)).found).toHaveLength(3);
});

test('a message that a backup has brought back under another number waits once', async () => {
  const folder = await folderOf(1);
  const backup = aFriendFolder();
  const earlier = await opened(backup);
  await earlier.keep(messageOf(7));
  await earlier.keep(messageOf(1));
  const name = `000000000002-${idOf(1)}`;
  copyFileSync(join(backup, 'waiting', name), join(folder, 'waiting', name));
  const messages = await opened(folder);
  expect(messages.found).toEqual([messageOf(1)]);
  await messages.delivered(idOf(1));
  expect(namesIn(folder)).toEqual([]);
});

test('no more than 8 MiB wait', async () => {
  const messages = await opened(aFriendFolder());
  const text = 'x'.repeat(64 * 1024);
  const fitting = Math.floor(MAX_WAITING_BYTES / (text.length + 34));
  await Promise.all(Array.from({ length: fitting }, (_, n) => messages.keep(messageOf(n, text))));
  await expect(messages.keep(messageOf(999, text))).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: '127 messages wait already',
    hint: 'Your friend has to come first and take them. Then write again.',
  });
  await messages.keep(messageOf(1000, 'short'));
  await messages.delivered(idOf(0));
  await messages.keep(messageOf(999, text));
});

test('no more than 1,000 messages wait, counted with those of an earlier start', async () => {
  const folder = await folderOf(2);
  const messages = await opened(folder);
  await Promise.all(Array.from({ length: MAX_WAITING - 2 }, (_, n) => messages.keep(messageOf(n + 3))));
  await expect(messages.keep(messageOf(5000))).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: '1000 messages wait already',
  });
  expect((await opened(folder)).found.map(({ id }) => id)).toEqual(
    Array.from({ length: MAX_WAITING }, (_, n) => idOf(n + 1)),
  );
});

test('a folder that cannot be used is told of with its path', async () => {
  const folder = aFriendFolder();
  writeFileSync(join(folder, 'waiting'), 'a file');
  const failure = { code: 'ERR_FILE', message: `${folder}/waiting cannot be read: it is not a folder` };
  await expect(opened(folder)).rejects.toMatchObject(failure);
  await expect(countWaiting(folder)).rejects.toMatchObject(failure);
});

test('what cannot be written now is kept at the next try', async () => {
  const folder = await folderOf(1);
  const messages = await opened(folder);
  renameSync(join(folder, 'waiting'), join(folder, 'away'));
  writeFileSync(join(folder, 'waiting'), 'a file');
  await expect(messages.keep(messageOf(2))).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: `${folder}/waiting cannot be written: it is not a folder`,
    hint: 'See that this user may read and write this file and its folder.',
  });
  renameSync(join(folder, 'waiting'), join(folder, 'other'));
  renameSync(join(folder, 'away'), join(folder, 'waiting'));
  chmodSync(join(folder, 'waiting'), 0o700);
  await messages.keep(messageOf(2));
  expect((await opened(folder)).found).toEqual([messageOf(1), messageOf(2)]);
});
