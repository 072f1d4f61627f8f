import { expect, test } from 'vitest';
import { parseCode } from '../../../source/protocol/code.ts';
import { Guess } from '../../../source/connect/keys/guess.ts';
import { prepareEntry } from '../../../source/connect/rendezvous/room.ts';

const code = parseCode('7-velvet-orbit');

test('as long as the guess at a code is not spent, each entry has a share of its own', async () => {
  const guess = new Guess();
  const entries = await Promise.all([prepareEntry(code, guess), prepareEntry(code, guess)]);
  expect(new Set(entries.map(({ share }) => Buffer.from(share.share).toString('hex'))).size).toBe(2);
});

test('no share is made once the guess at a code is spent, however it is asked for', async () => {
  const guess = new Guess();
  guess.spend();
  await expect(prepareEntry(code, guess)).rejects.toThrow('The guess at this code is spent.');
});
