import { expect, test } from 'vitest';
import { parseCode } from '../../../source/protocol/code.ts';
import { Guess } from '../../../source/connect/keys/guess.ts';
import { entryByCode } from '../../../source/connect/room-entry.ts';

const code = parseCode('7-velvet-orbit');

test('as long as the guess at a code is not spent, each entry has a share of its own', async () => {
  const guess = new Guess();
  const entries = await Promise.all([entryByCode(code, guess), entryByCode(code, guess)]);
  expect(new Set(entries.map(({ room }) => JSON.stringify(room))).size).toBe(2);
});

test('no share is made once the guess at a code is spent, however it is asked for', async () => {
  const guess = new Guess();
  guess.spend();
  await expect(entryByCode(code, guess)).rejects.toThrow('The guess at this code is spent.');
});
