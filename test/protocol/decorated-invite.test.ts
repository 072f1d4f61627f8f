/** What people send each other, and what may come of it on the way. */
import { wordlist } from '@scure/bip39/wordlists/english.js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_PORT, formatServer, parseServer, type Server } from '../../source/network/endpoint.ts';
import { type Code, parseCode } from '../../source/protocol/code.ts';
import { parseInvite } from '../../source/protocol/invite.ts';
import {
  formatPlace,
  type HttpsAddress,
  type MailboxAddress,
  parsePlaces,
  type PlaceAddresses,
  placesOf,
  publicMailbox,
  type RendezvousAddress,
} from '../../source/protocol/place-address.ts';
import { PunchlineError } from '../../source/errors.ts';
import { samples } from '../helpers/samples.ts';
import { codePoint } from '../helpers/strangers/code-point.ts';

const number = fc.integer({ min: 1, max: 999_999_999 });
const word = fc.constantFrom(...wordlist);
const code = fc.tuple(number, word, word).map(([room, ...words]): Code => ({ number: room, words }));
const server: fc.Arbitrary<Server> = fc.record({
  host: fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('localhost', 'münchen.example', 'my_box'),
  ),
  port: fc.integer({ min: 1, max: 65_535 }),
});

const mailbox: fc.Arbitrary<MailboxAddress> = fc.constantFrom(
  { mailbox: publicMailbox },
  { mailbox: 'ws://my-box.example:4000/v1' },
  { mailbox: 'wss://[2001:db8::1]/a-b_c/' },
  { mailbox: 'wss://xn--mnchen-3ya.example:1' },
);
/** Where no port is named, another one may do. */
const rendezvous: fc.Arbitrary<RendezvousAddress> = fc.oneof(
  server.filter(({ port }) => port !== DEFAULT_PORT),
  fc.domain().map((host) => ({ host, port: DEFAULT_PORT, httpsPort: 443 })),
);
const secure: fc.Arbitrary<HttpsAddress> = server.map((https) => ({ https }));
/** As parsePlaces() returns them. */
const places: fc.Arbitrary<PlaceAddresses> = fc
  .uniqueArray(fc.oneof(rendezvous, secure, mailbox), { minLength: 1, maxLength: 4, selector: formatPlace })
  .map((all) => (all.length === 1 ? (all[0] ?? all) : all));

/** As people write them, with a comma between them. */
function placesText(named: PlaceAddresses): fc.Arbitrary<string> {
  const comma = fc.constantFrom(',', ', ', ' ,', ',\n', '，', '、', ',\u200B');
  return comma.map((separator) => placesOf(named).map(formatPlace).join(separator));
}

/** A letter or digit as another keyboard or a font for social networks writes it. */
function otherForms(letter: string): string[] {
  const at = letter.charCodeAt(0);
  const wide = String.fromCharCode(at + 0xfe_e0);
  if (letter < 'a') {
    return [letter, wide, String.fromCodePoint(0x1_d7_ce + at - 0x30)];
  }
  return [
    letter,
    letter.toUpperCase(),
    wide,
    String.fromCodePoint(0x1_d4_1a + at - 0x61),
    String.fromCodePoint(0x24_d0 + at - 0x61),
  ];
}

