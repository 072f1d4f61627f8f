import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineDecoder, type LineDecoder } from '../../../source/protocol/framing/line-decoder.ts';
import { ProtocolError } from '../../../source/errors.ts';

function drain(decoder: LineDecoder): string[] {
  const lines: string[] = [];
  for (let line = decoder.next(); line !== undefined; line = decoder.next()) {
    lines.push(line);
  }
  return lines;
}

function readAll(chunks: Iterable<Uint8Array>, maxBytes = 100): string[] {
  const decoder = createLineDecoder({ maxBytes });
  return [...chunks].flatMap((chunk) => {
    decoder.push(chunk);
    return drain(decoder);
  });
}

function byteByByte(bytes: Uint8Array) {
  return [...bytes].map((byte) => Uint8Array.of(byte));
}

describe('createLineDecoder', () => {
  const bytes = Buffer.from('eins\nzwölf\r\n\n€\n');
  const lines = ['eins', 'zwölf', '', '€'];

  test('reads lines that arrive whole', () => {
    expect(readAll([bytes])).toEqual(lines);
  });

  test('reads lines that arrive byte by byte', () => {
    expect(readAll(byteByByte(bytes))).toEqual(lines);
  });

  test('holds a line until its newline arrives', () => {
    const decoder = createLineDecoder();
    decoder.push(Buffer.from('half'));
    expect(decoder.next()).toBeUndefined();
    decoder.push(Buffer.from(' and half\nmore'));
    expect(drain(decoder)).toEqual(['half and half']);
  });

  test('hands over the bytes behind the last line that was read, only once', () => {
    const decoder = createLineDecoder();
    decoder.push(Buffer.from('relay\n\u0016\u0003\n\u0001'));
    expect(decoder.next()).toBe('relay');
    expect(Buffer.from(decoder.rest()).toString()).toBe('\u0016\u0003\n\u0001');
    expect(decoder.rest()).toHaveLength(0);
    expect(decoder.next()).toBeUndefined();
  });

  test('takes a line of exactly the limit and refuses one byte more', () => {
    expect(readAll([Buffer.from(`${'x'.repeat(100)}\n`)])).toEqual(['x'.repeat(100)]);
    expect(() => readAll([Buffer.from(`${'x'.repeat(101)}\n`)])).toThrow(ProtocolError);
  });

  test('refuses an oversized line before its newline arrives', () => {
    expect(() => readAll([Buffer.alloc(101, 'x')])).toThrow('longer than 100 bytes');
    expect(() => readAll(byteByByte(Buffer.alloc(101, 'x')))).toThrow('longer than 100 bytes');
  });

  test('refuses a line that is not UTF-8', () => {
    expect(() => readAll([Buffer.from([0x66, 0xff, 0x0a])])).toThrow(ProtocolError);
    expect(() => readAll([Buffer.from([0xc3, 0x0a])])).toThrow('not UTF-8');
  });

  test('returns the same lines for any text and any chunking', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(60)), (texts, cuts) => {
        const all = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        const edges = [0, ...cuts.map((cut) => Math.min(cut, all.length)), all.length].toSorted(
          (a, b) => a - b,
        );
        const chunks = edges.slice(1).map((edge, index) => all.subarray(edges[index], edge));
        expect(readAll(chunks, 1000)).toEqual(texts);
      }),
    );
  });
});
