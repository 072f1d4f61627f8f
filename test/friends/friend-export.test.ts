import { describe, expect, test } from 'vitest';
import { friendId } from '../../source/connect/keys/friend-keys.ts';
import {
  decodeContent,
  decodeExport,
  encodeContent,
  encodeExport,
} from '../../source/friends/export-text.ts';
import { openFriends, sealFriends } from '../../source/friends/friend-export.ts';
import { parsePlaces } from '../../source/protocol/place-address.ts';
import { raisesOnlyProtocolErrors } from '../helpers/decoders/raises-only-protocol-errors.ts';

const secret = new Uint8Array(32).map((_, index) => index);
const ada = {
  id: friendId(secret),
  name: 'ada',
  secret,
  role: 'a',
  places: parsePlaces('wormhole'),
  keptAt: 1,
  metAt: 2,
} as const;
const password = 'correct horse';

/** The format, with a salt of ones and a nonce of twos. Such an export must be opened for ever. */
const pinned = `{
  "punchline": "friends",
  "v": 1,
  "kdf": {
    "name": "scrypt",
    "n": 131072,
    "r": 8,
    "p": 1,
    "salt": "AQEBAQEBAQEBAQEBAQEBAQ"
  },
  "nonce": "AgICAgICAgICAgIC",
  "sealed": "b2AiJE4vpGeeDbbO8WjTPj-b83YYGHIiKKYZd9AzZArTOkFzALvexWVqVgg2rN1IGtr6m-IhrLlwf4jkqxAXO6Tzcww8ag3SSXYogKiTNzdMscw4-QqoYTaw-Z5FG1s3qmo2TqmoHnyPpi0dSvH8T7b-bfD-8ALZl_0UOuFaxNrd0OUAdO__PBispxKykqXDZOK1gAFvBCS5VqE0sw",
  "sum": "WzqXXJXT3a6_YoBddJfpoDfwZBZpgtW7Jr4n8fDMCKk"
}
`;

/** The same with some fields changed, and a sum that is right. */
function changed(
  change: (fields: { kdf: Record<string, unknown>; [name: string]: unknown }) => void,
): string {
  const fields = JSON.parse(pinned) as Parameters<typeof change>[0];
  change(fields);
  return JSON.stringify(fields);
}

test('an export is this text, and is opened again', async () => {
  const chance = { salt: Buffer.alloc(16, 1), nonce: Buffer.alloc(12, 2) };
  expect(await sealFriends([ada], password, chance)).toBe(pinned);
  expect(await openFriends(pinned, password)).toEqual([ada]);
});

test('two exports of the same have nothing in common, and show no name and no secret', async () => {
  const texts = await Promise.all([sealFriends([ada], password), sealFriends([ada], password)]);
  const [one, other] = texts.map(decodeExport);
  expect(one?.scrypt.salt).not.toEqual(other?.scrypt.salt);
  expect(one?.nonce).not.toEqual(other?.nonce);
  for (const text of texts) {
    expect(text).not.toContain('ada');
    expect(text).not.toContain(Buffer.from(secret).toString('base64url'));
  }
});

test('a password may be typed with composed letters or not', async () => {
  const text = await sealFriends([ada], 'caf\u00E9');
  expect(await openFriends(text, 'cafe\u0301')).toEqual([ada]);
});

test('another password is told from a damaged file', async () => {
  await expect(openFriends(pinned, 'Correct horse')).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: 'the export was sealed with another password',
  });
  await expect(openFriends(pinned, '')).rejects.toMatchObject({ message: 'the password is empty' });
  await expect(sealFriends([ada], '')).rejects.toMatchObject({ message: 'the password is empty' });
});

test('no changed or missing byte is taken for a wrong password, or opened', () => {
  for (let at = 0; at < pinned.length - 2; at += 1) {
    const whole = decodeExport(pinned);
    const byte = pinned[at] === 'A' ? 'B' : 'A';
    for (const damaged of [pinned.slice(0, at), pinned.slice(0, at) + byte + pinned.slice(at + 1)]) {
      // A space between two fields may change.
      raisesOnlyProtocolErrors(() => expect(decodeExport(damaged)).toEqual(whole));
    }
  }
});

test('a header with another sum does not open either', async () => {
  const { nonce, scrypt, sealed } = decodeExport(pinned);
  for (const other of [
    { scrypt, nonce, sealed: sealed.map((byte, index) => (index === 3 ? byte ^ 1 : byte)) },
    { scrypt, nonce: nonce.map((byte) => byte ^ 1), sealed },
    { scrypt: { ...scrypt, p: 2 }, nonce, sealed },
  ]) {
    await expect(openFriends(encodeExport(other), password)).rejects.toMatchObject({ code: 'ERR_USAGE' });
  }
});

describe('a file that would cost much', () => {
  test.each([
    ['n', 2 ** 21],
    ['n', 2 ** 20 + 1],
    ['n', 0],
    ['n', 1],
    ['n', 1e300],
    ['r', 17],
    ['r', 2 ** 30],
    ['p', 5],
    ['p', 0.5],
  ])('is refused before anything is computed: %s is %d', async (name, value) => {
    const text = changed(({ kdf }) => void (kdf[name] = value));
    await expect(openFriends(text, password)).rejects.toMatchObject({
      code: 'ERR_FILE',
      message: 'the export cannot be opened: its password would cost more time or memory than is allowed',
    });
  });

  test('is refused if n and r are allowed, and both together are not', async () => {
    const text = changed(({ kdf }) => void Object.assign(kdf, { n: 2 ** 20, r: 16 }));
    await expect(openFriends(text, password)).rejects.toThrow('more time or memory than is allowed');
  });

  test('is refused if it is large', async () => {
    await expect(openFriends(' '.repeat(17 * 1024 * 1024), password)).rejects.toThrow(
      'it has more than 16777216 bytes',
    );
  });
});

test.each([
  ['', 'it is no export of friends, or not all of it'],
  ['{"punchline": "friends"}', 'it is no export of friends'],
  ['{"v": 1}', 'it is no export of friends'],
  ['{"punchline": "friends", "v": 2}', 'another version of punchline has written it'],
  [changed((fields) => void (fields['sealed'] = 'AAAA')), 'it is damaged'],
  [changed((fields) => void (fields['sum'] = 'AAAA')), 'it is damaged'],
  [changed((fields) => void (fields['nonce'] = 'BgICAgICAgICAgIC')), 'it is damaged'],
  [changed(({ kdf }) => void (kdf['salt'] = 'AQ')), 'it is damaged'],
  [changed(({ kdf }) => void (kdf['p'] = 2)), 'it is damaged'],
])('%j is refused: %s', async (text, why) => {
  await expect(openFriends(text, password)).rejects.toMatchObject({
    code: 'ERR_FILE',
    exitCode: 8,
    message: `the export cannot be opened: ${why}`,
  });
});

test('what is sealed is checked like a file', () => {
  const content = encodeContent([ada]);
  expect(decodeContent(content)).toEqual([ada]);
  expect(() => decodeContent(content.replace('"v":1', '"v":2'))).toThrow(
    'friend 1 in it cannot be used: a later version of punchline has written it',
  );
  expect(() => decodeContent(content.replace('ada', '../ada'))).toThrow(
    'friend 1 in it cannot be used: its name cannot be used',
  );
  expect(() => decodeContent(JSON.stringify({ friends: Array(10_001).fill(0) }))).toThrow(
    'no list of friends',
  );
});
