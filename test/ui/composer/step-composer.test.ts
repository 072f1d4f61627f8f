import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { actionOf, defaultKeyMap } from '../../../source/ui/settings/key-map.ts';
import { type ComposerState, emptyComposer } from '../../../source/ui/composer/composer-state.ts';
import {
  type ComposerStep,
  MAX_DRAFT_LENGTH,
  restoreDraft,
  selectDraft,
  stepComposer,
} from '../../../source/ui/composer/step-composer.ts';

/** Reads `abc|def`: the text, with the cursor at the bar. */
function draft(text: string): ComposerState {
  return { ...emptyComposer, text: text.replace('|', ''), cursor: text.indexOf('|') };
}

function marked({ text, cursor }: ComposerState): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

/** Presses a key with its default action. A key without an action does nothing. */
function stepKey(state: ComposerState, key: string): ComposerStep {
  const action = actionOf(defaultKeyMap, key);
  return action === undefined ? { state } : stepComposer(state, { action });
}

function press(state: ComposerState, ...keys: readonly string[]): ComposerState {
  return keys.reduce((one, key) => stepKey(one, key).state, state);
}

function type(state: ComposerState, text: string): ComposerState {
  return stepComposer(state, { text }).state;
}

function paste(state: ComposerState, text: string): ComposerState {
  return stepComposer(state, { paste: text, characters: text.length }).state;
}

/** A composer whose user has sent these texts. */
function sender(...texts: readonly string[]): ComposerState {
  return texts.reduce((one, text) => press(type(one, text), 'enter'), emptyComposer);
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
  ['one |two', 'M-t', 'two one|'],
  ['one two|', 'M-t', 'two one|'],
  ['a, b|', 'M-t', 'b, a|'],
  ['one|', 'M-t', 'one|'],
  ['|one two', 'M-u', 'ONE| two'],
  ['ON|E TWO', 'M-l', 'ONe| TWO'],
  ['|one two', 'M-c', 'One| two'],
  ['one| tWO', 'M-c', 'one Two|'],
  ['stra|ße', 'M-u', 'straSSE|'],
  ['one| two', 'C-delete', 'one|'],
  ['one\ntw|o', 'M-<', '|one\ntwo'],
  ['on|e\ntwo', 'M->', 'one\ntwo|'],
  ['one|', 'S-left', 'on|e'],
  ['one|', 'S-enter', 'one\n|'],
  // Drafts of several lines.
  ['one\ntw|o', 'C-a', 'one\n|two'],
  ['on|e\ntwo', 'C-e', 'one|\ntwo'],
  ['one|\ntwo', 'C-k', 'one|two'],
  ['one\ntw|o', 'up', 'on|e\ntwo'],
  ['one\n|two', 'C-p', '|one\ntwo'],
  ['thre|e\ntwo', 'down', 'three\ntwo|'],
  ['one\ntwo|', 'C-u', 'one\n|'],
  // A cluster counts as one character.
  [`a${family}|`, 'backspace', 'a|'],
  [`a${family}|b`, 'left', `a|${family}b`],
  [`|${family}b`, 'right', `${family}|b`],
  ['e\u0301|', 'backspace', '|'],
  ['🇩🇪🇫🇷|', 'backspace', '🇩🇪|'],
  // Right-to-left text is deleted in logical order: the last typed character first.
  ['שלום|', 'backspace', 'שלו|'],
  ['שלום עולם|', 'M-b', 'שלום |עולם'],
  ['|שלום', 'right', 'ש|לום'],
  ['क्षि|', 'backspace', '|'],
  ['日本|', 'C-b', '日|本'],
  [`a${family}|`, 'C-t', `${family}a|`],
  [`${family} e\u0301|`, 'M-b', `${family} |e\u0301`],
  // Keys that do nothing here.
  ['one|', 'C-g', 'one|'],
  ['one|', 'escape', 'one|'],
])('%s, %s: %s', (before, key, after) => {
  expect(marked(press(draft(before), key))).toBe(after);
});

test('text is inserted at the cursor', () => {
  expect(marked(type(draft('a|d'), 'bc'))).toBe('abc|d');
});

test('a combining mark that comes in its own read joins the letter before it', () => {
  expect(marked(type(draft('e|'), '\u0301'))).toBe('e\u0301|');
});

test('if inserted text joins the cluster after the cursor, the cursor moves after both', () => {
  expect(marked(type(draft('👩|👧'), '\u200D'))).toBe('👩\u200D👧|');
});

