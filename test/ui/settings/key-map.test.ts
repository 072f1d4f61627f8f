import { describe, expect, test } from 'vitest';
import { actionNames, actions } from '../../../source/ui/settings/actions.ts';
import {
  actionOf,
  createKeyMap,
  defaultKeyMap,
  isPrefix,
  keysOf,
  keyText,
  parseKey,
} from '../../../source/ui/settings/key-map.ts';

describe('the keys by default', () => {
  const all = actionNames.flatMap((action): readonly string[] => actions[action].keys);

  test('each do one thing', () => {
    expect(new Set(all).size).toBe(all.length);
  });

  test('can all be reached: none is the first of two', () => {
    expect(all.filter((key) => isPrefix(defaultKeyMap, key))).toEqual([]);
  });

  test('are read as they are written', () => {
    expect(all.map((key) => parseKey(keyText(key)))).toEqual(all);
  });
});

test.each([
  ['C-a', 'Ctrl-A'],
  ['C-M-S-left', 'Ctrl-Alt-Shift-Left'],
  ['C-x C-e', 'Ctrl-X Ctrl-E'],
  ['f1', 'F1'],
  ['C-_', 'Ctrl-_'],
  ['M-<', 'Alt-<'],
  ['pageup', 'PgUp'],
])('%s is written %s', (key, text) => {
  expect(keyText(key)).toBe(text);
  expect(parseKey(text)).toBe(key);
  expect(parseKey(` ${text.toLowerCase()} `)).toBe(key);
});

test.each([
  '',
  'x',
  'Shift-X',
  'Space',
  'Shift-Space',
  'Ctrl-',
  'Ctrl-é',
  'Meta-X',
  'F13',
  'Ctrl-X Ctrl-Y Ctrl-Z',
])('%j is no key', (text) => {
  expect(parseKey(text)).toBeUndefined();
});

describe('wished keys', () => {
  test('stand in the place of those by default, and are taken from other actions', () => {
    const keys = createKeyMap({ undo: ['C-z', 'C-w'] });
    expect(keysOf(keys, 'undo').toSorted()).toEqual(['C-w', 'C-z']);
    expect(actionOf(keys, 'C-_')).toBeUndefined();
    expect(actionOf(keys, 'C-w')).toBe('undo');
    expect(actionOf(keys, 'C-a')).toBe('line-start');
  });

  test('may be none', () => {
    expect(keysOf(createKeyMap({ help: [] }), 'help')).toEqual([]);
  });

  test('may be one that was the first of two, which then are no more', () => {
    const keys = createKeyMap({ interrupt: ['C-x'] });
    expect(isPrefix(keys, 'C-x')).toBe(false);
    expect(actionOf(keys, 'C-x C-e')).toBeUndefined();
    expect(isPrefix(createKeyMap({ undo: ['C-a C-a'] }), 'C-a')).toBe(true);
    expect(actionOf(createKeyMap({ undo: ['C-a C-a'] }), 'C-a')).toBeUndefined();
  });
});

test('Shift makes no other key where it has no action of its own', () => {
  expect(actionOf(defaultKeyMap, 'S-left')).toBe('char-left');
  expect(actionOf(defaultKeyMap, 'C-S-left')).toBe('word-left');
  expect(actionOf(defaultKeyMap, 'S-enter')).toBe('new-line');
});
