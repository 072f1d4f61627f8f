// This import must come first: modules that are loaded before it are not counted.
import { workOf } from '../../helpers/steps/counted-work.ts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Stroke } from '../../../source/ui/terminal/stroke.ts';
import { StrokeDecoder } from '../../../source/ui/terminal/stroke-decoder.ts';
import { samples } from '../../helpers/samples.ts';

const maxPaste = 100;

/** The strokes of a paste that is read in so many pieces of 4 KiB, between two texts. */
function longPaste(pieces: number): Stroke[] {
  const decoder = new StrokeDecoder({ maxPaste });
  const strokes = decoder.push('typed\u001B[200~', 0);
  for (let n = 0; n < pieces; n += 1) {
    strokes.push(...decoder.push(Buffer.alloc(4096, 'x'), 0));
  }
  strokes.push(...decoder.push('\u001B[201~after', 0));
  return strokes;
}

/** Joins consecutive texts, because reads may end anywhere. */
function joined(strokes: readonly Stroke[]): Stroke[] {
  const all: Stroke[] = [];
  for (const stroke of strokes) {
    const last = all.at(-1);
    if ('text' in stroke && last !== undefined && 'text' in last) {
      all[all.length - 1] = { text: last.text + stroke.text };
    } else {
      all.push(stroke);
    }
  }
  return all;
}

function decode(reads: readonly (string | Uint8Array)[]): Stroke[] {
  const decoder = new StrokeDecoder({ maxPaste });
  const strokes = reads.flatMap((read) => decoder.push(read, 0));
  return joined([...strokes, ...decoder.flush()]);
}

function key(name: string): Stroke {
  return { key: name };
}
/** A key with Alt that came as Esc and `character`. */
function alt(name: string, character: string): Stroke {
  return { key: name, instead: [{ key: 'escape' }, { text: character }] };
}
function pasted(paste: string): Stroke {
  return { paste, characters: paste.length };
}
function guessed(paste: string): Stroke {
  return { paste, characters: paste.length, isGuess: true };
}