const nothing = fc.string({
  unit: fc.constantFrom(
    ...Array.from('\u200B\u200C\u200D\u2060\uFEFF\u200E\u202E\u2066\u2069\uFE0F\u{E0061}'),
  ),
  maxLength: 2,
});
const space = fc.constantFrom(' ', '  ', '\n', '\r\n', '\t', '\u00A0', '\u2009', '\u3000', '\u2028');
const hyphen = fc.constantFrom(...Array.from('-_‐‑‒–—―−﹣－＿ー⁃'));
const between = fc.oneof(
  hyphen,
  space,
  fc
    .tuple(fc.option(space, { nil: '' }), hyphen, fc.option(space, { nil: '' }))
    .map((parts) => parts.join('')),
);
const around = fc.constantFrom(
  '|',
  ...'"|" \'|\' `|` ```|``` “|” ‘|’ „|“ «|» ‹|› 「|」 (|) [|] {|} <|> **|** |. |, |! |; |… |。 |)'.split(' '),
  '> |',
  ' |\n',
  '\n|',
  '\u00A0|\u00A0',
);
const before = fc.constantFrom(
  '',
  'punchline ',
  'punchline chat ',
  'Punchline Chat ',
  '$ punchline pipe ',
  '> punchline chat ',
  'npx punchline chat ',
  'npx -y punchline@latest chat ',
  'npm run -s punchline -- chat ',
  'node dist/punchline.cjs chat ',
  'punchline chat punchline chat ',
  'me@box:~$ punchline chat\n',
  'mailto:',
);

function changed(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(...Array.from(text, (letter) => fc.tuple(fc.constantFrom(...otherForms(letter)), nothing)))
    .map((letters) => letters.flat().join(''));
}

function decorated({ number: room, words }: Code): fc.Arbitrary<string> {
  const parts = [changed(String(room)), between, changed(words[0]), between, changed(words[1])] as const;
  return fc.tuple(nothing, ...parts).map((texts) => texts.join(''));
}

function wrapped(text: string): fc.Arbitrary<string> {
  return fc
    .tuple(before, fc.array(around, { maxLength: 3 }))
    .map(([front, pairs]) => pairs.reduce((inner, pair) => pair.replace('|', () => inner), front + text));
}

const at = fc.constantFrom('@', ' @ ', '＠', '\n@', '@\u200B', '@"');

test('a code is read as itself, whatever is done to it on the way', () => {
  const cases = code.chain((plain) => fc.tuple(fc.constant(plain), decorated(plain).chain(wrapped)));
  fc.assert(
    fc.property(cases, ([plain, text]) => {
      expect(parseInvite(text)).toEqual({ code: plain });
      expect(parseCode(text)).toEqual(plain);
    }),
    { numRuns: samples(2000) },
  );
});

test('an invite is read as itself, whatever is done to it on the way', () => {
  const cases = fc.tuple(code, places).chain(([plain, named]) =>
    fc.tuple(
      fc.constant({ code: plain, server: named }),
      fc.tuple(decorated(plain), at, placesText(named), nothing).chain((parts) => wrapped(parts.join(''))),
    ),
  );
  fc.assert(
    fc.property(cases, ([invite, text]) => {
      expect(parseInvite(text)).toEqual(invite);
    }),
    { numRuns: samples(2000) },
  );
});

test('a place is read as itself, with quotes and invisible characters', () => {
  const cases = fc.tuple(server, nothing, nothing, fc.constantFrom('"|"', "'|'", '“|”', ' |\n', '|'));
  fc.assert(
    fc.property(cases, ([place, first, last, pair]) => {
      expect(parseServer(pair.replace('|', () => first + formatServer(place) + last))).toEqual(place);
    }),
    { numRuns: samples(2000) },
  );
});

test('places are read as themselves, with quotes, capitals, wide letters and invisible characters', () => {
  const cases = places.chain((named) => {
    const pair = fc.constantFrom('"|"', "'|'", '“|”', '<|>', ' |\n', '|');
    const scheme = /\b(?:wss?|https):\/\/|\bwormhole$/g;
    const texts = placesText(named).chain((text) =>
      fc.constantFrom(
        text,
        text.replaceAll(scheme, (name) => name.toUpperCase()),
        text.replaceAll('/', '／').replaceAll(':', '：'),
        text.replaceAll('-', '‑'),
      ),
    );
    return fc.tuple(fc.constant(named), texts, nothing, nothing, pair);
  });
  fc.assert(
    fc.property(cases, ([named, text, first, last, pair]) => {
      expect(parsePlaces(pair.replace('|', () => first + text + last))).toEqual(named);
    }),
    { numRuns: samples(1000) },
  );
});

