import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createFileDecoder } from '../../../../source/connect/files/wire/file-decoder.ts';
import {
  encodeFileMessage,
  MAX_CHUNK_BYTES,
  type FileMessage,
} from '../../../../source/connect/files/wire/file-messages.ts';
import { ProtocolError } from '../../../../source/errors.ts';
import { fileMessages } from '../../../helpers/chats/messages.ts';

const page = readFileSync('source/connect/files/wire/file-messages.md', 'utf8');
const rows = [...page.matchAll(/^\| `(\{.*\})` +\| `([0-9a-f ]+)` +\|$/gm)].map(
  ([, json = '', hex = '']) => [json, hex.replaceAll(' ', '')] as const,
);
const hexFields = new Set(['fingerprint', 'hash']);

/** The page writes bytes as hex. */
function messageOf(json: string): FileMessage {
  const fields = JSON.parse(json, (key, value: unknown) =>
    hexFields.has(key) ? Buffer.from(value as string, 'hex') : value,
  ) as FileMessage;
  return fields.type === 'chunk' ? { ...fields, bytes: Buffer.from(String(fields.bytes), 'hex') } : fields;
}

function decode(hex: string) {
  return createFileDecoder().push(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

describe('the page file-messages.md', () => {
  test('has an example of every message', () => {
    const types = new Set(rows.map(([json]) => messageOf(json).type));
    expect([...types].toSorted()).toEqual(fileMessages.map(({ type }) => type).toSorted());
    expect(page.match(/^\| `\{/gm)).toHaveLength(rows.length);
  });

  test.each(rows)('encodes %s as it says, and decodes it', (json, hex) => {
    expect(Buffer.from(encodeFileMessage(messageOf(json))).toString('hex')).toBe(hex);
    expect(decode(hex)).toEqual([messageOf(json)]);
  });
});

describe('messages about files', () => {
  test('are read one behind the other, wherever they are split', () => {
    const bytes = Buffer.concat(fileMessages.map(encodeFileMessage));
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const decoder = createFileDecoder();
      const read = [...decoder.push(bytes.subarray(0, cut)), ...decoder.push(bytes.subarray(cut))];
      const chunks = read.flatMap((one) => (one.type === 'chunk' ? [one.bytes] : []));
      expect(Buffer.concat(chunks).toString()).toBe('hello');
      expect(read.filter(({ type }) => type !== 'chunk')).toEqual(
        fileMessages.filter(({ type }) => type !== 'chunk'),
      );
    }
  });

  test('of an unknown type are skipped', () => {
    expect(decode('00000007 63 00000001 aabb 00000005 13 00000002')).toEqual([{ type: 'done', id: 2 }]);
  });

  test('count bytes beyond 2^53, but not exactly', () => {
    expect(
      decode(Buffer.from(Buffer.concat(fileMessages.slice(0, 1).map(encodeFileMessage))).toString('hex')),
    ).toMatchObject([{ bytes: 2 ** 60 }]);
  });

  test('cut a reason that is too long, and refuse a chunk that is', () => {
    const reason = '🙂'.repeat(1000);
    const [read] = createFileDecoder().push(encodeFileMessage({ type: 'decline', id: 1, reason }));
    expect(read).toMatchObject({ type: 'decline', reason: '🙂'.repeat(128) });
    expect(() =>
      encodeFileMessage({ type: 'chunk', id: 1, bytes: new Uint8Array(MAX_CHUNK_BYTES + 1) }),
    ).toThrow(RangeError);
  });

  test.each([
    ['a length of nothing', '00000000 01 00000001'],
    ['a length without a number', '00000004 01 000000'],
    ['a chunk without data', '00000005 03 00000001'],
    ['a chunk that is too long', '00010006 03 00000001'],
    ['another message that is too long', '00002006 11 00000001'],
    ['an offer that ends early', '00000006 01 00000001 00'],
    ['an entry that ends early', '00000006 02 00000001 00'],
    ['an end with half a hash', '00000006 04 00000001 00'],
    ['an end of nothing', '00000005 12 00000001'],
    ['something behind done', '00000006 13 00000001 00'],
    ['a count of half a number', '00000008 09 00000001 000000'],
    ['a path that ends early', '0000000c 09 00000001 00000001 0002 61'],
    ['a path without a reason', '0000000c 09 00000001 00000001 0001 61'],
    ['a reason that ends early', '0000000e 09 00000001 00000001 0001 61 0001'],
    ['a path that is not UTF-8', '0000000e 09 00000001 00000001 0001 ff 0000'],
    ['more names than files', '00000011 09 00000001 00000001 00000000 00000000'],
    ['more than 20 names', `0000005d 09 00000001 000000ff ${'00000000'.repeat(21)}`],
    ['a reason that is not UTF-8', '00000006 11 00000001 ff'],
  ])('refuse %s', (_, hex) => {
    expect(() => decode(`${hex} 00000000000000000000`)).toThrow(ProtocolError);
  });

  test('name at most 20 files that cannot be read, and only as many as fit', () => {
    const named = Array.from({ length: 25 }, (_, n) => ({ path: `${n}`, reason: 'no' }));
    const [few] = createFileDecoder().push(
      encodeFileMessage({ type: 'unreadable', id: 1, files: 25, named }),
    );
    expect(few).toEqual({ type: 'unreadable', id: 1, files: 25, named: named.slice(0, 20) });
    const long = ['x'.repeat(4097), 'y'.repeat(4096), 'z'.repeat(4096), '€'.repeat(1100), 'short'].map(
      (path) => ({ path, reason: '🙂'.repeat(1000) }),
    );
    const bytes = encodeFileMessage({ type: 'unreadable', id: 1, files: 5, named: long });
    expect(createFileDecoder().push(bytes)).toEqual([
      {
        type: 'unreadable',
        id: 1,
        files: 5,
        named: [long[1], long[4]].map((one) => ({ path: one?.path, reason: '🙂'.repeat(128) })),
      },
    ]);
  });

  test('refuse a reason that is too long', () => {
    const bytes = Buffer.alloc(9 + 1025, 'x');
    bytes.writeUInt32BE(5 + 1025, 0);
    bytes.set([17, 0, 0, 0, 1], 4);
    expect(() => createFileDecoder().push(bytes)).toThrow(/a text of 1025 bytes/);
  });
});
