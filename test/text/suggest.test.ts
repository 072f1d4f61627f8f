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
])('for %s it suggests %s', (word, meant) => {
  expect(suggest(word, commands)).toBe(meant);
});

test.each([['quit'], ['x'], [''], ['d'], ['four'], ['Chat now']])('for %j it suggests nothing', (word) => {
  expect(suggest(word, commands)).toBeUndefined();
});

test('it suggests the shortest of several completions', () => {
  expect(suggest('act', ['action', 'actor'])).toBe('actor');
});

test('of two that are equally close, it suggests the one that begins like the word', () => {
  expect(suggest('cat', ['bat', 'cap'])).toBe('cap');
});

test('for a very long word it suggests nothing, and takes no time', () => {
  expect(suggest('c'.repeat(100_000), commands)).toBeUndefined();
});

test('without candidates it suggests nothing', () => {
  expect(suggest('chat', [])).toBeUndefined();
});
