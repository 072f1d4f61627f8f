import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_TEXT_BYTES } from '../../../source/protocol/chat-messages.ts';
import { createTextLines } from '../../../source/ui/lines/typed-lines.ts';
import { codePoint } from '../../helpers/strangers/code-point.ts';

/** Returns all messages of a text that comes in these chunks. */
function linesOf(...chunks: readonly (string | Uint8Array)[]): string[] {
  const lines = createTextLines();
  return [...chunks.flatMap((chunk) => lines.push(Buffer.from(chunk as string))), ...lines.end()];
}

function* chunksOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}

describe('createTextLines', () => {
  test('makes each line a message, unchanged, even an empty one', () => {
    expect(linesOf(' one \n\n/two\ttabs\nthree\n')).toEqual([' one ', '', '/two\ttabs', 'three']);
  });

  test('takes a carriage return for part of the line end only before a newline', () => {
    expect(linesOf('one\r\ntwo\rthree\r\r\nfour\r')).toEqual(['one', 'two\rthree\r', 'four\r']);
  });

  test('returns a line when its newline comes, and the rest at the end', () => {
    const lines = createTextLines();
    expect(lines.push(Buffer.from('one\ntw'))).toEqual(['one']);
    expect(lines.push(Buffer.from('o'))).toEqual([]);
    expect(lines.push(Buffer.from('\nthree'))).toEqual(['two']);
    expect(lines.end()).toEqual(['three']);
    expect(lines.end()).toEqual([]);
  });

  test('tells once that the input is not UTF-8, and keeps the rest of it', () => {
    let told = 0;
    const lines = createTextLines(() => {
      told += 1;
    });
    expect(lines.push(Buffer.from('a\uFFFDb\n'))).toEqual(['a\uFFFDb']);
    expect(told).toBe(0);
    expect(lines.push(Buffer.from('caf\u00E9\n\u00FC\n', 'latin1'))).toEqual(['caf\uFFFD', '\uFFFD']);
    expect(told).toBe(1);
  });

  test('makes no message of an empty input', () => {
    expect(linesOf()).toEqual([]);
    expect(linesOf('')).toEqual([]);
    expect(linesOf('one\n')).toEqual(['one']);
  });

  test('replaces bytes that are not UTF-8 and keeps a byte order mark', () => {
    expect(linesOf(Uint8Array.of(0x61, 0xff, 0x0a, 0xc3))).toEqual(['a\u{FFFD}', '\u{FFFD}']);
    expect(linesOf('\u{FEFF}one\n')).toEqual(['\u{FEFF}one']);
  });

  test('returns the same lines wherever the bytes are split', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), fc.integer({ min: 1, max: 5 }), (text, size) => {
        const bytes = Buffer.from(text.replaceAll(/[a-m]/g, '\n').replaceAll(/[n-z]/g, '\r'));
        expect(linesOf(...chunksOf(bytes, size))).toEqual(linesOf(bytes));
      }),
    );
  });

  test.each([
    [MAX_TEXT_BYTES, 1],
    [MAX_TEXT_BYTES + 1, 2],
    [2 * MAX_TEXT_BYTES, 2],
    [3 * MAX_TEXT_BYTES + 7, 4],
  ])('sends a line of %i bytes in %i messages', (bytes, messages) => {
    const line = 'x'.repeat(bytes);
    const line2 = `${line}\r\nnext\n`;
    const lines = linesOf(line2);
    expect(lines).toHaveLength(messages + 1);
    expect(lines.slice(0, -1).join('')).toBe(line);
    // The chunks may end before the carriage return, or before the newline.
    for (const size of [bytes, bytes + 1, 65_536, 50_000]) {
      expect(linesOf(...chunksOf(Buffer.from(line2), size))).toEqual(lines);
    }
  });

  test('cuts long lines between characters', () => {
    const line = `x${'🙂'.repeat(40_000)}`;
    const parts = linesOf(line);
    expect(parts.join('')).toBe(line);
    expect(parts.every((part) => part.isWellFormed() && Buffer.byteLength(part) <= MAX_TEXT_BYTES)).toBe(
      true,
    );
  });

  test('holds at most one message of a line that does not end', () => {
    const lines = createTextLines();
    const chunk = Buffer.alloc(65_000, 'x');
    let said = 0;
    for (let n = 1; n <= 50; n += 1) {
      said += lines.push(chunk).join('').length;
      expect(n * chunk.length - said).toBeLessThanOrEqual(MAX_TEXT_BYTES);
    }
  });

  test('bounds the last line of an input, even with a carriage return', () => {
    const parts = linesOf(`${'x'.repeat(MAX_TEXT_BYTES)}\r`);
    expect(parts.map((part) => part.length)).toEqual([MAX_TEXT_BYTES, 1]);
  });
});
