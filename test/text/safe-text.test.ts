import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_NAME_LENGTH, safeName, safeText } from '../../source/text/safe-text.ts';
import { samples } from '../helpers/samples.ts';
import { codePoint } from '../helpers/strangers/code-point.ts';

describe('safeText', () => {
  test.each([
    ['an escape sequence', '\x1b[31mred\x1b[0m', '␛[31mred␛[0m'],
    ['a title', '\x1b]0;x\x07', '␛]0;x␇'],
    ['a NUL', 'a\0b', 'a␀b'],
    ['backspaces', 'rm\b\bls', 'rm␈␈ls'],
    ['a carriage return', 'good\revil', 'good␍evil'],
    ['a newline', 'a\nb', 'a␊b'],
    ['a DEL', 'a\x7f', 'a␡'],
    ['a C1 control sequence introducer', '\x9b31m', '⟨U+009B⟩31m'],
    ['a next line', 'a\x85b', 'a⟨U+0085⟩b'],
    ['an override of direction', 'exe.\u202Etxt', 'exe.⟨U+202E⟩txt'],
    ['an isolate', '\u2066a\u2069', '⟨U+2066⟩a⟨U+2069⟩'],
    ['a mark of direction', 'a\u200Fb', 'a⟨U+200F⟩b'],
    ['an Arabic letter mark', '\u061C', '⟨U+061C⟩'],
    ['a zero-width space', 'pay\u200Bpal', 'pay⟨U+200B⟩pal'],
    ['a joiner between Latin letters', 'a\u200Db\u200Cc', 'a⟨U+200D⟩b⟨U+200C⟩c'],
    ['a word joiner', 'a\u2060b', 'a⟨U+2060⟩b'],
    ['a byte order mark', '\uFEFFa', '⟨U+FEFF⟩a'],
    ['a soft hyphen', 'a\u00ADb', 'a⟨U+00AD⟩b'],
    ['a line separator', 'a\u2028b\u2029', 'a⟨U+2028⟩b⟨U+2029⟩'],
    ['tag characters', 'a\u{E0061}\u{E0062}', 'a⟨U+E0061⟩⟨U+E0062⟩'],
    ['tags that spell no flag', '🏴\u{E0061}\u{E007F}', '🏴⟨U+E0061⟩⟨U+E007F⟩'],
    ['a selector on a letter', 'a\uFE0F', 'a⟨U+FE0F⟩'],
    ['a selector that carries data', '🙂\u{E0101}\u{E0102}', '🙂⟨U+E0101⟩⟨U+E0102⟩'],
    ['a high surrogate alone', 'a\uD83D', 'a⟨U+D83D⟩'],
    ['a low surrogate alone', '\uDE00a', '⟨U+DE00⟩a'],
    ['a private character', '\uE0A0', '⟨U+E0A0⟩'],
    ['a noncharacter', '\u{1FFFE}\uFDD0', '⟨U+1FFFE⟩⟨U+FDD0⟩'],
    ['an unassigned character', '\u{40000}', '⟨U+40000⟩'],
    ['an annotation', '\uFFF9a\uFFFAb\uFFFB', '⟨U+FFF9⟩a⟨U+FFFA⟩b⟨U+FFFB⟩'],
    ['a grapheme joiner', 'a\u034Fb', 'a⟨U+034F⟩b'],
    ['fillers of Hangul', '\u115F\u1160\u3164\uFFA0', '⟨U+115F⟩⟨U+1160⟩⟨U+3164⟩⟨U+FFA0⟩'],
    ['a blank Braille cell', '\u2800', '⟨U+2800⟩'],
    ['a mark on nothing', '\u0301a', '⟨U+0301⟩a'],
    ['the ninth mark on a letter', `e${'\u0301'.repeat(9)}`, `e${'\u0301'.repeat(8)}⟨U+0301⟩`],
    ['a skin without a hand', 'a🏽', 'a⟨U+1F3FD⟩'],
    ['a second skin', '👍🏽🏽', '👍🏽⟨U+1F3FD⟩'],
    ['a joiner at the end of an emoji', '👩\u200D', '👩⟨U+200D⟩'],
    ['a chain that no emoji has', Array(5).fill('👩').join('\u200D'), '👩‍👩‍👩‍👩⟨U+200D⟩👩'],
  ])('makes %s visible', (_, text, expected) => {
    expect(safeText(text)).toBe(expected);
  });

  test.each([
    ['ASCII', ' !"~ Hello, world'],
    ['Latin and its accents, composed or not', 'Žluťoučký kůň, cafe\u0301'],
    ['spaces of other widths', 'ça va\u202F? \u3000'],
    ['Greek, Cyrillic, Georgian', 'Ελλάδα Привет გამარჯობა'],
    ['Hebrew with points', 'שָׁלוֹם'],
    ['Arabic with vowels', 'مُحَمَّدٌ'],
    ['Persian with non-joiners', 'می\u200Cخواهم'],
    ['Arabic number signs', '\u0600\u0661'],
    ['Hindi', 'नमस्ते क्\u200Dष'],
    ['Sinhala', 'ශ්\u200Dරී ලංකා'],
    ['Malayalam with a joiner at the end', 'അവന്\u200D'],
    ['Burmese', 'ကျွန်ုပ်'],
    ['Thai', 'ที่นี่'],
    ['Chinese, Japanese, Korean', '你好 こんにちは が 안녕'],
    ['a variant of a Han character', '辻\u{E0100}'],
    ['Mongolian with its selectors', 'ᠠ\u180Bᠭ\u180Eᠠ'],
    ['an emoji with a skin', '👍🏽'],
    ['a family', '👨‍👩‍👧‍👦'],
    ['a kiss', '👩🏽‍❤️‍💋‍👨🏻'],
    ['flags', '🇩🇪 🏳️‍🌈 🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
    ['a keycap', '1️⃣'],
    ['an emoji shown as text', '✈︎'],
    ['a replacement character', '\uFFFD'],
  ])('leaves %s alone', (_, text) => {
    expect(safeText(text)).toBe(text);
  });

  test('turns a tab into spaces', () => {
    expect(safeText('a\tb')).toBe('a    b');
  });

  test('keeps newlines of a multiline text, and no other line ends', () => {
    expect(safeText('a\nb\r\nc\rd\u2028e', { multiline: true })).toBe('a\nb\nc␍d⟨U+2028⟩e');
    expect(safeText('a\n\u0301b', { multiline: true })).toBe('a\n⟨U+0301⟩b');
  });
});

/** Parts of texts, most of them with characters that the rules are about. */
const unit = fc.oneof(
  fc.constantFrom(
    ...Array.from(
      '\0\b\t\n\r\x1b\x7f\x85\x9b\u00AD\u0301\u034F\u061C\u0600\u200B\u200C\u200D\u200E\u202E\u2028\u2066\u20E3\u2800\uFE00\uFE0E\uFE0F\uFEFF\uFFF9\uE000',
    ),
    '\uD83D',
    '\uDE00',
  ),
  fc.constantFrom(
    '\u{E0061}',
    '\u{E0100}',
    '\u{1F3FD}',
    '👩',
    '👍',
    '🏴',
    '🇩',
    '❤',
    '1',
    '#',
    '辻',
    'a',
    ' ',
  ),
  fc.constantFrom('م', '\u064E', 'क', '्', 'ന', '്', 'ᠠ', '\u180B', '\u180E', '\u0903', '\u3164', '\u{10FFFF}'),
  fc.string({ unit: codePoint, maxLength: 2 }),
  fc.constantFrom(
    '\u0301'.repeat(9),
    '्'.repeat(8),
    '👩\u200D👩\u200D',
    '1\uFE0F\u20E3',
    '🏴\u{E0067}\u{E0062}',
  ),
);
const hostile = fc.array(unit, { maxLength: 40 }).map((parts) => parts.join(''));
const options = fc.record({ multiline: fc.boolean() });

/** These characters are never in safe text. */
const forbidden =
  /[[\p{Cc}--\n]\p{Cs}\p{Co}\p{Zl}\p{Zp}\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/v;

describe('for any text', () => {
  test('no character is left that a terminal obeys or that changes the direction of text', () => {
    fc.assert(
      fc.property(hostile, options, (text, option) => {
        const safe = safeText(text, option);
        expect(safe).not.toMatch(forbidden);
        expect(safe.isWellFormed()).toBe(true);
        expect(safe.includes('\n')).toBe(option.multiline && text.includes('\n'));
      }),
      { numRuns: samples(2000) },
    );
  });

  test('safe text does not change when it is made safe again', () => {
    fc.assert(
      fc.property(hostile, options, (text, option) => {
        const safe = safeText(text, option);
        expect(safeText(safe, option)).toBe(safe);
      }),
      { numRuns: samples(5000) },
    );
  });

  test('no letter carries more than eight marks', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(safeText(text)).not.toMatch(/[\p{M}--\p{DI}]{9}/v);
      }),
    );
  });

  test('a name is one short line, and does not change when it is made a name again', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const name = safeName(text);
        expect(name).not.toMatch(forbidden);
        expect(name).not.toMatch(/^\s|\s$|\n/);
        expect(name).not.toBe('');
        expect(name.length).toBeLessThanOrEqual(MAX_NAME_LENGTH);
        expect([...new Intl.Segmenter().segment(name)].length).toBeLessThanOrEqual(32);
        expect(safeName(name)).toBe(name);
      }),
      { numRuns: samples(5000) },
    );
  });
});

