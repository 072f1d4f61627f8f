import { expect, test } from 'vitest';
import { parseCode } from '../../../source/protocol/code.ts';
import { Guess } from '../../../source/connect/keys/guess.ts';
import { entryByCode } from '../../../source/connect/room-entry.ts';

const code = parseCode('7-velvet-orbit');

test('each entry has a share of its own as long as the guess is not spent', async () => {
  const guess = new Guess();
  const entries = await Promise.all([entryByCode(code, guess), entryByCode(code, guess)]);
  expect(new Set(entries.map(({ room }) => JSON.stringify(room))).size).toBe(2);
});

test('no share is made after the guess is spent, whichever function is asked', async () => {
  const guess = new Guess();
  guess.spend();
  await expect(entryByCode(code, guess)).rejects.toThrow('The guess at this code is spent.');
});
