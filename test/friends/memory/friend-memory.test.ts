import { readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFriendMemory } from '../../../source/friends/memory/friend-memory.ts';
import {
  aFriendFolder,
  entryOf,
  idOf,
  messageOf,
  otherSecret,
  secret,
} from '../../helpers/friends/friend-folder.ts';

test('all is found at the next start', async () => {
  const folder = aFriendFolder();
  const first = await openFriendMemory(folder, secret, { history: true });
  expect(first).toMatchObject({ waiting: [], damage: [], keepsHistory: true, hasHistory: false });
  // close() waits for all of them.
  const done = [
    first.keep(messageOf(1)),
    first.keep(messageOf(2)),
    first.delivered(idOf(1)),
    first.received(idOf(3)),
    first.addEntry(entryOf(4)),
  ];
  await first.close();
  const second = await openFriendMemory(folder, secret, { history: true });
  await Promise.all(done);
  expect(second).toMatchObject({ waiting: [messageOf(2)], damage: [], hasHistory: true });
  expect([3, 4].map((n) => second.hasReceived(idOf(n)))).toEqual([true, false]);
  expect(second.lastEntries(5)).toEqual([entryOf(4)]);
  await second.forget();
  expect(second.hasHistory).toBe(false);
  expect(second.lastEntries(5)).toEqual([]);
  await second.close();
  expect(readdirSync(folder).toSorted()).toEqual(['received', 'waiting']);
});

test('without a history, entries go nowhere', async () => {
  const folder = aFriendFolder();
  const memory = await openFriendMemory(folder, secret, { history: false });
  await memory.addEntry(entryOf(1));
  expect(memory).toMatchObject({ keepsHistory: false, hasHistory: false });
  expect(readdirSync(folder)).toEqual([]);
  await memory.close();
});

test('all damage is told of, and the rest goes on', async () => {
  const folder = aFriendFolder();
  const first = await openFriendMemory(folder, secret, { history: true });
  await first.keep(messageOf(1));
  await first.keep(messageOf(2));
  await first.addEntry(entryOf(1));
  await first.received(idOf(1));
  await first.close();
  truncateSync(join(folder, 'waiting', `000000000001-${idOf(1)}`), 9);
  truncateSync(join(folder, 'history'), 9);
  truncateSync(join(folder, 'received'), 9);
  const second = await openFriendMemory(folder, secret, { history: true });
  expect(second.waiting).toEqual([messageOf(2)]);
  expect(second.damage).toHaveLength(2);
  await second.close();
});

test('the folder of another friend gives nothing, and all of it is kept', async () => {
  const folder = aFriendFolder();
  const first = await openFriendMemory(folder, secret, { history: true });
  await first.keep(messageOf(1));
  await first.addEntry(entryOf(1));
  await first.close();
  const other = await openFriendMemory(folder, otherSecret, { history: true });
  expect(other.waiting).toEqual([]);
  expect(other.lastEntries(9)).toEqual([]);
  expect(other.damage).toHaveLength(2);
  await other.close();
  expect(readdirSync(folder).toSorted()).toEqual(['history.damaged', 'waiting']);
  expect(readdirSync(join(folder, 'waiting'))).toEqual([`000000000001-${idOf(1)}.damaged`]);
});

test('a folder that is none is told of', async () => {
  const folder = join(aFriendFolder(), 'file');
  writeFileSync(folder, '');
  await expect(openFriendMemory(folder, secret, { history: true })).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: `${folder}/waiting cannot be read: it is not a folder`,
  });
});
