import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLengthPrefixedDecoder } from '../../../source/protocol/framing/length-prefixed.ts';
import { ProtocolError } from '../../../source/errors.ts';

function create(parse = (body: Buffer): Buffer | undefined => body) {
  return createLengthPrefixedDecoder({ name: 'body', minBytes: 2, maxBytes: 300, parse });
}
function prefixed(body: Uint8Array) {
  const bytes = Buffer.alloc(4 + body.length);
  bytes.writeUInt32BE(body.length);
  bytes.set(body, 4);
  return bytes;
}

test('any bodies in any chunks are read unchanged', () => {
  const bodies = fc.array(fc.uint8Array({ minLength: 2, maxLength: 300 }), { maxLength: 6 });
  const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 });
  fc.assert(
    fc.property(bodies, cuts, (sent, sizes) => {
      const bytes = Buffer.concat(sent.map(prefixed));
      const decoder = create();
      const read: Uint8Array[] = [];
      for (let at = 0, n = 0; at < bytes.length; n += 1) {
        const size = sizes[n % sizes.length] ?? 1;
        read.push(...decoder.push(bytes.subarray(at, at + size)));
        at += size;
      }
      expect(read.map((body) => Array.from(body))).toEqual(sent.map((body) => Array.from(body)));
    }),
  );
});

test('a body in one chunk is a view, not a copy', () => {
  const chunk = prefixed(Buffer.from('hello'));
  expect(create().push(chunk)[0]?.buffer).toBe(chunk.buffer);
});

test.each([0, 1, 301, 0xffffffff])('a length of %i is refused as soon as it is read', (length) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const decoder = create();
  decoder.push(bytes.subarray(0, 3));
  expect(() => decoder.push(bytes.subarray(3))).toThrow(ProtocolError);
  expect(() => create().push(bytes)).toThrow(`a body of ${length} bytes; 2 to 300 are allowed`);
});

test('a body is read before the length of the next one, even if both came at once', () => {
  const decoder = create(() => {
    throw new ProtocolError('the body makes no sense');
  });
  const bytes = Buffer.concat([prefixed(Buffer.from('hello')), Buffer.from('ffffffff', 'hex')]);
  expect(() => decoder.push(bytes)).toThrow('the body makes no sense');
});

test('a body that parse reads as undefined is skipped', () => {
  const decoder = create((body) => (body.length > 2 ? body : undefined));
  const bytes = Buffer.concat(['ab', 'abc', 'cd'].map((text) => prefixed(Buffer.from(text))));
  expect(decoder.push(bytes).map(String)).toEqual(['abc']);
});