const table: readonly (readonly [bytes: string, strokes: readonly Stroke[]])[] = [
  ['hello', [{ text: 'hello' }]],
  ['hello\r', [{ text: 'hello' }, key('enter')]],
  // The control key between the lines makes sure that no read of these counts as a paste.
  ['one\r\u0001two\r', [{ text: 'one' }, key('enter'), key('C-a'), { text: 'two' }, key('enter')]],
  ['one\u0001\r\ntwo', [{ text: 'one' }, key('C-a'), key('enter'), { text: 'two' }]],
  ['\n\n', [key('enter'), key('enter')]],
  ['ab\u0001c', [{ text: 'ab' }, key('C-a'), { text: 'c' }]],
  ['a\u007Fb\b', [{ text: 'a' }, key('backspace'), { text: 'b' }, key('backspace')]],
  ['\t\u001F\u0000\u0018\u0005', [key('tab'), key('C-_'), key('C-space'), key('C-x'), key('C-e')]],
  ['日本👩‍👩‍👧‍👦e\u0301שלום', [{ text: '日本👩‍👩‍👧‍👦e\u0301שלום' }]],
  // xterm, with and without modifiers, in normal and application mode.
  [
    '\u001B[A\u001B[B\u001B[C\u001B[D\u001B[H\u001B[F',
    ['up', 'down', 'right', 'left', 'home', 'end'].map(key),
  ],
  ['\u001BOA\u001BOD\u001BOH\u001BOM', ['up', 'left', 'home', 'enter'].map(key)],
  ['\u001B[1;5D\u001B[1;3C\u001B[1;2A\u001B[1;8F', ['C-left', 'M-right', 'S-up', 'C-M-S-end'].map(key)],
  [
    '\u001B[3~\u001B[3;5~\u001B[5~\u001B[6~\u001B[1~\u001B[4~',
    ['delete', 'C-delete', 'pageup', 'pagedown', 'home', 'end'].map(key),
  ],
  [
    '\u001BOP\u001B[11~\u001B[[A\u001B[17~\u001B[24~\u001B[1;5P',
    ['f1', 'f1', 'f1', 'f6', 'f12', 'C-f1'].map(key),
  ],
  ['\u001B[Z', [key('S-tab')]],
  [
    '\u001Bb\u001BB\u001B\u007F\u001B\r\u001B<\u001Bé',
    [
      alt('M-b', 'b'),
      alt('M-b', 'B'),
      { key: 'M-backspace', instead: [key('escape'), key('backspace')] },
      { key: 'M-enter', instead: [key('escape'), key('enter')] },
      alt('M-<', '<'),
      alt('M-é', 'é'),
    ],
  ],
  ['\u001B/path', [alt('M-/', '/'), { text: 'path' }]],
  ['\u001B\u0003', [{ key: 'C-M-c', instead: [key('escape'), key('C-c')] }]],
  // rxvt.
  [
    '\u001B[7~\u001B[8~\u001BOd\u001B[d\u001B[3^\u001B[5$',
    ['home', 'end', 'C-left', 'S-left', 'C-delete', 'S-pageup'].map(key),
  ],
  // modifyOtherKeys and the kitty protocol.
  ['\u001B[27;2;13~\u001B[27;5;105~', [key('S-enter'), key('C-i')]],
  [
    '\u001B[13;2u\u001B[27u\u001B[97;5u\u001B[98;3u\u001B[9;2u',
    ['S-enter', 'escape', 'C-a', 'M-b', 'S-tab'].map(key),
  ],
  ['\u001B[1089::99;5u', [key('C-c')]],
  ['\u001B[97;5:3u\u001B[97;69u', [key('C-a')]],
  ['\u001B[97;2u\u001B[64:64;2u\u001B[57400u\u001B[57441;2u', [{ text: 'A@1' }]],
  // Strokes that are not keys.
  [
    '\u001B[<64;10;5M\u001B[<65;10;5M\u001B[<0;1;1M\u001B[<0;1;1m\u001B[<80;1;1M',
    ['wheel-up', 'wheel-down', 'wheel-up'].map(key),
  ],
  ['\u001B[I\u001B[O', [key('focus-in'), key('focus-out')]],
  ['a\u001B[?1;2cb', [{ text: 'a' }, { reply: '\u001B[?1;2c' }, { text: 'b' }]],
  ['a\u001B[?5ub', [{ text: 'a' }, { reply: '\u001B[?5u' }, { text: 'b' }]],
  ['a\u001B[24;80Rb', [{ text: 'a' }, { reply: '\u001B[24;80R' }, { text: 'b' }]],
  [
    'a\u001B]11;rgb:1e1e/1e1e/2e2e\u0007b',
    [{ text: 'a' }, { reply: '\u001B]11;rgb:1e1e/1e1e/2e2e' }, { text: 'b' }],
  ],
  ['a\u001B]11;rgb:ff/ff/ff\u001B\\b', [{ text: 'a' }, { reply: '\u001B]11;rgb:ff/ff/ff' }, { text: 'b' }]],
  ['a\u001BP>|XTerm(380)\u001B\\b', [{ text: 'a' }, { reply: '\u001BP>|XTerm(380)' }, { text: 'b' }]],
  ['a\u001B_Gi=1;OK\u001B\\b', [{ text: 'a' }, { reply: '\u001B_Gi=1;OK' }, { text: 'b' }]],
  ['\u001B[99~\u001B[5;7;9Xa', [{ text: 'a' }]],
  // Sequences that are cut off by something else.
  ['\u001B[1;\rb', [key('enter'), { text: 'b' }]],
  ['\u001B]11;rgb\u0003b', [key('C-c'), { text: 'b' }]],
  ['\u001B[200~one\rtwo\r\nthree\n\u001B[201~x', [pasted('one\ntwo\nthree\n'), { text: 'x' }]],
  ['\u001B[200~\u001B[A\u0003\u001B[20\u001B[201~', [pasted('\u001B[A\u0003\u001B[20')]],
  ['\u001B[200~日本👩‍👩‍👧‍👦\u001B[201~\r', [pasted('日本👩‍👩‍👧‍👦'), key('enter')]],
];

