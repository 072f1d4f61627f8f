import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  encodeHistoryRecord,
  findHistoryRecords,
  sealedPart,
} from '../../../source/friends/memory/history-records.ts';
import { withBitFlipped } from '../../helpers/friends/friend-folder.ts';

/** Stands in for a seal: a hash over the number and the text, and the text. */
function sealOf(number: number, text: string): Buffer {
  return Buffer.concat([createHash('sha256').update(`${number} ${text}`).digest(), Buffer.from(text)]);
}

function recordOf(number: number, text = `text ${number}`): Uint8Array {
  return encodeHistoryRecord(number, sealOf(number, text));
}

/** The numbers of all records that open, how much is damaged, and how much is whole. */
function found(file: Uint8Array) {
  const { records, damaged, wholeBytes } = findHistoryRecords(
    file,
    (number, sealed) =>
      Buffer.compare(sealed, sealOf(number, Buffer.from(sealed.subarray(32)).toString())) === 0,
  );
  return { numbers: records.map(({ number }) => number), damaged, wholeBytes };
}

const three = [1, 2, 3].map((number) => recordOf(number));
const file = Buffer.concat(three);
const ends = three.map((_, index) => Buffer.concat(three.slice(0, index + 1)).length);

test('a record has these bytes', () => {
  expect(Buffer.from(encodeHistoryRecord(258, Buffer.of(9, 8))).toString('hex')).toBe(
    '48495354000000020000000001020908',
  );
  expect([...sealedPart(encodeHistoryRecord(258, Buffer.of(9, 8)))]).toEqual([9, 8]);
});

test('all records are found, for any texts and also with the mark in them', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('', 'HIST', 'HISTHIST', 'one', 'H')), (texts) => {
      const all = Buffer.concat(texts.map((text, index) => recordOf(index + 1, text)));
      expect(found(all)).toEqual({
        numbers: texts.map((_, index) => index + 1),
        damaged: 0,
        wholeBytes: all.length,
      });
    }),
  );
});

test('a file that is cut at any byte has all records before that, and is cut behind them', () => {
  for (let length = 0; length <= file.length; length += 1) {
    const whole = ends.filter((end) => end <= length);
    expect(found(file.subarray(0, length))).toEqual({
      numbers: whole.map((_, index) => index + 1),
      damaged: 0,
      wholeBytes: whole.at(-1) ?? 0,
    });
  }
});

test('one bit that is changed anywhere takes one record, and is noticed', () => {
  for (let bit = 0; bit < file.length * 8; bit += 1) {
    const hit = ends.findIndex((end) => bit / 8 < end) + 1;
    const { numbers, damaged, wholeBytes } = found(withBitFlipped(file, bit));
    expect(numbers).toEqual([1, 2, 3].filter((number) => number !== hit));
    // A length that grew in the last record looks as if its end was never written.
    expect(damaged + (wholeBytes < file.length ? 1 : 0)).toBe(1);
    expect(hit === 3 || wholeBytes === file.length).toBe(true);
  }
});

test('a length that grew does not take the damaged record behind it for its own end', () => {
  const [one = Buffer.of(), two = Buffer.of(), last = Buffer.of()] = three;
  const [longer, changed] = [withBitFlipped(two, 6 * 8), withBitFlipped(last, last.length * 8 - 1)];
  expect(found(Buffer.concat([one, longer, changed]))).toEqual({
    numbers: [1],
    damaged: 1,
    wholeBytes: file.length,
  });
});

test('records that changed places, and one that was copied, are noticed', () => {
  const [one = Buffer.of(), two = Buffer.of(), last = Buffer.of()] = three;
  expect(found(Buffer.concat([one, last, two]))).toMatchObject({ numbers: [1, 3], damaged: 1 });
  expect(found(Buffer.concat([one, two, one, last]))).toMatchObject({ numbers: [1, 2, 3], damaged: 1 });
});

test('bytes that are no beginning of a record are damage, and are not cut off', () => {
  const zeros = Buffer.alloc(100);
  expect(found(zeros)).toEqual({ numbers: [], damaged: 1, wholeBytes: 100 });
  expect(found(Buffer.concat([file, zeros]))).toEqual({
    numbers: [1, 2, 3],
    damaged: 1,
    wholeBytes: file.length + 100,
  });
  expect(found(Buffer.concat([zeros, file, zeros, recordOf(4)]))).toMatchObject({
    numbers: [1, 2, 3, 4],
    damaged: 2,
  });
});

test('what does not open is tried once, so that the time grows as the file does', () => {
  const damaged = Array.from({ length: 500 }, (_, n) => {
    const record = recordOf(n + 1);
    return withBitFlipped(record, record.length * 8 - 1);
  });
  let tried = 0;
  findHistoryRecords(Buffer.concat(damaged), () => {
    tried += 1;
    return false;
  });
  expect(tried).toBe(500);
});
