import { expect, test } from 'vitest';
import { linksOf } from '../../../source/ui/conversation/links.ts';

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

function parts(text: string): readonly string[] {
  return linksOf(text).map(({ start, end }) => text.slice(start, end));
}

test('closing brackets and dots of the sentence are not part of the link, however many there are', () => {
  const many = 20_000;
  expect(parts(`http://a.b/${')'.repeat(many)}`)).toEqual(['http://a.b/']);
  expect(parts(`http://a.b/${').'.repeat(many)}`)).toEqual(['http://a.b/']);
  expect(parts(`http://a.b/((${')'.repeat(many)}`)).toEqual(['http://a.b/(())']);
  const inside = `http://a.b/${'.'.repeat(many)}a`;
  expect(parts(inside)).toEqual([inside]);
});

test('a link that is too long for terminals is not made one, but its target is told', () => {
  const path = 'a'.repeat(2083);
  expect(linksOf(`http://example.org/${path}`)).toMatchObject([{ href: undefined, host: undefined }]);
  expect(linksOf(`http://bank.example@evil.test/${path}`)).toMatchObject([
    { href: undefined, host: 'evil.test' },
  ]);
  expect(linksOf(`http://${path}@evil.test`)).toMatchObject([{ href: undefined, host: 'evil.test' }]);
  // Escaped, each of these letters takes three times as many bytes.
  expect(linksOf(`http://example.org/${'é'.repeat(700)}`)).toMatchObject([{ href: undefined }]);
});

test('a host with too long a name is not parsed, and the text says so', () => {
  const letters = Array.from({ length: 20_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('');
  const overlong = [{ href: undefined, host: 'a host with too long a name' }];
  expect(linksOf(`http://${letters}/`)).toMatchObject(overlong);
  expect(linksOf(`http:////bank.example@${letters}`)).toMatchObject(overlong);
});