test.each(table)('%j gives the same strokes wherever its reads end', (bytes, strokes) => {
  const buffer = Buffer.from(bytes);
  expect(decode([buffer])).toEqual(strokes);
  expect(decode(Array.from(buffer, (byte) => Uint8Array.of(byte)))).toEqual(strokes);
  for (let at = 1; at < buffer.length; at++) {
    expect(decode([buffer.subarray(0, at), buffer.subarray(at)]), `split at ${at}`).toEqual(strokes);
  }
});

test('all of these together give all strokes, wherever the reads end', () => {
  const all = Buffer.from(table.map(([bytes]) => bytes).join('\u0005'));
  const whole = decode([all]);
  expect(whole.length).toBeGreaterThan(table.length);
  fc.assert(
    fc.property(fc.array(fc.nat(all.length), { maxLength: 20 }), (cuts) => {
      const places = [0, ...cuts.toSorted((one, other) => one - other), all.length];
      const reads = places.slice(1).map((place, index) => all.subarray(places[index], place));
      expect(decode(reads)).toEqual(whole);
    }),
  );
});

describe('held input', () => {
  test('is Esc, or a key with Alt, if nothing follows soon', () => {
    for (const [read, stroke] of [
      ['\u001B', key('escape')],
      ['\u001B[', alt('M-[', '[')],
      ['\u001BO', alt('M-o', 'O')],
      ['\u001B]', alt('M-]', ']')],
    ] as const) {
      const decoder = new StrokeDecoder({ maxPaste });
      expect(decoder.push(read, 0)).toEqual([]);
      expect(decoder.flushAfterMs).toBe(50);
      expect(decoder.flush()).toEqual([stroke]);
      expect(decoder.flushAfterMs).toBeUndefined();
    }
  });

  test('of a sequence or an answer is dropped if the rest does not come, and never becomes text', () => {
    for (const read of ['\u001B[1;', '\u001B]11;rgb:', '\u001BP>|XT', '\u001B[?6']) {
      const decoder = new StrokeDecoder({ maxPaste });
      expect(decoder.push(read, 0)).toEqual([]);
      expect(decoder.flushAfterMs).toBe(2000);
      expect(decoder.flush()).toEqual([]);
      expect(decoder.push('a', 0)).toEqual([{ text: 'a' }]);
    }
  });

  test('of a paste is kept if the end does not come', () => {
    const decoder = new StrokeDecoder({ maxPaste });
    expect(decoder.push('\u001B[200~one\rtwo\u001B[20', 0)).toEqual([]);
    expect(decoder.flush()).toEqual([pasted('one\ntwo\u001B[20')]);
    expect(decoder.push('\r', 0)).toEqual([key('enter')]);
  });
});

