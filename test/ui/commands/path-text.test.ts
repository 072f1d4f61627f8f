import { assert, constantFrom, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { readPath, readQuoted, writePath } from '../../../source/ui/commands/path-text.ts';

test.each([
  ['notes.txt', 'notes.txt'],
  ['a b.txt', 'a b.txt'],
  [String.raw`a\ b.txt`, 'a b.txt'],
  [`'a b.txt'`, 'a b.txt'],
  [`"a b.txt"`, 'a b.txt'],
  [String.raw`'it'\''s'`, `it's`],
  [String.raw`"a \"quoted\" one"`, 'a "quoted" one'],
  [String.raw`\(draft\)\ \&\ more`, '(draft) & more'],
  [String.raw`C:\Users\ada\x.txt`, String.raw`C:\Users\ada\x.txt`],
  ['file:///home/ada/a%20b.txt', '/home/ada/a b.txt'],
  ['file://localhost/home/%C3%A9.txt', '/home/é.txt'],
  [`file:///home/ada/it's%20%22here%22`, `/home/ada/it's "here"`],
  ['file://elsewhere/x', 'file://elsewhere/x'],
  ['file:///100%', 'file:///100%'],
  [`'unclosed`, 'unclosed'],
  [String.raw`ends with \ `.trimEnd(), String.raw`ends with \ `.trimEnd()],
  ['', ''],
])('%s means the path %s', (text, path) => {
  expect(readPath(text)).toBe(path);
});

test.each(['', '"', "'"] as const)('a path written in the quote (%s) is read as the same path', (quote) => {
  assert(
    property(
      string({ unit: constantFrom('a', '1', 'é', ' ', '\\', "'", '"', '\n', '/', '~', '.', '$', '(') }),
      (path) => {
        const written = writePath(path, quote);
        const { path: read, open } = readQuoted(written);
        expect({ read, open }).toEqual({ read: path, open: quote });
      },
    ),
  );
});
