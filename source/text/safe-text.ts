/**
 * Makes a stranger's text safe for every screen, log, title and link. Characters
 * that a terminal would obey and characters that nobody would see are replaced
 * by visible ones: `␛` for a control character, `⟨U+202E⟩` for the others. An
 * invisible character stays only where a script or an emoji cannot be written
 * without it. Safe text does not change when it is made safe again.
 */
import { skeletonOf } from './look-alike.ts';
import { trimEndOf } from './trim-end.ts';
import { between, plainText } from './typed-text.ts';

/**
 * Bounds the marks on one letter: Burmese needs up to 8 (medials, vowels, asat).
 * No script needs more; they would only paint over the lines above and below.
 */
const MAX_MARKS = 8;

/** The longest real sequences (families, kisses) join 4 pictographs; further joiners are made visible. */
const MAX_JOINERS = 3;

/** Bounds the room that a name takes in the status line and before each message. */
const MAX_NAME_GRAPHEMES = 32;

/** The name of a peer that has not told any. */
const unnamed = 'peer';

/** The names under which the faces show this side: the screen `you`, the events `me`. */
const ownNames: ReadonlySet<string> = new Set(['me', 'you']);

/** Bounds the UTF-16 units of a name. One emoji may take 15, but no name has 32 such emoji. */
export const MAX_NAME_LENGTH = 256;

const tab = '    ';

// Signs that enclose the digits after them: Unicode calls them format characters, but they are visible.
const enclosing = String.raw`[\u{600}-\u{605}\u{6DD}\u{70F}\u{890}\u{891}\u{8E2}\u{110BD}\u{110CD}]`;
const marks = String.raw`[\p{M}--\p{DI}]`;
// Scripts in which a joiner or non-joiner changes what is read (UAX #31, section 2.3).
const joining = String.raw`[[\p{scx=Arab}\p{scx=Syrc}\p{scx=Nkoo}\p{scx=Adlm}\p{scx=Mong}\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}\p{scx=Khmr}\p{scx=Mymr}]&&\p{L}]`;
// Viramas remove the vowel of an Indian consonant. A joiner after one may also stand at the end of a word.
const viramas = String.raw`[\u{94D}\u{9CD}\u{A4D}\u{ACD}\u{B4D}\u{BCD}\u{C4D}\u{CCD}\u{D4D}\u{DCA}]`;
const mongolian = String.raw`[\p{sc=Mong}&&\p{L}]`;
const joiner = String.raw`[\u{200C}\u{200D}]`;
const pictograph = String.raw`(?:\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|\p{Extended_Pictographic}[\u{FE0E}\u{FE0F}]?)`;

/** Sequences in which a character that is invisible on its own changes what is seen. A look-behind includes that character. */
const kept = [
  // The flags of England, Scotland and Wales are the only emoji with tags.
  String.raw`\u{1F3F4}\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}`,
  String.raw`${pictograph}(?:\u{200D}${pictograph}){0,${MAX_JOINERS}}`,
  String.raw`[0-9#*]\u{FE0F}\u{20E3}`,
  String.raw`${joiner}(?<=${joining}${marks}{0,${MAX_MARKS}}.)(?=${joining})`,
  String.raw`${joiner}(?<=${joining}${marks}{0,${MAX_MARKS - 1}}${viramas}.)`,
  // Variants of Han characters are common in names of people and places.
  String.raw`[\u{FE00}-\u{FE02}\u{E0100}-\u{E01EF}](?<=\p{sc=Han}.)`,
  String.raw`[\u{180B}-\u{180D}\u{180F}](?<=${mongolian}.)`,
  String.raw`\u{180E}(?<=${mongolian}.)(?=${mongolian})`,
];

const shown = [
  // The empty Braille cell is the only blank symbol. An emoji modifier on its own would colour the character before it.
  String.raw`[[\p{C}\p{Zl}\p{Zp}\p{DI}\p{Emoji_Modifier}\u{2800}]--${enclosing}]`,
  String.raw`${enclosing}(?<=${enclosing}{2})`,
  String.raw`${marks}(?<=${marks}{${MAX_MARKS + 1}})`,
  // A mark at the start of a line would combine with the character that the screen shows before it.
  String.raw`${marks}(?<!.${marks})`,
];