describe('a burst of text', () => {
  test.each([
    ['one\rtwo\r\n\tthree\r', 'one\ntwo\n\tthree\n'],
    ['one\r\rtwo\r\rthree', 'one\n\ntwo\n\nthree'],
    ['one\rtwo', 'one\ntwo'],
    ['one\rtwo\r', 'one\ntwo\n'],
  ])('with a line end in its middle is a paste, with or without bracketed paste: %j', (read, paste) => {
    expect(decode([read])).toEqual([guessed(paste)]);
  });

  test.each([
    ['hello\r', 1],
    ['\r\r', 2],
    ['\r/quit\r', 2],
    ['one\rtwo\rthr\u007Fe\r', 3],
  ])('%j is typing', (read, enters) => {
    expect(decode([read]).filter((stroke) => 'key' in stroke && stroke.key === 'enter')).toHaveLength(enters);
  });

  test('continues in reads that follow at once', () => {
    const decoder = new StrokeDecoder({ maxPaste });
    expect(decoder.push('one\rtwo\rthree', 0)).toEqual([guessed('one\ntwo\nthree')]);
    expect(decoder.push(' and\r', 10)).toEqual([{ ...guessed(' and\n'), continues: true }]);
    expect(decoder.push('ok\r', 1000)).toEqual([{ text: 'ok' }, key('enter')]);
  });

  test('continues in a long read that comes late, as over a slow line', () => {
    const decoder = new StrokeDecoder({ maxPaste });
    decoder.push('one\rtwo', 0);
    const part = 'x'.repeat(64);
    expect(decoder.push(part, 1000)).toEqual([{ ...guessed(part), continues: true }]);
    expect(decoder.push(part, 3500)).toEqual([{ text: part }]);
  });

  test('needs no line end if nobody can type so much at once', () => {
    const decoder = new StrokeDecoder({ maxPaste: 2000 });
    expect(decoder.push(`${'x'.repeat(1023)}\r`, 0)).toEqual([guessed(`${'x'.repeat(1023)}\n`)]);
    expect(decode(['x'.repeat(1023)])).toEqual([{ text: 'x'.repeat(1023) }]);
  });
});

describe('bytes that are not UTF-8', () => {
  test('are told once, wherever the reads end', () => {
    const bytes = Buffer.from('caf\u00E9 \u00FC \u00DF.', 'latin1');
    const expected = [{ text: 'caf' }, { problem: 'not-utf-8' }, { text: '\uFFFD \uFFFD \uFFFD.' }];
    expect(decode(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(expected);
    expect(decode([bytes])).toEqual([expected[1], { text: 'caf\uFFFD \uFFFD \uFFFD.' }]);
  });

  test('are not taken to be there because of U+FFFD itself', () => {
    const bytes = Buffer.from('a\uFFFDb');
    for (let at = 0; at <= bytes.length; at++) {
      expect(decode([bytes.subarray(0, at), bytes.subarray(at)])).toEqual([{ text: 'a\uFFFDb' }]);
    }
    expect(decode(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual([{ text: 'a\uFFFDb' }]);
  });
});

test('a paste of 5 MB is counted and not kept', () => {
  expect(longPaste(1220)).toEqual([
    { text: 'typed' },
    { paste: 'x'.repeat(maxPaste), characters: 1220 * 4096 },
    { text: 'after' },
  ]);
});

test('a paste of twice the length takes at most 2.5 times the steps', () => {
  longPaste(1);
  const one = workOf(() => longPaste(100));
  const two = workOf(() => longPaste(200));
  expect(two.steps / one.steps).toBeLessThanOrEqual(2.5);
});

test('for any input, no control character becomes text', () => {
  const parts = [
    '\u001B',
    '[',
    'O',
    ']',
    'P',
    '_',
    '1',
    ';',
    '?',
    '~',
    'u',
    'M',
    '\u0007',
    '\\',
    '\r',
    'é',
    '200~',
    '\u001B[200~',
  ];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.array(fc.constantFrom(...parts), { maxLength: 20 }).map((some) => Buffer.from(some.join(''))),
  );
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 8 }), (reads) => {
      const decoder = new StrokeDecoder({ maxPaste });
      const strokes = reads.flatMap((read) => decoder.push(read, 0));
      while (decoder.flushAfterMs !== undefined) {
        strokes.push(...decoder.flush());
      }
      const text = strokes.map((stroke) => ('text' in stroke ? stroke.text : '')).join('');
      // oxlint-disable-next-line no-control-regex -- control characters are what it is about
      expect(text).not.toMatch(/[\u0000-\u001F\u007F]/);
      expect(text.isWellFormed()).toBe(true);
    }),
    { numRuns: samples(500) },
  );
});
