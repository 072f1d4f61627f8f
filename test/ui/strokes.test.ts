import type { Key } from 'ink';
import { expect, test } from 'vitest';
import type { Stroke } from '../../source/ui/composer-state.ts';
import { strokeOfPaste, strokesOf } from '../../source/ui/strokes.ts';

const none: Key = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
  super: false,
  hyper: false,
  capsLock: false,
  numLock: false,
};

test.each<[input: string, key: Partial<Key>, strokes: Stroke[]]>([
  ['hello', {}, [{ text: 'hello' }]],
  ['hello\r', {}, [{ text: 'hello' }, { key: 'enter' }]],
  ['one\rtwo\r', {}, [{ text: 'one' }, { key: 'enter' }, { text: 'two' }, { key: 'enter' }]],
  ['one\r\ntwo', {}, [{ text: 'one' }, { key: 'enter' }, { text: 'two' }]],
  ['\n', {}, [{ key: 'enter' }]],
  ['ab\u0001c', {}, [{ text: 'ab' }, { key: 'C-a' }, { text: 'c' }]],
  ['a\u007Fb', {}, [{ text: 'a' }, { key: 'backspace' }, { text: 'b' }]],
  ['\t', { tab: true }, [{ key: 'tab' }]],
  ['', { return: true }, [{ key: 'enter' }]],
  ['', { return: true, meta: true }, [{ key: 'M-enter' }]],
  ['a', { ctrl: true }, [{ key: 'C-a' }]],
  ['b', { meta: true }, [{ key: 'M-b' }]],
  ['B', { meta: true, shift: true }, [{ key: 'M-b' }]],
  ['', { leftArrow: true, ctrl: true }, [{ key: 'C-left' }]],
  ['', { backspace: true, meta: true }, [{ key: 'M-backspace' }]],
  ['', {}, []],
  ['a', { eventType: 'release' }, []],
  ['日本', {}, [{ text: '日本' }]],
])('%j with %o', (input, key, strokes) => {
  expect(strokesOf(input, { ...none, ...key })).toEqual(strokes);
});

test('a paste keeps its lines', () => {
  expect(strokeOfPaste('one\rtwo\r\nthree\n')).toEqual({ text: 'one\ntwo\nthree\n' });
});
