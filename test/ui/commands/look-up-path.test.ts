/** Completes paths on a real disk. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { abbreviateHome, expandHome } from '../../../source/storage/home-folder.ts';
import { listFolder, lookUpPath } from '../../../source/ui/commands/look-up-path.ts';

const root = mkdtempSync(join(tmpdir(), 'punchline-paths-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
mkdirSync(join(root, 'My files', 'deep'), { recursive: true });
writeFileSync(join(root, 'My files', 'one two.txt'), '');
writeFileSync(join(root, '.secret'), '');
writeFileSync(join(root, 'notes\u001B[2J.txt'), '');
symlinkSync(join(root, 'My files'), join(root, 'link'));
symlinkSync('nowhere', join(root, 'broken'));

function tab(typed: string, isFolder = false): ReturnType<typeof lookUpPath> {
  return lookUpPath({ head: '/send ', typed, isFolder });
}

test('each Tab completes more of a path', async () => {
  expect(await tab(`${root}/My`)).toMatchObject({ text: `/send ${root}/My\\ files/` });
  expect(await tab(`${root}/My\\ files/o`)).toMatchObject({ text: `/send ${root}/My\\ files/one\\ two.txt` });
  expect(await tab(`"${root}/My files/o`)).toMatchObject({ text: `/send "${root}/My files/one two.txt"` });
});

test('a link to a folder counts as a folder, and a broken link is listed', async () => {
  expect(await tab(`${root}/li`)).toMatchObject({ text: `/send ${root}/link/` });
  expect(await tab(`${root}/br`)).toMatchObject({ text: `/send ${root}/broken` });
});

test('~ is the home folder', async () => {
  vi.stubEnv('HOME', root);
  expect(await tab('~/My')).toMatchObject({ text: '/send ~/My\\ files/' });
  vi.unstubAllEnvs();
});

test.each(['', 'home'])('a HOME of "%s" is not a home folder', (home) => {
  vi.stubEnv('HOME', home);
  expect(expandHome('~/My files')).toBe('~/My files');
  expect(abbreviateHome('/My files')).toBe('/My files');
  vi.unstubAllEnvs();
});

test('no files are listed if a folder is wanted', async () => {
  expect(await tab(`${root}/My\\ files/`, true)).toMatchObject({ text: `/send ${root}/My\\ files/deep/` });
  expect(await tab(`${root}/My\\ files/o`, true)).toEqual({ notice: 'No folder there begins with o' });
});

test.each([
  ['nothing/x', /^nothing\/ cannot be read: it is not there\.$/],
  ['/dev/null/x', /^\/dev\/null\/ cannot be read: it is not a folder\.$/],
])('%s cannot be completed, and the reason is told', async (typed, notice) => {
  expect(await tab(typed)).toEqual({ notice: expect.stringMatching(notice) as string });
});

test('a name that is not UTF-8 is not offered, because nobody can type it, and the notice says so', async () => {
  const latin = join(root, 'latin');
  mkdirSync(latin);
  for (const name of ['caf\u{E9}.txt', 'caf\u{E9}dir']) {
    writeFileSync(Buffer.concat([Buffer.from(`${latin}/`), Buffer.from(name, 'latin1')]), '');
  }
  expect(await tab(`${latin}/caf`)).toEqual({
    notice:
      'No file or folder there begins with caf, except names that are not UTF-8 and cannot be typed. Send the folder, or rename them.',
  });
  expect(await tab(`${latin}/`)).toEqual({
    notice:
      'This folder contains no file or folder, except names that are not UTF-8 and cannot be typed. Send the folder, or rename them.',
  });
  expect(await tab(`${latin}/x`)).toEqual({ notice: 'No file or folder there begins with x' });
  const empty = join(root, 'empty');
  mkdirSync(empty);
  expect(await tab(`${empty}/`)).toEqual({ notice: 'This folder contains no file or folder.' });
  writeFileSync(join(latin, 'cafe.txt'), '');
  writeFileSync(join(latin, '\u{FFFD}.txt'), '');
  expect(await tab(`${latin}/caf`)).toMatchObject({ text: `/send ${latin}/cafe.txt`, choices: [] });
  expect(await tab(`${latin}/\u{FFFD}`)).toMatchObject({ text: `/send ${latin}/\u{FFFD}.txt` });
});

test('a huge folder is not read into memory', async () => {
  const big = join(root, 'big');
  mkdirSync(big);
  for (let n = 0; n < 101; n += 1) {
    symlinkSync('x', join(big, `f${n}`));
  }
  const limits = { maxMs: 60_000, maxItems: 100 };
  expect(await listFolder(`${big}/`, () => true, limits)).toBeUndefined();
  expect((await listFolder(`${big}/`, (name) => name !== 'f77', limits))?.items).toHaveLength(100);
  expect((await listFolder(`${big}/`, (name) => name === 'f77', limits))?.items).toEqual([
    { name: 'f77', isFolder: false },
  ]);
});