describe('safeName', () => {
  test.each([
    ['Ada', 'Ada'],
    ['  Ada \t Lovelace\n', 'Ada Lovelace'],
    ['', 'peer'],
    // The names of this side.
    ['me', 'peer "me"'],
    ['you', 'peer "you"'],
    [' Me\n', 'peer "Me"'],
    ['ｍｅ', 'peer "ｍｅ"'],
    ['me too', 'me too'],
    ['Meg', 'Meg'],
    ['"me"', `peer "'me'"`],
    [`you${'!'.repeat(90)}`, `peer "you${'!'.repeat(21)}…"`],
    [' \u2028\u0085 ', 'peer'],
    ['\x1b[2JAda', '␛[2JAda'],
    ['Ada\u202E', 'Ada⟨U+202E⟩'],
    ['x'.repeat(32), 'x'.repeat(32)],
    ['x'.repeat(33), `${'x'.repeat(31)}…`],
    ['👨‍👩‍👧‍👦'.repeat(9), '👨‍👩‍👧‍👦'.repeat(9)],
    [`${'x'.repeat(30)}می\u200Cخواهم`, `${'x'.repeat(30)}م…`],
    ['علی\u200Cرضا', 'علی\u200Cرضا'],
  ])('%j becomes %j', (text, expected) => {
    expect(safeName(text)).toBe(expected);
  });

  test.each([
    ['Anna', 'anna'],
    ['АNΝА', 'Anna'],
    ['a\u200Bn\u0301na.', 'anna'],
    ['b0b', 'Bob'],
    ['biII', 'bill'],
    ['Jo 1', 'jo l'],
    ['Ж', 'ж'],
  ])('%j is marked for a user who is called %j', (text, own) => {
    expect(safeName(text, own)).toBe(`peer "${safeText(text)}"`);
    expect(safeName(text)).toBe(safeText(text));
  });

  test.each([
    ['peer', 'peer'],
    ['anna', 'hanna'],
    ['😀', '🙃'],
    ['', ''],
    ['日本', '日'],
  ])('%j is not marked for a user who is called %j', (text, own) => {
    expect(safeName(text, own)).toBe(safeName(text));
    expect(safeName(text, own)).not.toContain('"');
  });

  test('a name of more than 256 units is cut to that, though it has few graphemes', () => {
    const families = '👨‍👩‍👧‍👦'.repeat(23);
    expect(safeName(`${families}abc`)).toBe(`${families}abc`);
    expect(safeName(`${families}abcd`)).toBe(`${families}ab…`);
    expect(`${families}ab…`).toHaveLength(MAX_NAME_LENGTH);
  });

  test('an endless name costs no more than a long one', () => {
    expect(safeName('👩\u200D'.repeat(1_000_000)).length).toBeLessThanOrEqual(MAX_NAME_LENGTH);
  });
});