/** Pastes so many characters. `continues`: as the next part of the paste before. */
function pastePart(state: ComposerState, length: number, continues?: true): ComposerStep {
  const text = 'x'.repeat(length);
  const more = continues === undefined ? {} : { continues };
  return stepComposer(state, { paste: text, characters: length, ...more });
}

describe('a paste in several parts', () => {
  test('that is too long is refused as a whole, and so is the rest of it', () => {
    let { state } = pastePart(draft('a|b'), 60_000);
    expect(state.text).toHaveLength(60_002);
    for (const [length, all] of [
      [60_000, 120_000],
      [10, 120_010],
    ] as const) {
      const step = pastePart(state, length, true);
      expect(step.effect).toEqual({ kind: 'full', characters: all });
      expect(marked(step.state)).toBe('a|b');
      ({ state } = step);
    }
    expect(marked(type(state, 'c'))).toBe('ac|b');
    expect(marked(pastePart(state, 3).state)).toBe('axxx|b');
  });

  test('is taken back by one undo', () => {
    const state = pastePart(pastePart(draft('a|b'), 3).state, 2, true).state;
    expect(marked(state)).toBe('axxxxx|b');
    expect(marked(press(state, 'C-_'))).toBe('a|b');
  });

  test('ends with the next key', () => {
    const typed = type(pastePart(draft('|'), 3).state, 'y');
    const step = pastePart(typed, MAX_DRAFT_LENGTH, true);
    expect(step.effect).toEqual({ kind: 'full', characters: MAX_DRAFT_LENGTH });
    expect(marked(step.state)).toBe('xxxy|');
  });
});

describe('a refused line', () => {
  const refused = selectDraft(sender('hello', '/sned a'), '/sned a');

  test('is replaced by what is typed or pasted, and comes back with the key up', () => {
    expect(marked(type(refused, '/'))).toBe('/|');
    expect(marked(paste(refused, 'one'))).toBe('one|');
    expect(marked(press(type(refused, '/decline'), 'up'))).toBe('/sned a|');
    expect(marked(press(type(refused, '/decline'), 'up', 'down'))).toBe('/decline|');
    expect(marked(press(refused, 'backspace'))).toBe('|');
    expect(marked(type(type(refused, 'a'), 'b'))).toBe('ab|');
  });

  test.each(['left', 'end', 'C-a', 'M-b', 'up'])('can be corrected after the key %s', (key) => {
    const moved = press(refused, key);
    expect(moved.text).toBe('/sned a');
    expect(type(moved, 'x').text).toHaveLength('/sned a'.length + 1);
  });

  test('is continued by a space, because an argument may be missing', () => {
    expect(marked(type(refused, ' r2'))).toBe('/sned a r2|');
  });

  test('is sent again by Enter', () => {
    expect(stepKey(refused, 'enter').effect).toEqual({ kind: 'submit', text: '/sned a' });
  });
});

describe('a text that was cut', () => {
  test('is put back, together with cuts right before it', () => {
    const state = press(draft('one two three|'), 'C-w', 'C-w');
    expect(marked(state)).toBe('one |');
    expect(marked(press(state, 'C-y'))).toBe('one two three|');
    expect(marked(press(draft('a|b'), 'C-k', 'C-a', 'C-y'))).toBe('b|a');
    expect(marked(press(draft('a b|c d'), 'C-w', 'M-d', 'C-e', 'C-y'))).toBe('a  dbc|');
  });

  test('is kept, and M-y goes back through older ones', () => {
    const state = press(draft('one two three|'), 'C-w', 'C-e', 'C-w', 'left', 'C-w');
    expect(marked(press(state, 'C-y'))).toBe('one| ');
    expect(marked(press(state, 'C-y', 'M-y'))).toBe('two | ');
    expect(marked(press(state, 'C-y', 'M-y', 'M-y', 'M-y'))).toBe('one| ');
  });

  test('is not replaced by M-y after another key', () => {
    const state = press(draft('one two|'), 'C-w', 'C-e', 'C-w', 'C-y', 'left', 'M-y');
    expect(marked(state)).toBe('one| ');
  });

  test('is the whole draft with C-c', () => {
    expect(marked(press(draft('impor|tant'), 'C-c', 'C-y'))).toBe('important|');
  });
});

