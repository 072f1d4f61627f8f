import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createStreamDecoder,
  encodeStreamFrame,
  MAX_DATA_BYTES,
  type StreamFrame,
} from '../../../../source/connect/streams/wire/stream-frames.ts';
import { ProtocolError } from '../../../../source/errors.ts';
import { threeWays } from '../../../helpers/decoders/three-ways.ts';

const page = readFileSync('source/connect/streams/wire/streams.md', 'utf8');
const examples = [...page.matchAll(/^\| `(\{.*\})` +\| `([0-9a-f ]+)` +\|$/gm)].map(
  ([, json = '', hex = '']): [StreamFrame, string] => [frameOf(json), hex.replaceAll(' ', '')],
);

/** The page writes data as hex. */
function frameOf(json: string): StreamFrame {
  return JSON.parse(json, (key, value: unknown) =>
    key === 'bytes' && typeof value === 'string' ? Buffer.from(value, 'hex') : value,
  ) as StreamFrame;
}

/** Data comes in pieces, so each byte of it counts. */
function bytewise(frames: readonly StreamFrame[]): unknown[] {
  return frames.flatMap((frame): unknown[] =>
    frame.type === 'data' ? [...frame.bytes].map((byte) => [frame.stream, frame.isOurs, byte]) : [frame],
  );
}

test('the page has an example of every frame', () => {
  expect(examples.map(([{ type }]) => type)).toEqual(['open', 'data', 'credit', 'end', 'reset']);
  expect(page.match(/^\| `\{/gm)).toHaveLength(examples.length);
});

test.each(examples)('$type is written and read in exactly these bytes', (frame, hex) => {
  expect(Buffer.from(encodeStreamFrame(frame)).toString('hex')).toBe(hex);
  for (const read of threeWays(createStreamDecoder, Buffer.from(hex, 'hex'))) {
    expect(bytewise(read)).toEqual(bytewise([frame]));
  }
});

const name = { stream: fc.integer({ min: 1, max: 0x7fff_ffff }), isOurs: fc.boolean() };
const text = fc.string({ unit: 'binary', maxLength: 50 });
const anyFrame: fc.Arbitrary<StreamFrame> = fc.oneof(
  fc.record({ type: fc.constant('open'), ...name, target: text }),
  fc.record({ type: fc.constant('data'), ...name, bytes: fc.uint8Array({ minLength: 1, maxLength: 50 }) }),
  fc.record({ type: fc.constant('credit'), ...name, bytes: fc.integer({ min: 1, max: 2 ** 30 }) }),
  fc.record({ type: fc.constant('end'), ...name }),
  fc.record({ type: fc.constant('reset'), ...name, reason: text }),
);

test('any frames are read as they were written, however they are cut', () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 3 }), (frames) => {
      const bytes = Buffer.concat(frames.map(encodeStreamFrame));
      for (const read of threeWays(createStreamDecoder, bytes)) {
        expect(bytewise(read)).toEqual(bytewise(frames));
      }
    }),
    { numRuns: 50 },
  );
});

test('data is passed on as it comes, without a copy', () => {
  const decoder = createStreamDecoder();
  const bytes = Buffer.from('0000000a 02 80000001 68656c6c6f'.replaceAll(' ', ''), 'hex');
  const [first] = decoder.push(bytes.subarray(0, 11));
  const [second] = decoder.push(bytes.subarray(11));
  expect([first, second]).toEqual(
    [bytes.subarray(9, 11), bytes.subarray(11)].map((piece) => ({
      type: 'data',
      stream: 1,
      isOurs: true,
      bytes: piece,
    })),
  );
  expect(first?.type === 'data' && first.bytes.buffer).toBe(bytes.buffer);
});

describe('a frame is refused', () => {
  test.each<[string, string]>([
    ['without a type and a stream', '00000004 01 80000001'],
    ['that is longer than the longest', '00010006 02 80000001'],
    ['with the type 0', '00000005 00 80000001'],
    ['with the type 6', '00000005 06 80000001'],
    ['with the stream 0', '00000005 04 80000000'],
    ['with no data', '00000005 02 80000001'],
    ['with half a credit', '00000007 03 80000001 0001'],
    ['with a credit of nothing', '00000009 03 80000001 00000000'],
    ['with a credit beyond all windows', '00000009 03 80000001 40000001'],
    ['with an end that says more', '00000006 04 80000001 00'],
    ['with a target that is not UTF-8', '00000006 01 80000001 ff'],
    ['with a reason that is not UTF-8', '00000006 05 80000001 ff'],
  ])('%s', (_, hex) => {
    expect(() => createStreamDecoder().push(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toThrow(
      ProtocolError,
    );
  });

  test('with a target that is too long', () => {
    const long = encodeStreamFrame({ type: 'data', stream: 1, isOurs: true, bytes: Buffer.alloc(1025, 'x') });
    long[4] = 1;
    expect(() => createStreamDecoder().push(long)).toThrow(
      'open on a stream with 1025 bytes; 0 to 1024 are allowed',
    );
  });
});

test('no frame is written that would be refused for its length', () => {
  const name1 = { stream: 1, isOurs: true };
  expect(() =>
    encodeStreamFrame({ ...name1, type: 'data', bytes: new Uint8Array(MAX_DATA_BYTES + 1) }),
  ).toThrow(RangeError);
  expect(() => encodeStreamFrame({ ...name1, type: 'open', target: 'x'.repeat(1025) })).toThrow(RangeError);
});