/** The text of most lines. It needs no pattern of Unicode's classes, which takes milliseconds to make. */
const ascii = /^[ -~]*$/;

/** Most text has none of these characters and stays as it is. */
let suspicious: RegExp | undefined;
// Both are made when they are first needed: together they take 20 ms, and most chats start without them.
let findings: RegExp | undefined;
let graphemes: Intl.Segmenter | undefined;

interface SafeTextOptions {
  /** Keeps line ends, as `\n`; otherwise they are made visible, too. */
  readonly multiline?: boolean;
}

/** Makes every character visible that a terminal would obey or hide. A tab becomes spaces. */
export function safeText(text: string, { multiline = false }: SafeTextOptions = {}): string {
  if (ascii.test(text)) {
    return text;
  }
  suspicious ??= /[\p{C}\p{Zl}\p{Zp}\p{M}\p{DI}\p{Emoji_Modifier}\u{2800}]/v;
  if (!suspicious.test(text)) {
    return text;
  }
  findings ??= new RegExp(`(${kept.join('|')})|${shown.join('|')}`, 'gv');
  const lines = multiline ? text.replaceAll('\r\n', '\n') : text;
  return lines.replaceAll(findings, (found: string, keep: string | undefined) => {
    if (keep !== undefined || (multiline && found === '\n')) {
      return found;
    }
    return found === '\t' ? tab : visible(found);
  });
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) {
    return String.fromCodePoint(0x24_00 + code);
  }
  return code === 0x7f ? '␡' : `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/**
 * Makes a name out of a stranger's text: one line without space around it, at
 * most 32 graphemes and 256 UTF-16 units. A longer name is cut and ends with
 * `…`. An empty name becomes `peer`. A name that looks like `me`, `you` or
 * `own`, the name of this side, becomes `peer "NAME"`.
 */
export function safeName(text: string, own = ''): string {
  // The text is cut before it is segmented: no name reaches further.
  const head = text.slice(0, 4 * MAX_NAME_LENGTH);
  const name = safeText(head.replaceAll(/\p{White_Space}+/gv, ' ').trim());
  if (name === '' || name === unnamed) {
    return unnamed;
  }
  const skeleton = skeletonOf(head);
  const isOurs = ownNames.has(skeleton) || (skeleton !== '' && skeleton === skeletonOf(own));
  return isOurs
    ? `${unnamed} "${cut(name.replaceAll('"', "'"), MAX_NAME_GRAPHEMES - unnamed.length - 3)}"`
    : cut(name, MAX_NAME_GRAPHEMES);
}

/** At most so many graphemes and 256 UTF-16 units, with those of the mark around a name of ours. */
function cut(name: string, maxGraphemes: number): string {
  const maxLength = MAX_NAME_LENGTH - (MAX_NAME_GRAPHEMES - maxGraphemes);
  if (name.length <= maxGraphemes) {
    return name;
  }
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  let count = 0;
  // The end of the name if it must be cut: it leaves room for the `…`.
  let end = 0;
  for (const { segment, index } of graphemes.segment(name)) {
    const next = index + segment.length;
    if (count === maxGraphemes || next > maxLength) {
      // A joiner at the end would be invisible.
      return `${trimEndOf(name.slice(0, end), '\u{200C}\u{200D} ')}…`;
    }
    count += 1;
    if (count < maxGraphemes && next < maxLength) {
      end = next;
    }
  }
  return name;
}

/** This much of a value is enough to recognise it. */
const MAX_LENGTH = 60;

/** A code, anywhere in what somebody typed, and the words behind it. */
function codePattern(): RegExp {
  return new RegExp(`(?<!\\p{N})(\\p{N}+(?:${between}))\\p{L}+(?:(?:${between})\\p{L}+)+`, 'gu');
}

/** A value as messages show it: in quotes, on one line, safe for a terminal, cut if it is long, without the words of a code. */
export function quote(value: string): string {
  // The value may have megabytes. This much is enough to recognise a code before the text is cut.
  const head = value.slice(0, 2 * MAX_LENGTH);
  // Something invisible may stand inside a word of the code.
  const plain = plainText(head, 'value');
  const masked = plain.replaceAll(codePattern(), '$1…');
  const safe = masked === plain ? head : masked;
  return `'${safeText(safe.slice(0, MAX_LENGTH))}${safe.length > MAX_LENGTH ? '…' : ''}'`;
}
