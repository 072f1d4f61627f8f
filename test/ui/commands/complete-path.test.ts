import { expect, test } from 'vitest';
import { completePath, type FolderItem, isSought, soughtOf } from '../../../source/ui/commands/completion.ts';

const items: readonly FolderItem[] = [
  { name: 'holiday', isFolder: true },
  { name: 'holiday plans.txt', isFolder: false },
  { name: 'hosts', isFolder: false },
  { name: "it's here.txt", isFolder: false },
  { name: '.hidden', isFolder: false },
];

function tab(typed: string): ReturnType<typeof completePath> {
  const sought = soughtOf(typed);
  return completePath(
    typed,
    items.filter(({ name }) => isSought(sought, name)),
  );
}

test.each([
  ['', '', ''],
  ['Down', '', 'Down'],
  ['~/Down', '~/', 'Down'],
  ['/var/lo', '/var/', 'lo'],
  ['"My files/a b', 'My files/', 'a b'],
  [String.raw`My\ files/a\ b`, 'My files/', 'a b'],
])('%s is looked for in the folder "%s"', (typed, folder, prefix) => {
  expect(soughtOf(typed)).toEqual({ folder, prefix });
});

test.each([
  ['hos', 'hosts'],
  ['ho', 'ho'],
  ['hol', 'holiday'],
  ['holiday ', String.raw`holiday\ plans.txt`],
  [String.raw`holiday\ `, String.raw`holiday\ plans.txt`],
  ['"holiday ', '"holiday plans.txt"'],
  ["'it", String.raw`'it'\''s here.txt'`],
  ['it', String.raw`it\'s\ here.txt`],
  ['.h', '.hidden'],
  ['~', '~/'],
  ['..', '../'],
  ['../..', '../../'],
  ['.', '.hidden'],
  ['sub/ho', 'sub/ho'],
])('Tab makes of %s: %s', (typed, text) => {
  expect(tab(typed)?.text).toBe(text);
});

test('a folder that is the only one gets a slash, and its quote stays open', () => {
  const folder = [{ name: 'a b', isFolder: true }];
  expect(completePath('a', folder)).toEqual({ text: String.raw`a\ b/`, choices: [] });
  expect(completePath('"a', folder)).toEqual({ text: '"a b/', choices: [] });
});

test('of several, what they share, and all of them in order, folders with a slash', () => {
  expect(tab('h')).toEqual({ text: 'ho', choices: ['holiday/', 'holiday plans.txt', 'hosts'] });
});

test('hidden files are there only for who types the dot', () => {
  expect(tab('')?.choices).not.toContain('.hidden');
});

test('what nothing begins with is not completed', () => {
  expect(tab('x')).toBeUndefined();
});

test('of very many, some and how many more', () => {
  const many = Array.from({ length: 100 }, (_, n) => ({ name: `file ${n}`, isFolder: false }));
  const completion = completePath('f', many);
  expect(completion?.text).toBe(String.raw`file\ `);
  expect(completion?.choices).toHaveLength(31);
  expect(completion?.choices.at(-1)).toBe('… and 70 more');
});

test('what two names share is never half a character', () => {
  const two = ['a😀', 'a😁'].map((name) => ({ name, isFolder: false }));
  expect(completePath('a', two)?.text).toBe('a');
});
