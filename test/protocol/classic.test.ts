import { describe, expect, test } from 'vitest';
import {
  createClassicDecoder,
  formatClassic,
  formatFirst,
  formatPeer,
  formatSecond,
  parseClassicGreeting,
} from '../../source/protocol/classic.ts';
import { ProtocolError } from '../../source/errors.ts';

function ascii(bytes: Uint8Array) {
  return Buffer.from(bytes).toString('latin1');
}

describe('the bytes of a classic server', () => {
  test('are exactly those of the old exercise', () => {
    expect(ascii(formatFirst())).toBe('first\n\0');
    expect(ascii(formatSecond({ address: '192.0.2.7', port: 4711 }, 80))).toBe('192.0.2.7 4711 80\n\0');
    expect(ascii(formatPeer({ address: '192.0.2.9', port: 65_535 }))).toBe('192.0.2.9 65535\n\0');
  });

  test('carry a text in UTF-8, without NULs of its own', () => {
    expect(Buffer.from(formatClassic('Grüße\0!')).toString()).toBe('Grüße!\n\0');
  });
});

describe('createClassicDecoder', () => {
  const bytes = Buffer.from('first\n\0one\0two\nGrüße\n\0\0\n');
  const messages = ['first', 'one', 'two', 'Grüße'];

  test('ends a message at a newline or a NUL and drops empty ones', () => {
    expect(createClassicDecoder().push(bytes)).toEqual(messages);
  });

  test('reads the same messages wherever the bytes are split', () => {
    const decoder = createClassicDecoder();
    expect([...bytes].flatMap((byte) => decoder.push(Uint8Array.of(byte)))).toEqual(messages);
    for (let at = 0; at <= bytes.length; at += 1) {
      const halves = createClassicDecoder();
      expect([...halves.push(bytes.subarray(0, at)), ...halves.push(bytes.subarray(at))]).toEqual(messages);
    }
  });

  test('holds a message until it ends', () => {
    const decoder = createClassicDecoder();
    expect(decoder.push(Buffer.from('Hello, world'))).toEqual([]);
    expect(decoder.push(Buffer.from('\nnext'))).toEqual(['Hello, world']);
  });

  test('reads bytes that are not UTF-8 as replacement characters', () => {
    const decoder = createClassicDecoder();
    expect(decoder.push(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xc3, 0x00, 0x63, 0x0a]))).toEqual([
      'a\u{FFFD}b',
      '\u{FFFD}',
      'c',
    ]);
  });

  test('refuses a message longer than the limit, ended or not', () => {
    expect(createClassicDecoder({ maxBytes: 5 }).push(Buffer.from('first\0'))).toEqual(['first']);
    expect(() => createClassicDecoder({ maxBytes: 5 }).push(Buffer.from('second\0'))).toThrow(ProtocolError);
    expect(() => createClassicDecoder({ maxBytes: 5 }).push(Buffer.from('second'))).toThrow(ProtocolError);
  });
});

describe('parseClassicGreeting', () => {
  test('reads the three answers of a server', () => {
    expect(parseClassicGreeting('first')).toEqual({ kind: 'first' });
    expect(parseClassicGreeting('192.0.2.7 4711 80')).toEqual({
      kind: 'second',
      peer: { address: '192.0.2.7', port: 4711 },
      ownPort: 80,
    });
    expect(parseClassicGreeting('192.0.2.9 65535')).toEqual({
      kind: 'peer',
      peer: { address: '192.0.2.9', port: 65_535 },
    });
  });

  test.each(['0.0.0.0 0 5000', '0.0.0.0 80 5000', '192.0.2.7 0 5000'])(
    'takes the uninitialised address of an old server for an unknown first peer: %s',
    (text) => {
      expect(parseClassicGreeting(text)).toEqual({ kind: 'second', peer: undefined, ownPort: 5000 });
    },
  );

  test.each([
    '',
    'second',
    'First',
    '192.0.2.7',
    '192.0.2.7 0',
    '0.0.0.0 80',
    '192.0.2.7 65536',
    '192.0.2.7 080',
    '192.0.2.7 +80',
    '192.0.2.7  80',
    '192.0.2.7 80 ',
    '192.0.2.7 80 0',
    '192.0.2.7 80 81 82',
    '192.0.2 80',
    '192.0.2.256 80',
    '192.0.02.7 80',
    '0x7f.0.0.1 80',
    '::1 80',
    'example.org 80',
    '{"t":"waiting"}',
  ])('refuses %j', (text) => {
    expect(() => parseClassicGreeting(text)).toThrow(ProtocolError);
  });

  test('shows what was said, shortened and without control characters', () => {
    expect(() => parseClassicGreeting(`\u001B[31m${'x'.repeat(500)}`)).toThrow(/^.{1,200}$/);
    expect(() => parseClassicGreeting('HTTP/1.1 400 Bad Request')).toThrow('HTTP/1.1 400 Bad Request');
  });
});