describe('undo', () => {
  test('takes typing back word by word, however it was cut into reads', () => {
    const state = Array.from('one two').reduce(type, emptyComposer);
    expect(marked(press(state, 'C-_'))).toBe('one |');
    expect(marked(press(state, 'C-_', 'C-_'))).toBe('|');
    expect(marked(press(state, 'C-_', 'C-_', 'C-_'))).toBe('|');
  });

  test('takes back a run of deletions, a cut or a paste as a whole', () => {
    expect(marked(press(draft('one|'), 'backspace', 'backspace', 'C-_'))).toBe('one|');
    expect(marked(press(draft('one two|'), 'C-w', 'C-x C-u'))).toBe('one two|');
    expect(marked(press(paste(draft('a|b'), 'x y z'), 'C-_'))).toBe('a|b');
    expect(press(draft('one|'), 'C-c', 'C-_').text).toBe('one');
  });
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
  expect(stepKey(draft(before), key).effect).toEqual(effect);
});

test('Alt-Enter begins a new line', () => {
  expect(marked(press(draft('one|'), 'M-enter'))).toBe('one\n|');
});

describe('the history', () => {
  test('is shown entry by entry with the arrows, and then the draft again', () => {
    const state = type(sender('one', 'two', 'two'), 'draft');
    expect(marked(press(state, 'up'))).toBe('two|');
    expect(marked(press(state, 'up', 'up'))).toBe('one|');
    expect(marked(press(state, 'up', 'up', 'up'))).toBe('one|');
    expect(marked(press(state, 'up', 'up', 'down'))).toBe('two|');
    expect(marked(press(state, 'up', 'up', 'down', 'down'))).toBe('draft|');
    expect(marked(press(state, 'down'))).toBe('draft|');
  });

  test('keeps edits of an entry until a message is sent', () => {
    const state = type(press(type(sender('one', 'two'), 'draft'), 'up', 'up'), '!');
    expect(marked(state)).toBe('one!|');
    expect(marked(press(state, 'down'))).toBe('two|');
    expect(marked(press(state, 'down', 'up'))).toBe('one!|');
    expect(marked(press(state, 'down', 'down'))).toBe('draft|');
    const sent = press(state, 'down', 'enter');
    expect(marked(press(sent, 'up', 'up', 'up'))).toBe('one|');
    expect(marked(sent)).toBe('|');
  });

  test('undo does not turn an entry into another one', () => {
    const state = press(type(sender('one'), 'draft'), 'up', 'C-_');
    expect(marked(state)).toBe('one|');
  });
});

describe('the search', () => {
  const state = type(sender('apple pie', 'banana', 'apple tart'), 'draft');
  function find(query: string) {
    return type(press(state, 'C-r'), query);
  }

  test('finds the newest match and puts the cursor there; C-r again goes further back', () => {
    expect(marked(find('apple'))).toBe('|apple tart');
    expect(marked(find('TART'))).toBe('apple |tart');
    expect(marked(press(find('apple'), 'C-r'))).toBe('|apple pie');
    expect(marked(press(find('apple'), 'C-r', 'C-s'))).toBe('|apple tart');
    expect(marked(Array.from('pie').reduce(type, press(state, 'C-r')))).toBe('apple |pie');
  });

  test('says that there is no further match, and keeps showing the last one', () => {
    const last = press(find('apple'), 'C-r', 'C-r');
    expect(last.search).toMatchObject({ query: 'apple', isFailing: true });
    expect(marked(last)).toBe('|apple pie');
  });

  test('starts again when letters are deleted', () => {
    expect(marked(press(find('apple p'), 'backspace'))).toBe('|apple tart');
    expect(marked(press(find('x'), 'backspace'))).toBe('draft|');
  });

  test('restores the draft with C-g and C-c', () => {
    expect(marked(press(find('apple'), 'C-g'))).toBe('draft|');
    expect(marked(press(find('apple'), 'C-c'))).toBe('draft|');
    expect(press(find('apple'), 'C-g').search).toBeUndefined();
  });

  test('ends with any other key, which then has its usual effect', () => {
    expect(marked(press(find('tart'), 'left'))).toBe('apple| tart');
    expect(marked(press(find('tart'), 'escape'))).toBe('apple |tart');
    expect(stepKey(find('pie'), 'enter').effect).toEqual({ kind: 'submit', text: 'apple pie' });
    expect(marked(press(find('pie'), 'C-a', 'down', 'down', 'down'))).toBe('draft|');
  });

  test('repeats the last query if none was typed', () => {
    expect(marked(press(find('pie'), 'C-g', 'C-r', 'C-r'))).toBe('apple |pie');
  });
});

