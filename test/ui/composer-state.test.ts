import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ComposerState,
  emptyComposer,
  maxDraftLength,
  stepComposer,
  type Stroke,
} from '../../source/ui/composer-state.ts';

/** `abc|def`: the text and, at the bar, the cursor. */
function draft(text: string): ComposerState {
  return { ...emptyComposer, text: text.replace('|', ''), cursor: text.indexOf('|') };
}

function marked({ text, cursor }: ComposerState): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

function press(state: ComposerState, ...keys: readonly string[]): ComposerState {
  return keys.reduce((one, key) => stepComposer(one, { key }).state, state);
}

function type(state: ComposerState, text: string): ComposerState {
  return stepComposer(state, { text }).state;
}

const family = '👩‍👩‍👧‍👦';

test.each<[before: string, keys: string, after: string]>([
  ['one two|', 'C-a', '|one two'],
  ['one|two', 'C-e', 'onetwo|'],
  ['one|', 'C-b', 'on|e'],
  ['one|', 'C-f', 'one|'],
  ['|one', 'left', '|one'],
  ['|one', 'right', 'o|ne'],
  ['one|', 'home', '|one'],
  ['|one', 'end', 'one|'],
  ['one, two|', 'M-b', 'one, |two'],
  ['one, |two', 'M-b', '|one, two'],
  ['|one, two', 'M-f', 'one|, two'],
  ['one|, two', 'M-f', 'one, two|'],
  ['one|, two', 'C-right', 'one, two|'],
  ['one, two|', 'C-left', 'one, |two'],
  ['o|ne', 'C-d', 'o|e'],
  ['o|ne', 'delete', 'o|e'],
  ['one|', 'delete', 'one|'],
  ['one|', 'C-h', 'on|'],
  ['|one', 'backspace', '|one'],
  ['one a.b|', 'C-w', 'one |'],
  ['one a.b|', 'M-backspace', 'one a.|'],
  ['one  |', 'C-w', '|'],
  ['|one two', 'M-d', '| two'],
  ['one t|wo', 'C-u', '|wo'],
  ['one t|wo', 'C-k', 'one t|'],
  ['ab|', 'C-t', 'ba|'],
  ['a|bc', 'C-t', 'ba|c'],
  ['|ab', 'C-t', '|ab'],
  ['a|', 'C-t', 'a|'],
  ['ab|', 'C-c', '|'],
  // Lines: a pasted text has several.
  ['one\ntw|o', 'C-a', 'one\n|two'],
  ['on|e\ntwo', 'C-e', 'one|\ntwo'],
  ['one|\ntwo', 'C-k', 'one|two'],
  ['one\ntw|o', 'up', 'on|e\ntwo'],
  ['one\n|two', 'C-p', '|one\ntwo'],
  ['thre|e\ntwo', 'down', 'three\ntwo|'],
  ['one\ntwo|', 'C-u', 'one\n|'],
  // What a person takes for one character is one.
  [`a${family}|`, 'backspace', 'a|'],
  [`a${family}|b`, 'left', `a|${family}b`],
  [`|${family}b`, 'right', `${family}|b`],
  ['e\u0301|', 'backspace', '|'],
  ['🇩🇪🇫🇷|', 'backspace', '🇩🇪|'],
  ['日本|', 'C-b', '日|本'],
  [`a${family}|`, 'C-t', `${family}a|`],
  [`${family} e\u0301|`, 'M-b', `${family} |e\u0301`],
  // Not keys of ours.
  ['one|', 'C-g', 'one|'],
  ['one|', 'escape', 'one|'],
])('%s, %s: %s', (before, key, after) => {
  expect(marked(press(draft(before), key))).toBe(after);
});

test('text goes in at the cursor', () => {
  expect(marked(type(draft('a|d'), 'bc'))).toBe('abc|d');
});

test('a mark that comes in a read of its own joins the letter before it', () => {
  expect(marked(type(draft('e|'), '\u0301'))).toBe('e\u0301|');
});

