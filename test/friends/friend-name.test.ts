import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFriendName } from '../../source/friends/friend-form.ts';
import {
  freeName,
  friendNameFrom,
  isSameName,
  parseFriendName,
  unknownFriend,
} from '../../source/friends/friend-name.ts';
import { parseInvite } from '../../source/protocol/invite.ts';
import { beginsLikeInvite } from '../../source/protocol/pasted-line.ts';
import { safeText } from '../../source/text/safe-text.ts';
import { codePoint } from '../helpers/strangers/code-point.ts';

const commands = ['chat', 'serve', 'friends'];

test.each([
  ['ada', 'ada'],
  [' Ada ', 'Ada'],
  ['E\u0301lan-2', 'Élan-2'],
  ['李雷', '李雷'],
  ['हिन्दी', 'हिन्दी'],
  ['a.b_c-9', 'a.b_c-9'],
  ['a'.repeat(40), 'a'.repeat(40)],
  ['\u{10400}'.repeat(40), '\u{10400}'.repeat(40)],
])('%j is a name: %j', (typed, name) => {
  expect(parseFriendName(typed, commands)).toBe(name);
});

test.each([
  ['', 'an empty text'],
  ['7', "'7'"],
  ['٧', "'٧'"],
  ['2nd', "'2nd'"],
  ['-x', 'what was typed'],
  ['a b', "'a b'"],
  ['a@b', "'a@b'"],
  ['a/b', "'a/b'"],
  ['../x', "'../x'"],
  ['a\u200Bb', 'U+200B'],
  ['a\u3164', 'U+3164'],
  ['\u115Fa', 'U+115F'],
  ['a\u001B[31m', '␛'],
  ['Ⅶ', "'Ⅶ'"],
  [`a${'\u0301'.repeat(12)}`, 'U+0301'],
  ['a'.repeat(41), `'${'a'.repeat(41)}'`],
  ['a'.repeat(100_000), '…'],
])('%j is none, and the error shows it: %s', (typed, shown) => {
  expect(() => parseFriendName(typed, commands)).toThrow(
    expect.objectContaining({
      code: 'ERR_USAGE',
      message: expect.stringContaining(shown) as string,
      hint: expect.stringContaining('begins with a letter') as string,
    }),
  );
});

test('no error repeats words that may be those of a code', () => {
  expect(() => parseFriendName('velvet-orbit!', commands)).toThrow('what was typed is no name for a friend');
  expect(unknownFriend('velvet-orbit', ['ada']).message).toBe('there is no friend with that name');
});

test.each(['chat', 'Serve', 'FRIENDS', 'punchline', 'Punchline.cjs'])('%s is a command', (typed) => {
  expect(() => parseFriendName(typed, commands)).toThrow(
    expect.objectContaining({
      message: `a friend cannot be called '${typed}': it is a command`,
      hint: `Choose another name, for example ${typed}-2.`,
    }),
  );
});

test.each([
  ['Ada Lovelace', 'Ada-Lovelace'],
  ['  <b>Ada</b>  ', 'bAdab'],
  ['42 Ada', 'Ada'],
  ['--Ada--', 'Ada'],
  ['Grace 🚀 Hopper', 'Grace--Hopper'],
  ['a\u202Eb\u0000', 'ab'],
  ['x'.repeat(5000), 'x'.repeat(40)],
  [`${'x'.repeat(39)} y`, 'x'.repeat(39)],
  ['🚀', undefined],
  ['', undefined],
  ['chat', undefined],
])('the name %j of a peer becomes %j', (peerName, name) => {
  expect(friendNameFrom(peerName, commands)).toBe(name);
});

test('a name that is made of any text is a name, or there is none', () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint, maxLength: 60 }), (text) => {
      const name = friendNameFrom(text, commands);
      expect(name === undefined || parseFriendName(name, commands) === name).toBe(true);
    }),
  );
});

test('no name is taken for an invite, changed by a terminal, or leads out of a folder', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zé李][\w.-]{0,12}$/u), (text) => {
      const name = text.normalize('NFC');
      fc.pre(isFriendName(name));
      expect(beginsLikeInvite(name)).toBe(false);
      expect(() => parseInvite(name)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
      expect(safeText(name)).toBe(name);
      expect(name.startsWith('.') || name.includes('/')).toBe(false);
    }),
  );
});

test.each([
  ['ada', 'ADA', true],
  ['Élan', 'e\u0301LAN', true],
  ['straße', 'STRASSE', true],
  ['ΟΔΟΣ', 'οδος', true],
  ['ada', 'adam', false],
  ['ada', 'áda', false],
])('%s and %s are the same: %s', (one, other, isSame) => {
  expect(isSameName(one, other)).toBe(isSame);
});

describe('a free name', () => {
  test.each([
    ['ada', [], 'ada'],
    ['ada', ['Ada'], 'ada-2'],
    ['ada', ['ada', 'ADA-2', 'ada-4'], 'ada-3'],
    ['a'.repeat(40), ['a'.repeat(40)], `${'a'.repeat(38)}-2`],
  ])('for %s beside %j is %s', (wish, taken, free) => {
    expect(freeName(wish, taken)).toBe(free);
  });
});

test.each([
  [[], 'There are none yet: in a chat, /friend keeps the peer.'],
  [['grace', 'ada'], 'Did you mean ada?'],
  [['grace', 'hopper'], 'Your friends are grace, hopper.'],
])('an unknown friend beside %j: %s', (names, hint) => {
  expect(unknownFriend('Adda', names)).toMatchObject({
    exitCode: 2,
    message: "there is no friend 'Adda'",
    hint,
  });
});
