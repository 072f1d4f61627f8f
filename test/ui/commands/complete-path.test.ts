import { expect, test } from 'vitest';
import {
  completePath,
  type FolderItem,
  matchesQuery,
  pathQueryOf,
} from '../../../source/ui/commands/complete-path.ts';

const items: readonly FolderItem[] = [
  { name: 'holiday', isFolder: true },
  { name: 'holiday plans.txt', isFolder: false },
  { name: 'hosts', isFolder: false },
  { name: "it's here.txt", isFolder: false },
  { name: '.hidden', isFolder: false },
];

function tab(typed: string): ReturnType<typeof completePath> {
  const query = pathQueryOf(typed);
  return completePath(
    typed,
    items.filter(({ name }) => matchesQuery(query, name)),
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
  expect(pathQueryOf(typed)).toEqual({ folder, prefix });
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

test('the only match, if it is a folder, gets a slash, and its quote stays open', () => {
  const folder = [{ name: 'a b', isFolder: true }];
  expect(completePath('a', folder)).toEqual({ text: String.raw`a\ b/`, choices: [] });
  expect(completePath('"a', folder)).toEqual({ text: '"a b/', choices: [] });
});

test('several matches are listed in order, and completed as far as they agree', () => {
  expect(tab('h')).toEqual({ text: 'ho', choices: ['holiday/', 'holiday plans.txt', 'hosts'] });
});

test('hidden files match only if the dot was typed', () => {
  expect(tab('')?.choices).not.toContain('.hidden');
});

test('a beginning without a match is not completed', () => {
  expect(tab('x')).toBeUndefined();
});

test('a long list of matches is cut off, and the rest is counted', () => {
  const many = Array.from({ length: 100 }, (_, n) => ({ name: `file ${n}`, isFolder: false }));
  const completion = completePath('f', many);
  expect(completion?.text).toBe(String.raw`file\ `);
  expect(completion?.choices).toHaveLength(31);
  expect(completion?.choices.at(-1)).toBe('… and 70 more');
});

test('a common beginning never ends within a character', () => {
  const two = ['a😀', 'a😁'].map((name) => ({ name, isFolder: false }));
  expect(completePath('a', two)?.text).toBe('a');
});
