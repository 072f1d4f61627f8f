import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listFiles } from '../../../../source/connect/files/disk/list-files.ts';
import { aFolder, connectedSides, offerTo } from '../../../helpers/sessions/file-sides.ts';

/** A path whose last part is these bytes. */
function rawPath(folder: string, name: string) {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
}

test('the folder that a dot names is offered under its own name', async () => {
  expect((await listFiles('source/text')).name).toBe('text');
  expect((await listFiles('source/text/.')).name).toBe('text');
  expect((await listFiles('')).name).toBe(basename(process.cwd()));
});

describe('names that are not UTF-8', () => {
  test('are sent with their bytes made visible, and every file arrives', async () => {
    const folder = aFolder();
    mkdirSync(rawPath(folder, 'd\u{E9}'));
    writeFileSync(Buffer.concat([rawPath(folder, 'd\u{E9}'), Buffer.from('/x\u{F6}', 'latin1')]), 'deep');
    writeFileSync(rawPath(folder, 'caf\u{E9}.txt'), 'latin');
    writeFileSync(join(folder, 'caf⟨0xE9⟩.txt'), 'literal');
    writeFileSync(join(folder, 'café.txt'), 'utf-8');
    const [a, b] = connectedSides();
    await a.files.send(folder);
    (await offerTo(b)).accept();
    const { path = '' } = await b.until('r1', 'done');
    const here = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const content = Object.fromEntries(
      here.map((file) => [file.slice(path.length), readFileSync(file, 'utf8')]),
    );
    expect(content).toEqual({
      '/café.txt': 'utf-8',
      '/caf⟨0xE9⟩.txt': 'literal',
      '/caf⟨0xE9⟩ (1).txt': 'latin',
      '/d⟨0xE9⟩/x⟨0xF6⟩': 'deep',
    });
  });

  test('are left out if they are those of links and pipes, as others are', async () => {
    const folder = aFolder();
    writeFileSync(rawPath(folder, '\u{E9}'), 'x');
    symlinkSync('/nowhere', rawPath(folder, '\u{E8}'));
    execFileSync('sh', ['-c', String.raw`mkfifo "$(printf '%s/\352' "$0")"`, folder]);
    const { leftOut, unreadable, entries } = await listFiles(folder);
    expect({ leftOut, unreadable }).toEqual({ leftOut: 2, unreadable: [] });
    expect(entries.map(({ inside }) => inside)).toEqual(['⟨0xE9⟩']);
  });

  test('are left out with the reason if their path becomes too long', async () => {
    const folder = aFolder();
    writeFileSync(join(folder, 'x'), 'x');
    let deepest = Buffer.from(folder);
    for (let level = 0; level < 9; level += 1) {
      deepest = Buffer.concat([deepest, Buffer.from('/'), Buffer.alloc(255, 0xe9)]);
      mkdirSync(deepest);
    }
    const { files, unreadable, entries } = await listFiles(folder);
    expect({ files, entries: entries.length }).toEqual({ files: 1, entries: 8 });
    const [left, ...others] = unreadable;
    expect(left).toMatchObject({ reason: 'its path is too long' });
    expect(others).toEqual([]);
  });
});

test.each(['links', 'files', 'files in folders'])(
  'a folder of more %s than allowed is refused',
  async (kind) => {
    const folder = aFolder();
    for (let n = 0; n < 4; n += 1) {
      const within = kind === 'files in folders' ? join(folder, String(n % 2)) : folder;
      mkdirSync(within, { recursive: true });
      if (kind === 'links') {
        symlinkSync('x', join(within, String(n)));
      } else {
        writeFileSync(join(within, String(n)), '');
      }
    }
    await expect(listFiles(folder, { maxEntries: 3 })).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: `${folder} cannot be sent: it holds more than 3 files and folders`,
    });
    expect(await listFiles(folder, { maxEntries: 6 })).toMatchObject({ name: basename(folder) });
  },
);

test.each([
  ['to what is not there', '/nowhere/at/all'],
  ['to itself', 'link'],
])('a link %s is refused as a link that leads nowhere', async (_, target) => {
  const link = join(aFolder(), 'link');
  symlinkSync(target, link);
  await expect(listFiles(link)).rejects.toMatchObject({
    code: 'ERR_FILE',
    message: `${link} cannot be sent: it is a link that leads nowhere`,
  });
});

test('a path that is not there is refused by its whole name', async () => {
  await expect(listFiles('nowhere/at/all')).rejects.toMatchObject({
    message: `${join(process.cwd(), 'nowhere/at/all')} cannot be sent: it is not there`,
    hint: 'Choose another file.',
  });
});
