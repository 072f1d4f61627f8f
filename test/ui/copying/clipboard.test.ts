import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { clipboardSequence, clipboardWay } from '../../../source/ui/copying/clipboard.ts';

const text = 'two\nlines, é and \u001B]52;c;!\u0007';
const base64 = Buffer.from(text).toString('base64');

test.each([
  [{ TERM: 'xterm-256color' }, 'terminal'],
  [{ TERM: 'tmux-256color', TMUX: '/tmp/tmux-0/default,1,0' }, 'tmux'],
  [{ TERM: 'screen', STY: '1.pts-0' }, 'screen'],
  // Over ssh from within tmux or screen, nobody knows which of the two it is.
  [{ TERM: 'screen-256color' }, 'terminal'],
  [{ WT_SESSION: 'x' }, 'terminal'],
  [{ TERM: 'linux' }, undefined],
  [{ TERM: 'dumb' }, undefined],
  [{}, undefined],
])('the environment %j means the way %s', (environment, way) => {
  expect(clipboardWay(environment)).toBe(way);
});

test('the text is in one OSC 52 sequence as base64, which cannot end it', () => {
  expect(clipboardSequence(text, 'terminal')).toBe(`\u001B]52;c;${base64}\u0007`);
});

test('tmux gets the sequence for itself, and once more to pass on', () => {
  expect(clipboardSequence(text, 'tmux')).toBe(
    `\u001B]52;c;${base64}\u0007\u001BPtmux;\u001B\u001B]52;c;${base64}\u0007\u001B\\`,
  );
});

test('GNU screen passes on what is in its sequences, none of which is longer than 768 bytes', () => {
  const long = 'long '.repeat(2000);
  // oxlint-disable no-control-regex -- escape sequences are what this is about
  const sequences = clipboardSequence(long, 'screen').split(/(?<=\u001B\\)/);
  const parts = sequences.map((sequence) => /^\u001BP([^]*)\u001B\\$/.exec(sequence)?.[1] ?? 'no sequence');
  // oxlint-enable no-control-regex
  expect(parts.join('')).toBe(clipboardSequence(long, 'terminal'));
  expect(sequences.length).toBeGreaterThan(10);
  expect(Math.max(...sequences.map(({ length }) => length))).toBeLessThan(768);
});
