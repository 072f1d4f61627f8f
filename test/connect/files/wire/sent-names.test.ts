import { array, assert, constantFrom, property, uint8Array, uniqueArray } from 'fast-check';
import { expect, test } from 'vitest';
import { sentNames, visibleBytes } from '../../../../source/connect/files/wire/sent-names.ts';

/** A name whose characters are its bytes. */
function raw(name: string) {
  return Buffer.from(name, 'latin1');
}

test.each([
  ['caf\u{E9}.txt', 'caf⟨0xE9⟩.txt'],
  ['\u{8E}\u{A9}', '⟨0x8EA9⟩'],
  ['\u{FF}a\u{FE}', '⟨0xFF⟩a⟨0xFE⟩'],
  // A character that ends early, an overlong slash, and half of a surrogate pair.
  ['\u{E2}\u{82}', '⟨0xE282⟩'],
  ['\u{C0}\u{AF}', '⟨0xC0AF⟩'],
  ['\u{ED}\u{A0}\u{80}', '⟨0xEDA080⟩'],
])('the bytes %j are shown as %s', (bytes, shown) => {
  expect(visibleBytes(raw(bytes))).toBe(shown);
});

test('characters of one to four bytes stay beside bytes that are not UTF-8', () => {
  const bytes = Buffer.concat([Buffer.from('aé€😀'), raw('\u{E9}'), Buffer.from('😀')]);
  expect(visibleBytes(bytes)).toBe('aé€😀⟨0xE9⟩😀');
});

test('a name that would become that of another file gets a number, in any order of the folder', () => {
  const names = [raw('caf\u{E9}.txt'), Buffer.from('caf⟨0xE9⟩.txt'), Buffer.from('caf⟨0xE9⟩ (1).txt')];
  for (const order of [names, names.toReversed()]) {
    expect(sentNames(order)).toEqual([
      { name: 'caf⟨0xE9⟩ (1).txt', bytes: names[2] },
      { name: 'caf⟨0xE9⟩ (2).txt', bytes: names[0] },
      { name: 'caf⟨0xE9⟩.txt', bytes: names[1] },
    ]);
  }
});

test('names that are UTF-8 stay, sorted', () => {
  const names = ['b', 'Grüße', '\u{FEFF}a', '\u{FFFD}', '😀'];
  expect(sentNames(names.map((name) => Buffer.from(name))).map(({ name }) => name)).toEqual(names.toSorted());
});

test('whatever the bytes are, every file has a name of its own that is UTF-8', () => {
  const pieces = constantFrom(...['a', '.', '⟨0xE9⟩', ' (1)', '\u{20AC}'].map((text) => Buffer.from(text)));
  const name = array(
    pieces.chain((piece) => uint8Array({ maxLength: 2 }).map((bytes) => Buffer.concat([piece, bytes]))),
    { minLength: 1, maxLength: 4 },
  ).map((parts) => Buffer.concat(parts));
  assert(
    property(uniqueArray(name, { selector: (bytes) => bytes.toString('hex'), maxLength: 20 }), (names) => {
      const sent = sentNames(names);
      expect(new Set(sent.map((one) => one.name)).size).toBe(names.length);
      expect(sent.map(({ bytes }) => bytes.toString('hex')).toSorted()).toEqual(
        names.map((bytes) => bytes.toString('hex')).toSorted(),
      );
      expect(sent.every((one) => one.name.isWellFormed())).toBe(true);
    }),
  );
});
