import { expect, test } from 'vitest';
import { suggest } from '../../source/text/suggest.ts';

const commands = ['chat', 'serve', 'pipe', 'doctor', 'lab', 'demo'];

test.each([
  ['srve', 'serve'],
  ['caht', 'chat'],
  ['doc', 'doctor'],
  ['serv', 'serve'],
  ['pip', 'pipe'],
  ['demp', 'demo'],
  ['docter', 'doctor'],
  ['lap', 'lab'],
  ['chats', 'chat'],
])('%s means %s', (word, meant) => {
  expect(suggest(word, commands)).toBe(meant);
});

test.each([['quit'], ['x'], [''], ['d'], ['four'], ['Chat now']])('%s means nothing', (word) => {
  expect(suggest(word, commands)).toBeUndefined();
});

test('the shortest of several completions is meant', () => {
  expect(suggest('act', ['action', 'actor'])).toBe('actor');
});

test('of two that are equally close, the one that begins alike is meant', () => {
  expect(suggest('cat', ['bat', 'cap'])).toBe('cap');
});

test('a word of any length means nothing quickly', () => {
  expect(suggest('c'.repeat(100_000), commands)).toBeUndefined();
});

test('nothing is meant where there is nothing', () => {
  expect(suggest('chat', [])).toBeUndefined();
});
