import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { whatToSend } from '../../../source/cli/transfer/what-to-send.ts';

const folder = mkdtempSync(join(tmpdir(), 'punchline-words-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const photo = join(folder, 'photo.jpg');
/** A file whose name reads like an invite. */
const numbered = join(folder, '7-velvet-orbit');
for (const path of [photo, numbered]) {
  writeFileSync(path, '');
}

test.each<[string, string[], string[], string | undefined]>([
  ['a path', [photo], [photo], undefined],
  ['a path and an invite', [photo, '7-velvet-orbit@example.org'], [photo], '7-velvet-orbit@example.org'],
  ['stdin', ['-'], ['-'], undefined],
  ['an invite with spaces', [photo, '7', 'velvet', 'orbit'], [photo], '7 velvet orbit'],
  [
    'the line of the other side',
    [photo, 'punchline', 'receive', '7-velvet-orbit@[::1]:8877'],
    [photo],
    'punchline receive 7-velvet-orbit@[::1]:8877',
  ],
  ['a file named like an invite', [photo, numbered], [photo, numbered], undefined],
  ['a path that is not there, alone', ['gone.txt'], ['gone.txt'], undefined],
  [
    'a path that is not there, before an invite',
    ['gone.txt', '7-velvet-orbit'],
    ['gone.txt'],
    '7-velvet-orbit',
  ],
])('reads %s', (_, words, paths, invite) => {
  expect(whatToSend(words, false, [])).toEqual({ paths, invite });
});

test('reads a friend, unless it is the only word or a file of that name is there', () => {
  expect(whatToSend([photo, 'Ada'], false, ['ada'])).toEqual({ paths: [photo], invite: 'Ada' });
  expect(whatToSend(['ada'], true, ['ada'])).toEqual({ paths: [], invite: 'ada' });
  expect(whatToSend(['ada'], false, ['ada'])).toEqual({ paths: ['ada'], invite: undefined });
  expect(whatToSend([photo, photo], false, [photo])).toEqual({ paths: [photo, photo], invite: undefined });
});

test('needs no path beside a text', () => {
  expect(whatToSend(['7-velvet-orbit'], true, [])).toEqual({ paths: [], invite: '7-velvet-orbit' });
  expect(whatToSend([], true, [])).toEqual({ paths: [], invite: undefined });
});

test.each<[string[], boolean, string]>([
  [[], false, 'nothing is named that could be sent'],
  [['7-velvet-orbit@example.org'], false, 'nothing is named that could be sent'],
  [['-', '-'], false, 'stdin can be sent only once, and - stands there twice'],
  [[photo, 'gertrud'], false, "'gertrud' is neither a file, nor an invite, nor a friend"],
  [['gertrud'], true, "'gertrud' is neither a file, nor an invite, nor a friend"],
  [[photo, 'velvet-orbit'], false, 'the last word is neither a file, nor an invite, nor a friend'],
  [[photo, 'velvet'], false, 'the last word is neither a file, nor an invite, nor a friend'],
  [[photo, `${photo}/x`], false, `'${photo}/x' is neither a file, nor an invite, nor a friend`],
])('refuses %j (%#)', (words, hasText, message) => {
  expect(() => whatToSend(words, hasText, ['ada'])).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE', message }) as Error,
  );
});
