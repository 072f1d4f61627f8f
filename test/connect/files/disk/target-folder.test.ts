import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { expectTargetFolder, settle } from '../../../../source/connect/files/disk/target-folder.ts';
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

/** The longest path that Linux takes is 4,095 bytes. This one leaves 40, too few for what a transfer makes. */
function longFolder(): string {
  let path = realpathSync(aFolder());
  while (path.length < 4055) {
    path = join(path, 'x'.repeat(Math.min(200, 4054 - path.length)));
  }
  return path;
}

describe('a folder for files to come', () => {
  test('is taken if files can be put there, and nothing is left in it', async () => {
    const folder = aFolder();
    symlinkSync(folder, join(folder, 'link'));
    await expectTargetFolder(folder);
    await expectTargetFolder(join(folder, 'link'));
    expect(readdirSync(folder)).toEqual(['link']);
  });

  test.each<[string, string, (folder: string) => void]>([
    ['missing', 'it is not there', () => undefined],
    ['below a file', 'it is not a folder', (path) => writeFileSync(dirname(path), '')],
    ['a file', 'it is not a folder', (path) => writeFileSync(path, '')],
    ['a link to nothing', 'it is a link that leads nowhere', (path) => symlinkSync('nowhere', path)],
    ['a link to itself', 'it is a link that leads nowhere', (path) => symlinkSync(path, path)],
  ])('is refused, and named with the reason, if it is %s', async (kind, why, make) => {
    const above = join(aFolder(), 'above');
    if (kind !== 'below a file') {
      mkdirSync(above);
    }
    const path = join(above, 'in');
    make(path);
    await expect(expectTargetFolder(path)).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: `nothing can be put into ${path}: ${why}`,
      hint: kind === 'missing' ? 'Make that folder, or choose another one.' : 'Choose another folder.',
    });
  });

  test.runIf(process.platform === 'linux')('is refused if its path leaves no room for names', async () => {
    const path = longFolder();
    mkdirSync(path, { recursive: true });
    await expect(expectTargetFolder(path)).rejects.toMatchObject({
      message: `nothing can be put into ${path}: its name or path is too long`,
    });
    expect(readdirSync(path)).toEqual([]);
  });

  test.runIf(process.platform === 'linux')('is refused if its file system takes no new folders', async () => {
    await expect(expectTargetFolder('/proc')).rejects.toMatchObject({
      message: expect.stringMatching(
        /^nothing can be put into \/proc: (it takes no new folders|this user has no permission|the disk is read-only)$/,
      ) as string,
      hint: 'Choose another folder.',
    });
  });
});
