import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { friendId } from '../../source/connect/keys/friend-keys.ts';
import { decodeFriend, encodeFriend, LaterVersion } from '../../source/friends/friend-record.ts';
import { parsePlaces } from '../../source/protocol/place-address.ts';

const secret = new Uint8Array(32).map((_, index) => index);
const friend = {
  id: friendId(secret),
  name: 'ada',
  secret,
  role: 'a',
  places: parsePlaces('example.org,wormhole'),
  keptAt: 1_700_000_000_000,
  metAt: 1_700_000_000_001,
} as const;

/** The contract of the disk. It must never change: older records lie there. */
const text = `{
  "v": 1,
  "name": "ada",
  "secret": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
  "role": "a",
  "places": "example.org,wormhole",
  "keptAt": 1700000000000,
  "metAt": 1700000000001
}
`;

test('a record is this text', () => {
  expect(friend.id).toBe('5bb293e8e6e430b4c74f79614670ff1a');
  expect(encodeFriend({ friend, unknown: {} })).toBe(text);
  expect(decodeFriend(text)).toEqual({ friend, unknown: {} });
});

test('a friend without a place is kept, and one with an empty list of places is such a friend', () => {
  for (const places of [undefined, []]) {
    const { friend: read } = decodeFriend(encodeFriend({ friend: { ...friend, places }, unknown: {} }));
    expect(read).toEqual({ ...friend, places: undefined });
  }
});

test('fields that this version does not know are kept', () => {
  const later = text.replace('{', '{ "mood": ["x", {"y": null}], "__proto__": {"z": 1},');
  const record = decodeFriend(later);
  expect(record.friend).toEqual(friend);
  expect(JSON.parse(encodeFriend(record))).toMatchObject({ mood: ['x', { y: null }], name: 'ada' });
});

test('a record of a later version is not called damaged', () => {
  expect(() => decodeFriend('{"v": 2, "name": 7}')).toThrow(LaterVersion);
});

test.each([
  ['', 'it is not JSON'],
  ['[]', 'its v cannot be used'],
  ['7', 'it is not the record of a friend'],
  ['{"v": 0}', 'its v cannot be used'],
  [text.replace('ada', '7'), 'its name cannot be used'],
  [text.replace('AAEC', 'AAE'), 'its secret cannot be used'],
  [text.replace('Hh8', 'Hh9'), 'its secret cannot be used'],
  [text.replace('"a"', '"c"'), 'its role cannot be used'],
  [text.replace('wormhole', 'a b c'), 'its places cannot be used'],
  [text.replace('1700000000001', '-1'), 'its metAt cannot be used'],
  ['['.repeat(50), 'JSON that is nested more than 8 levels deep'],
])('%j is refused: %s', (wrong, why) => {
  expect(() => decodeFriend(wrong)).toThrow(expect.objectContaining({ code: 'ERR_PROTOCOL', message: why }));
});

test('no part of a record is taken for the whole', () => {
  for (let length = 0; length < text.trimEnd().length; length += 1) {
    expect(() => decodeFriend(text.slice(0, length))).toThrow(
      expect.objectContaining({ code: 'ERR_PROTOCOL' }),
    );
  }
});

test('what is written is read again', () => {
  fc.assert(
    fc.property(
      fc.record({
        name: fc.constantFrom('ada', 'Élan', '李-2'),
        secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
        role: fc.constantFrom('a', 'b'),
        places: fc.constantFrom(
          undefined,
          parsePlaces('[::1]:1'),
          parsePlaces('https://example.org,wss://a.b/v1'),
        ),
        keptAt: fc.integer({ min: 0, max: 8.64e15 }),
        metAt: fc.integer({ min: 0, max: 8.64e15 }),
      }),
      (fields) => {
        const one = { ...fields, id: friendId(fields.secret) };
        expect(decodeFriend(encodeFriend({ friend: one, unknown: {} })).friend).toEqual(one);
      },
    ),
  );
});