test('text that joins what is behind the cursor takes the cursor behind it', () => {
  expect(marked(type(draft('👩|👧'), '\u200D'))).toBe('👩\u200D👧|');
});

test('C-y brings back what was cut, and cuts in a row add up', () => {
  const state = press(draft('one two three|'), 'C-w', 'C-w');
  expect(marked(state)).toBe('one |');
  expect(marked(press(state, 'C-y'))).toBe('one two three|');
  expect(marked(press(draft('a|b'), 'C-k', 'C-a', 'C-y'))).toBe('b|a');
  const both = press(draft('a b|c d'), 'C-w', 'M-d');
  expect(both.killed).toBe('bc');
});

test('a draft thrown away with C-c comes back with C-y', () => {
  expect(marked(press(draft('important|'), 'C-c', 'C-y'))).toBe('important|');
});

test.each<[before: string, key: string, effect: unknown]>([
  ['hello|', 'enter', { kind: 'submit', text: 'hello' }],
  ['|', 'enter', undefined],
  [' |', 'enter', undefined],
  ['|', 'C-d', { kind: 'leave' }],
  ['a|', 'C-d', undefined],
  ['|', 'C-c', { kind: 'interrupt' }],
  ['a|', 'C-c', undefined],
])('%s, %s asks for %o', (before, key, effect) => {
  expect(stepComposer(draft(before), { key }).effect).toEqual(effect);
});

test('Alt-Enter begins a new line', () => {
  expect(marked(press(draft('one|'), 'M-enter'))).toBe('one\n|');
});

test('the arrows walk through what was sent, and come back to the draft', () => {
  let state = ['one', 'two', 'two'].reduce((one, text) => press(type(one, text), 'enter'), emptyComposer);
  state = type(state, 'draft');
  expect(marked(press(state, 'up'))).toBe('two|');
  expect(marked(press(state, 'up', 'up'))).toBe('one|');
  expect(marked(press(state, 'up', 'up', 'up'))).toBe('one|');
  expect(marked(press(state, 'up', 'up', 'down'))).toBe('two|');
  expect(marked(press(state, 'up', 'up', 'down', 'down'))).toBe('draft|');
  expect(marked(press(state, 'down'))).toBe('draft|');
});

test('a recalled line that was changed is a draft of its own', () => {
  const state = type(press(type(emptyComposer, 'one'), 'enter', 'up'), '!');
  expect(marked(state)).toBe('one!|');
  expect(marked(press(state, 'up', 'down'))).toBe('one!|');
});

test('a draft longer than any message is refused, and kept as it was', () => {
  const full = type(emptyComposer, 'x'.repeat(maxDraftLength));
  expect(stepComposer(full, { text: 'y' })).toEqual({ state: full, effect: { kind: 'full' } });
});

const keys = `left right up down home end backspace delete enter M-enter M-backspace
  C-a C-e C-b C-f M-b M-f C-d C-h C-w M-d C-u C-k C-y C-t C-c`.split(/\s+/);
const pieces = [
  'a',
  ' ',
  '\n',
  'é',
  'e\u0301',
  '\u0301',
  '日',
  family,
  '👩',
  '\u200D',
  '🇩',
  '🇪🇫',
  '\uD83D',
  '\uDC69',
  '़',
  'क',
];
const stroke: fc.Arbitrary<Stroke> = fc.oneof(
  fc.constantFrom(...keys).map((key) => ({ key })),
  fc
    .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 })
    .map((some) => ({ text: some.join('') })),
);

test('whatever is typed, the text is well formed and the cursor between two clusters', () => {
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  fc.assert(
    fc.property(fc.array(stroke, { maxLength: 60 }), (strokes) => {
      let state = emptyComposer;
      for (const one of strokes) {
        state = stepComposer(state, one).state;
        expect(state.text.isWellFormed()).toBe(true);
        const boundaries = Array.from(segmenter.segment(state.text), ({ index }) => index);
        expect([...boundaries, state.text.length]).toContain(state.cursor);
      }
    }),
  );
});
