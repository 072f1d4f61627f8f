/**
 * Inputs for decoders: any bytes, valid ones, and changed valid ones, because
 * nearly valid input is what breaks decoders.
 */
import * as fc from 'fast-check';
import { codePoint } from './code-point.ts';

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text);
}
function hex(digits: string): Uint8Array {
  return Buffer.from(digits, 'hex');
}

/** Inputs that have broken other decoders. */
const pieces: readonly Uint8Array[] = [
  ...['00', '0d', '0a', '0d0a', '0a00', 'ff', 'ffffffff', '7fffffff', '00010009', '0001000a'].map(hex),
  // UTF-8: half a character, an overlong NUL, a surrogate, a code point beyond U+10FFFF, a byte order mark.
  ...['c3', 'c328', 'c080', 'eda080', 'f4908080', 'f8888080', 'efbbbf', 'e280ae'].map(hex),
  ...['ffffffffffffffff', '001fffffffffffff', '0020000000000000', '8000000000000000'].map(hex),
  ...['1e999', '-0', '99999999999999999999', '0.1', 'null', 'true', '""', '\\ud800', '\\u0000'].map(bytesOf),
  ...['{', '}', '[', ']', '"', ',', ':', ' ', '@', '-', '%', '.', '__proto__', '"t":', '{"t":'].map(bytesOf),
  bytesOf('['.repeat(1000)),
  bytesOf('{"a":'.repeat(500)),
];

type Change = readonly [does: 'flip' | 'put' | 'insert' | 'cut' | 'repeat', at: number, amount: number];

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('flip', 'put', 'insert', 'cut', 'repeat'),
  fc.nat(),
  fc.nat(0xffff),
);

function changed(bytes: Uint8Array, [does, place, amount]: Change): Uint8Array {
  const at = place % (bytes.length + 1);
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  const piece = pieces[amount % pieces.length] ?? head;
  switch (does) {
    case 'flip':
      return bytes.map((byte, index) => (index === at ? byte ^ (1 << (amount % 8)) : byte));
    case 'put':
      return Buffer.concat([head, piece, tail.subarray(piece.length)]);
    case 'insert':
      return Buffer.concat([head, piece, tail]);
    case 'cut':
      return Buffer.concat([head, tail.subarray(1 + (amount % 16))]);
    case 'repeat':
      return Buffer.concat([head, ...Array<Uint8Array>(1 + (amount % 4)).fill(tail)]);
  }
}

/** Any bytes; valid ones; valid ones that are changed in up to four places, truncated, or spliced from two. */
export function hostileBytes(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const tampered = fc
    .tuple(valid, fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([bytes, changes]) => changes.reduce(changed, bytes));
  const truncated = fc
    .tuple(valid, fc.nat())
    .map(([bytes, at]) => bytes.subarray(0, at % (bytes.length + 1)));
  const spliced = fc
    .tuple(valid, valid, fc.nat(), fc.nat())
    .map(([one, other, end, start]) =>
      Buffer.concat([one.subarray(0, end % (one.length + 1)), other.subarray(start % (other.length + 1))]),
    );
  return fc.oneof(
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
    { weight: 1, arbitrary: valid },
    { weight: 4, arbitrary: tampered },
    { weight: 1, arbitrary: truncated },
    { weight: 1, arbitrary: spliced },
  );
}

/** Texts of the same kinds. They include lone surrogates, which no UTF-8 gives. */
export function hostileText(valid: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const inserted = fc
    .tuple(valid, fc.nat(), fc.nat(4), fc.string({ unit: codePoint, maxLength: 4 }))
    .map(([text, place, length, piece]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + piece + text.slice(at + length);
    });
  return fc.oneof(
    hostileBytes(valid.map(bytesOf)).map((bytes) => Buffer.from(bytes).toString()),
    inserted,
    fc.string({ unit: codePoint, maxLength: 200 }),
    fc.string({ unit: fc.constantFrom(...'7-@:[]%.0 \x1b\n\u202Ea\uD800'.split('')), maxLength: 30 }),
  );
}

/** As JSON text, because JSON.stringify() cannot produce some of them, and overflows on the deep ones. */
const hostileValue: fc.Arbitrary<string> = fc.oneof(
  fc.json({ maxDepth: 2 }),
  fc.double().map(String),
  fc.string({ unit: codePoint }).map((text) => JSON.stringify(text)),
  fc.constantFrom('-1', '0', '-0', '0.5', '65536', '4294967296', '9007199254740992', '1e308', '1e999'),
  fc.constantFrom('""', '" "', '"\\ud800"', '"\\u0000"', '{"__proto__":{"t":"ping"}}', 'undefined'),
  fc.constant(JSON.stringify('x'.repeat(10_000))),
  fc.constantFrom(1, 30, 1000, 4000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.constantFrom(1, 30, 1000).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
);

/** Marks the place for a hostile value. */
const hole = 'hole';

/** One of the samples, with any one of its values, at any depth, replaced or left out. */
export function hostileJson(samples: readonly object[]): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.nat(), fc.option(hostileValue, { nil: undefined }))
    .map(([sample, place, value]) => {
      let count = 0;
      function counted(_: string, one: unknown): unknown {
        count += 1;
        return one;
      }
      JSON.stringify(sample, counted);
      // Value 0 is the whole object.
      const at = 1 + (place % count);
      count = 0;
      const text = JSON.stringify(sample, (_, one: unknown) => {
        count += 1;
        return count === at ? (value === undefined ? undefined : hole) : one;
      });
      return (text ?? '').replace(`"${hole}"`, () => value ?? '');
    });
}
