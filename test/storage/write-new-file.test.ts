import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeNewFile } from '../../source/storage/write-new-file.ts';
import { skipWithout } from '../helpers/skip-without.ts';

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-new-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('a new file has the text, and only its owner can read it', async () => {
  const path = join(aFolder(), 'new');
  await writeNewFile(path, 'text\n');
  expect(readFileSync(path, 'utf8')).toBe('text\n');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('nothing that is there is touched: no file, no folder, and no link, even to nowhere', async () => {
  const folder = aFolder();
  writeFileSync(join(folder, 'file'), 'old');
  mkdirSync(join(folder, 'folder'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
  for (const name of ['file', 'folder', 'link']) {
    await expect(writeNewFile(join(folder, name), 'new')).rejects.toMatchObject({ code: 'EEXIST' });
  }
  expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
  expect(readdirSync(folder).toSorted()).toEqual(['file', 'folder', 'link']);
});

test('a file that does not fit on the disk is removed again', async (context) => {
  const disk = aFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'punchline', disk], { stdio: 'pipe' });
  } catch {
    skipWithout(context, 'this user may not mount a disk');
  }
  onTestFinished(() => void execFileSync('umount', ['-l', disk]));
  await expect(writeNewFile(join(disk, 'large'), 'x'.repeat(100_000))).rejects.toMatchObject({
    code: 'ENOSPC',
  });
  expect(readdirSync(disk)).toEqual([]);
});
