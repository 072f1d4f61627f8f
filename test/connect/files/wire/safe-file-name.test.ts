import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isHiddenName,
  numberedName,
  safeFileName,
} from '../../../../source/connect/files/wire/safe-file-name.ts';
import { hostileText } from '../../../helpers/strangers/hostile-bytes.ts';
import { codePoint } from '../../../helpers/strangers/code-point.ts';

describe('the name of a file', () => {
  test.each([
    ['photo.jpg', 'photo.jpg'],
    ['Grüße 🙂.txt', 'Grüße 🙂.txt'],
    ['../../.ssh/config', '__.._.ssh_config'],
    ['/etc/passwd', '_etc_passwd'],
    [String.raw`C:\x`, 'C__x'],
    [String.raw`..\..\x`, '__.._x'],
    ['.bashrc', '_bashrc'],
    ['.', 'file'],
    ['..', 'file'],
    ['...', 'file'],
    ['', 'file'],
    [' \t ', 'file'],
    ['x. . ', 'x'],
    ['nul', '_nul'],
    ['COM1.txt', '_COM1.txt'],
    ['aux .h', '_aux .h'],
    ['console.log', 'console.log'],
    ['a\u001B[2J\nb', 'a␛[2J␊b'],
    ['gpj\u202Eexe.scr', 'gpj⟨U+202E⟩exe.scr'],
    ['\u200B', '⟨U+200B⟩'],
    ['a:b*c?"<>|', 'a_b_c_____'],
    [' .git', '_git'],
    ['\u00A0.git', '_git'],
    ['-rf', '_rf'],
    ['--checkpoint-action=exec=sh x', '_-checkpoint-action=exec=sh x'],
    ['HEAD', '_HEAD'],
    ['head.c', 'head.c'],
    ['Desktop.ini', '_Desktop.ini'],
    ['AUTORUN.INF', '_AUTORUN.INF'],
    ['Thumbs.db', '_Thumbs.db'],
    ['git~1', 'git~1'],
    ['~', '~'],
  ])('%j becomes %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });

  test.each([
    ['.bashrc', '.bashrc'],
    [' .git', '.git'],
    ['HEAD', 'HEAD'],
    ['desktop.ini', 'desktop.ini'],
    ['..', 'file'],
    ['..x', '..x'],
    ['.x.', '.x'],
    ['.', 'file'],
    ['-rf', '_rf'],
    ['nul', '_nul'],
    ['.punchline-0123456789abcdef.part', '_punchline-0123456789abcdef.part'],
    ['.PUNCHLINE-x', '_PUNCHLINE-x'],
  ])('%j is %j if hidden names stay', (name, safe) => {
    expect(safeFileName(name, true)).toBe(safe);
  });

  test('is hidden if the two differ', () => {
    const names = ['.a', ' .a', 'HEAD', 'a', '..', '', '-x', 'nul', '.punchline-x'];
    expect(names.filter((name) => isHiddenName(name))).toEqual(['.a', ' .a', 'HEAD']);
  });

  test('of 300 bytes is cut before its extension, between characters', () => {
    const name = safeFileName(`${'ä'.repeat(150)}.jpg`);
    expect(name).toMatch(/^ä+\.jpg$/);
    expect(Buffer.byteLength(name)).toBe(246);
  });

  test('becomes one component that every system takes, also with a number', () => {
    const holds = fc.property(
      fc.oneof(hostileText(fc.string()), fc.string({ unit: codePoint, maxLength: 600 })),
      (text) => {
        const [visible, kept] = [safeFileName(text), safeFileName(text, true)];
        expect(visible).not.toMatch(/^[. ]/);
        expect(safeFileName(visible)).toBe(visible);
        for (const name of [visible, kept, numberedName(visible, 999), numberedName(kept, 999)]) {
          expect(name).not.toMatch(/[/\\:*?"<>|\p{Cc}]|^[- ]|[. ]$|^$/u);
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        }
      },
    );
    expect(() => fc.assert(holds)).not.toThrow();
  });

  test.each([
    ['photo.jpg', 'photo (1).jpg'],
    ['archive.tar.gz', 'archive.tar (1).gz'],
    ['readme', 'readme (1)'],
    ['a.this is no extension at all', 'a.this is no extension at all (1)'],
  ])('%s has its number before the extension: %s', (name, numbered) => {
    expect(numberedName(name, 1)).toBe(numbered);
    expect(numberedName(name, 0)).toBe(name);
  });
});
