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
  const all = actionNames.flatMap((action): readonly string[] => actions[action]);

  test('each have one action', () => {
    expect(new Set(all).size).toBe(all.length);
  });

  test('can all be pressed: none is the first of a pair', () => {
    expect(all.filter((key) => isPrefix(defaultKeyMap, key))).toEqual([]);
  });

  test('are parsed from the names that are shown', () => {
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
])('%j is not a key', (text) => {
  expect(parseKey(text)).toBeUndefined();
});

describe('wished keys', () => {
  test('replace the default keys, and are taken away from other actions', () => {
    const keys = createKeyMap({ undo: ['C-z', 'C-w'] });
    expect(keysOf(keys, 'undo').toSorted()).toEqual(['C-w', 'C-z']);
    expect(actionOf(keys, 'C-_')).toBeUndefined();
    expect(actionOf(keys, 'C-w')).toBe('undo');
    expect(actionOf(keys, 'C-a')).toBe('line-start');
  });

  test('may be an empty list', () => {
    expect(keysOf(createKeyMap({ help: [] }), 'help')).toEqual([]);
  });

  test('may be the first key of a pair, which then has no action', () => {
    const keys = createKeyMap({ interrupt: ['C-x'] });
    expect(isPrefix(keys, 'C-x')).toBe(false);
    expect(actionOf(keys, 'C-x C-e')).toBeUndefined();
    expect(isPrefix(createKeyMap({ undo: ['C-a C-a'] }), 'C-a')).toBe(true);
    expect(actionOf(createKeyMap({ undo: ['C-a C-a'] }), 'C-a')).toBeUndefined();
  });
});

test('a key with Shift has the action of the key without it, unless it has its own', () => {
  expect(actionOf(defaultKeyMap, 'S-left')).toBe('char-left');
  expect(actionOf(defaultKeyMap, 'C-S-left')).toBe('word-left');
  expect(actionOf(defaultKeyMap, 'S-enter')).toBe('new-line');
});