/** Nothing but the letters and digits of a text. */
function bare(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/i\u0307|\u0131/gu, 'i')
    .replaceAll(/[^a-z0-9]/gu, '');
}

/** Invites with some characters in the wrong place. */
const damaged = fc.tuple(code, fc.option(places, { nil: undefined })).chain(([plain, named]) =>
  fc
    .tuple(decorated(plain), named === undefined ? fc.constant(undefined) : placesText(named))
    .chain(([text, behind]) => wrapped(behind === undefined ? text : `${text}@${behind}`))
    .chain((text) =>
      fc
        .tuple(
          fc.nat(text.length),
          fc.nat(2),
          fc.oneof(
            fc.string({ unit: codePoint, maxLength: 3 }),
            between,
            nothing,
            around,
            word,
            number.map(String),
          ),
        )
        .map(([from, length, piece]) => text.slice(0, from) + piece + text.slice(from + length)),
    ),
);
const anything = fc.oneof(
  damaged,
  fc.string({ unit: codePoint, maxLength: 200 }),
  fc.string({
    unit: fc.constantFrom(...Array.from('7-@:[]%.0 \x1b\n\u202E\u00ADa'), ...wordlist),
    maxLength: 12,
  }),
);

/** What a parser reads, or its complaint. Any other error fails the test. */
function attempt<Read>(parse: (text: string) => Read, text: string): { read?: Read; complaint: string } {
  try {
    return { read: parse(text), complaint: '' };
  } catch (error) {
    if (error instanceof PunchlineError && error.code === 'ERR_USAGE' && error.hint?.endsWith('.') === true) {
      return { complaint: `${error.message} ${error.hint}` };
    }
    throw error;
  }
}

test('what is read as a code stands in the text, letter by letter and in this order', () => {
  let count = 0;
  fc.assert(
    fc.property(anything, (text) => {
      const { read } = attempt(parseInvite, text);
      const { number: room = '', words = [] } = read?.code ?? {};
      expect(bare(text)).toContain(`${room}${words.join('')}`);
      expect(wordlist).toEqual(expect.arrayContaining([...words]));
      count += read === undefined ? 0 : 1;
    }),
    { numRuns: samples(4000) },
  );
  expect(count).toBeGreaterThan(samples(100));
});

test('any text is a place or wrong usage', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const { read = [], complaint } = attempt(parsePlaces, text);
      expect(placesOf(read).length === 0).toBe(complaint !== '');
      expect(bare(text)).toContain(bare(attempt(parseServer, text).read?.host ?? ''));
    }),
    { numRuns: samples(2000) },
  );
});

test('no error repeats a word of a code, however it is written', () => {
  // No error and no example has these words.
  const secret = fc.constantFrom('walnut', 'zebra', 'pizza', 'kangaroo', 'umbrella');
  const mistyped = secret.chain((text) =>
    fc.nat(text.length).map((end) => `${text.slice(0, end)}q${text.slice(end)}`),
  );
  const parts = fc.array(
    fc.oneof(
      secret,
      mistyped,
      number.map(String),
      fc.constantFrom('@', ',', '@ws://', '/', ':80', 'punchline', 'chat'),
    ),
    { minLength: 1, maxLength: 6 },
  );
  const texts = fc.tuple(parts, between).map(([all, hyphenOrSpace]) => all.join(hyphenOrSpace));
  let count = 0;
  fc.assert(
    fc.property(texts.chain(wrapped), (text) => {
      const { complaint } = attempt(parseInvite, text);
      expect(complaint).not.toMatch(/wal|nut|zeb|bra\b|piz|kang|roo\b|umbr/i);
      count += complaint === '' ? 0 : 1;
    }),
    { numRuns: samples(2000), examples: [['1 walnut walnut @ / qwalnut']] },
  );
  expect(count).toBeGreaterThan(samples(100));
});
