import { expect, test } from 'vitest';
import { linksOf } from '../../../source/ui/links.ts';

test.each<[string, string, readonly string[]]>([
  [
    'a sentence around it',
    'see https://example.org/a, then (https://example.org/b).',
    ['https://example.org/a', 'https://example.org/b'],
  ],
  [
    'brackets that belong to it',
    'https://example.org/wiki/Mercury_(planet)',
    ['https://example.org/wiki/Mercury_(planet)'],
  ],
  ['no host', 'https:// and https://?', []],
  ['another scheme', 'javascript:alert(1) file:///etc/passwd', []],
  ['hidden characters end it', 'https://example.org/⟨U+202E⟩gpj.exe', ['https://example.org/']],
])('%s', (_, text, expected) => {
  expect(linksOf(text).map(({ start, end }) => text.slice(start, end))).toEqual(expected);
});

test.each<[string, string | undefined]>([
  ['https://example.org/path', undefined],
  ['https://EXAMPLE.org:8080', undefined],
  ['https://ex\u0430mple.org', 'xn--exmple-4nf.org'],
  ['https://example.org@evil.test/', 'evil.test'],
  ['https://example.org\\@evil.test/', undefined],
  ['https://ex%61mple.org/', 'example.org'],
])('%s leads to %s', (text, host) => {
  expect(linksOf(text).map((link) => link.host)).toEqual([host]);
});
