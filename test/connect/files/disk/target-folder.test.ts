import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { settle } from '../../../../source/connect/files/disk/target-folder.ts';
import { aFolder } from '../../../helpers/sessions/file-sides.ts';
import { skipWithout } from '../../../helpers/skip-without.ts';

/** On most computers this is another file system than that of temporary files. */
const memory = '/dev/shm';
function deviceOf(path: string) {
  return statSync(path, { throwIfNoEntry: false })?.dev;
}
const isOneDisk = deviceOf(memory) === undefined || deviceOf(memory) === deviceOf(tmpdir());

test('a file that cannot be moved leaves no name behind', async (context) => {
  if (isOneDisk) {
    skipWithout(context, `${memory} is missing, or on the same disk as ${tmpdir()}`);
  }
  const elsewhere = mkdtempSync(join(memory, 'punchline-'));
  onTestFinished(() => rmSync(elsewhere, { recursive: true }));
  writeFileSync(join(elsewhere, 'a'), 'hello');
  const folder = aFolder();
  await expect(settle(join(elsewhere, 'a'), folder, 'a')).rejects.toMatchObject({ code: 'EXDEV' });
  expect(readdirSync(folder)).toEqual([]);
});
