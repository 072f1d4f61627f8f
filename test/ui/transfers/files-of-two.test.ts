/** Files between two real programs in pseudo-terminals, over loopback. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { files, fileSizes, filesIn, openPair, says } from '../../helpers/sizes/files.ts';
import { testFromOneSize } from '../../helpers/sizes/from-sizes.ts';

testFromOneSize(files, fileSizes);

test('an offer tells where the file will go, and a second file of the same name gets a number', async () => {
  await using pair = await openPair({ columns: 120, rows: 24 });
  const { anna, bob } = pair;
  writeFileSync(join(anna.folder, 'a.txt'), 'first');
  anna.terminal.write('/send a.txt\r');
  await bob.terminal.waitFor(says(`/accept puts it into ${bob.folder}, /accept FOLDER elsewhere`));
  writeFileSync(join(bob.folder, 'a.txt'), 'mine');
  bob.terminal.write('/accept\r');
  await bob.terminal.waitFor(says(`: ${bob.folder}/a (1).txt`));
  expect(readFileSync(join(bob.folder, 'a.txt'), 'utf8')).toBe('mine');
  expect(readFileSync(join(bob.folder, 'a (1).txt'), 'utf8')).toBe('first');
});

test("control characters in a file's name do not reach the terminal of either side", async () => {
  await using pair = await openPair(fileSizes[0]!);
  const { anna, bob } = pair;
  const name = 'pay\u001B]0;owned\u0007\u202Egpj.\u200Bexe';
  writeFileSync(join(anna.folder, name), 'x');
  anna.terminal.write('/send pay\t');
  await anna.terminal.waitFor('/send pay␛');
  anna.terminal.write('\r');
  await bob.terminal.waitFor(/anna +↓ r1/);
  bob.terminal.write('/accept\r');
  await bob.terminal.waitFor(says(') received'));
  await anna.terminal.waitFor(says(') bob has it'));
  for (const { terminal } of [anna, bob]) {
    expect(terminal.raw()).not.toContain('owned\u0007');
    expect(terminal.raw()).not.toContain('\u202E');
    expect(terminal.raw()).not.toContain('\u200B');
  }
  const [kept = ''] = filesIn(bob.folder);
  expect(kept).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(readFileSync(join(bob.folder, kept), 'utf8')).toBe('x');
});

test('without a screen, the offer, the possible answers and the end are told once each', async () => {
  await using pair = await openPair({ columns: 200, rows: 60 }, ['--plain']);
  const { anna, bob } = pair;
  writeFileSync(join(anna.folder, 'a.txt'), 'first');
  anna.terminal.write('/send a.txt\r');
  await bob.terminal.waitFor('/decline');
  bob.terminal.write('/accept\r');
  await bob.terminal.waitFor('received r1');
  const heard = bob.terminal
    .text()
    .split('\n')
    .filter((line) => /a\.txt|\/accept/.test(line))
    .map((line) => line.replace(/\d+ m?s/, 'TIME'));
  expect(heard).toEqual([
    '* the peer offers r1 a.txt (5 bytes)',
    `* /accept puts it into ${bob.folder}, /accept FOLDER elsewhere; /decline`,
    '/accept',
    '* accepted r1 a.txt (5 bytes)',
    `* received r1 a.txt (5 bytes) in TIME: ${bob.folder}/a.txt`,
  ]);
});