describe('a paste', () => {
  const long = 'line\n'.repeat(6);

  test('of many lines or of a very long one is sent when Enter is pressed twice', () => {
    for (const [text, effect] of [
      [long, { kind: 'ask', lines: 6, characters: 30 }],
      ['x'.repeat(2001), { kind: 'ask', lines: 1, characters: 2001 }],
    ] as const) {
      const pasted = paste(emptyComposer, text);
      const asked = stepKey(pasted, 'enter');
      expect(asked.effect).toEqual(effect);
      expect(stepKey(asked.state, 'enter').effect).toEqual({ kind: 'submit', text });
      expect(stepKey(press(asked.state, 'left'), 'enter').effect).toEqual(effect);
    }
  });

  test('of few lines is sent at once, and so are many typed lines', () => {
    expect(stepKey(paste(emptyComposer, 'one\ntwo'), 'enter').effect?.kind).toBe('submit');
    expect(stepKey(paste(emptyComposer, 'line\n'.repeat(5)), 'enter').effect?.kind).toBe('submit');
    expect(stepKey(type(emptyComposer, long), 'enter').effect?.kind).toBe('submit');
    const sent = press(paste(emptyComposer, long), 'enter', 'enter');
    expect(stepKey(type(sent, long), 'enter').effect?.kind).toBe('submit');
  });

  test('that is too long for a message is refused, and the draft stays', () => {
    const full = type(emptyComposer, 'x'.repeat(MAX_DRAFT_LENGTH));
    expect(stepComposer(full, { text: 'y' })).toEqual({
      state: full,
      effect: { kind: 'full', characters: 1 },
    });
    const before = draft('a|b');
    const { state, effect } = stepComposer(before, { paste: 'cut off', characters: 5_000_000 });
    expect(effect).toEqual({ kind: 'full', characters: 5_000_000 });
    expect({ ...state, burst: undefined }).toEqual(before);
  });
});

const keys = `left right up down home end backspace delete enter M-enter M-backspace C-left C-right
  C-a C-e C-b C-f M-b M-f C-d C-h C-w M-d C-u C-k C-y M-y C-t M-t M-u M-l M-c C-_ C-r C-s C-g C-c
  M-< M-> escape`.split(/\s+/);
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
  'İ',
  'ß',
  '\r',
  '\u202E',
];
const text = fc
  .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 })
  .map((some) => some.join(''));
const change: fc.Arbitrary<(state: ComposerState) => ComposerState> = fc.oneof(
  fc.constantFrom(...keys).map((key) => (state: ComposerState) => press(state, key)),
  text.map((some) => (state: ComposerState) => type(state, some)),
  text.map((some) => (state: ComposerState) => paste(state, some)),
);

test('for any input, the text is well formed and the cursor is between two clusters', () => {
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      let state = emptyComposer;
      for (const one of changes) {
        state = one(state);
        expect(state.text.isWellFormed()).toBe(true);
        const boundaries = Array.from(segmenter.segment(state.text), ({ index }) => index);
        expect([...boundaries, state.text.length]).toContain(state.cursor);
      }
    }),
  );
});

/** Keys that send the draft or change to another entry, so that undo would not restore it. */
const stays = new Set(['enter', 'up', 'down', 'C-r', 'C-s', 'C-_']);
const edit = fc.oneof(
  fc
    .constantFrom(...keys.filter((key) => !stays.has(key)))
    .map((key) => (state: ComposerState) => press(state, key)),
  text.map((some) => (state: ComposerState) => type(state, some)),
  text.map((some) => (state: ComposerState) => paste(state, some)),
);

test('undoing everything restores the text before any edits', () => {
  fc.assert(
    fc.property(text, fc.array(edit, { maxLength: 40 }), (before, edits) => {
      const start: ComposerState = { ...restoreDraft(emptyComposer, before.toWellFormed()), undoStack: [] };
      let state = edits.reduce<ComposerState>((one, next) => next(one), start);
      while (state.undoStack.length > 0) {
        state = press(state, 'C-_');
      }
      expect(state.text).toBe(start.text);
    }),
  );
});

test('C-y puts back whatever a key has cut, at the same place', () => {
  const cuts = fc.constantFrom('C-w', 'C-u', 'C-k', 'M-d', 'M-backspace');
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 20 }), cuts, (edits, key) => {
      const before = press(
        edits.reduce<ComposerState>((one, next) => next(one), emptyComposer),
        'C-g',
        'M-f',
      );
      const after = press(before, key);
      if (after.text === before.text) {
        return;
      }
      // If the rest joined into one cluster, the cursor moved after it, so this is not the same place.
      fc.pre(after.text.startsWith(before.text.slice(0, after.cursor)));
      expect(press(after, 'C-y').text).toBe(before.text);
    }),
  );
});
