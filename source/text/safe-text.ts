/**
 * Stands between a stranger's text and every screen, log, title and link. What
 * a terminal would obey and what nobody would see becomes visible instead of
 * disappearing: `␛` for a control character, `⟨U+202E⟩` for everything else.
 * Invisible characters stay only where a script or an emoji cannot be written
 * without them. Text made safe stays as it is when it is made safe again.
 */
import { trimEndOf } from './trim-end.ts';

/**
 * Marks on one letter: Burmese needs up to 8 (medials, vowels, asat). More is
 * no writing but a way to paint over the lines above and below.
 */
const MAX_MARKS = 8;

/** The longest real sequences (families, kisses) join 4 pictographs; more joiners are shown. */
const MAX_JOINERS = 3;

/** A name takes its place in a status line and before messages. */
const MAX_NAME_GRAPHEMES = 32;

/** What this side is called, on every face. */
const ownName = 'me';

/** The most UTF-16 units of a name: emoji take up to 15 for a grapheme, but not 32 times. */
export const MAX_NAME_LENGTH = 256;

const tab = '    ';

// Signs that enclose the digits after them: format characters by name, visible by nature.
const enclosing = String.raw`[\u{600}-\u{605}\u{6DD}\u{70F}\u{890}\u{891}\u{8E2}\u{110BD}\u{110CD}]`;
const marks = String.raw`[\p{M}--\p{DI}]`;
// Scripts in which a joiner or non-joiner changes what is read (UAX #31, section 2.3).
const joining = String.raw`[[\p{scx=Arab}\p{scx=Syrc}\p{scx=Nkoo}\p{scx=Adlm}\p{scx=Mong}\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}\p{scx=Khmr}\p{scx=Mymr}]&&\p{L}]`;
// The signs that take an Indian consonant its vowel: a joiner after one also stands at the end of a word.
const viramas = String.raw`[\u{94D}\u{9CD}\u{A4D}\u{ACD}\u{B4D}\u{BCD}\u{C4D}\u{CCD}\u{D4D}\u{DCA}]`;
const mongolian = String.raw`[\p{sc=Mong}&&\p{L}]`;
const joiner = String.raw`[\u{200C}\u{200D}]`;
const pictograph = String.raw`(?:\p{Emoji_Modifier_Base}\p{Emoji_Modifier}|\p{Extended_Pictographic}[\u{FE0E}\u{FE0F}]?)`;

/** Where characters that are invisible on their own are part of what is seen. A look-behind sees the character itself, too. */
const kept = [
  // The flags of England, Scotland and Wales are the only emoji with tags.
  String.raw`\u{1F3F4}\u{E0067}\u{E0062}(?:\u{E0065}\u{E006E}\u{E0067}|\u{E0073}\u{E0063}\u{E0074}|\u{E0077}\u{E006C}\u{E0073})\u{E007F}`,
  String.raw`${pictograph}(?:\u{200D}${pictograph}){0,${MAX_JOINERS}}`,
  String.raw`[0-9#*]\u{FE0F}\u{20E3}`,
  String.raw`${joiner}(?<=${joining}${marks}{0,${MAX_MARKS}}.)(?=${joining})`,
  String.raw`${joiner}(?<=${joining}${marks}{0,${MAX_MARKS - 1}}${viramas}.)`,
  // Variants of Han characters, common in names of people and places.
  String.raw`[\u{FE00}-\u{FE02}\u{E0100}-\u{E01EF}](?<=\p{sc=Han}.)`,
  String.raw`[\u{180B}-\u{180D}\u{180F}](?<=${mongolian}.)`,
  String.raw`\u{180E}(?<=${mongolian}.)(?=${mongolian})`,
];

const shown = [
  // Braille's empty cell is the one symbol that is blank. A modifier alone would colour whatever is before it.
  String.raw`[[\p{C}\p{Zl}\p{Zp}\p{DI}\p{Emoji_Modifier}\u{2800}]--${enclosing}]`,
  String.raw`${enclosing}(?<=${enclosing}{2})`,
  String.raw`${marks}(?<=${marks}{${MAX_MARKS + 1}})`,
  // A mark at the start of a line would sit on what the screen shows before it.
  String.raw`${marks}(?<!.${marks})`,
];

/** Text without any of these has nothing to keep or to show, and is most text. */
const suspicious = /[\p{C}\p{Zl}\p{Zp}\p{M}\p{DI}\p{Emoji_Modifier}\u{2800}]/v;

// Both are made where they are first needed: together they take 20 ms, and most chats start without them.
let findings: RegExp | undefined;
let graphemes: Intl.Segmenter | undefined;

interface SafeTextOptions {
  /** Keeps line ends, as `\n`; without it they are shown as well. */
  readonly multiline?: boolean;
}

/** The text with everything visible that a terminal would obey or hide. A tab becomes spaces. */
export function safeText(text: string, { multiline = false }: SafeTextOptions = {}): string {
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
 * A name for a person or a machine, made of a stranger's text: one line, no
 * space around it, at most 32 graphemes and 256 UTF-16 units, the cut shown by
 * `…`; `peer` where nothing is left, and for `me`, which is this side.
 */
export function safeName(text: string): string {
  // Bounded before it is segmented: graphemes beyond this are never reached.
  const head = text.slice(0, 4 * MAX_NAME_LENGTH);
  const name = safeText(head.replaceAll(/\p{White_Space}+/gv, ' ').trim());
  if (name.length <= MAX_NAME_GRAPHEMES) {
    return name === '' || name.normalize('NFKC').toLowerCase() === ownName ? 'peer' : name;
  }
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  let count = 0;
  // Where the name ends if it must be cut: with room for the sign of it.
  let end = 0;
  for (const { segment, index } of graphemes.segment(name)) {
    const next = index + segment.length;
    if (count === MAX_NAME_GRAPHEMES || next > MAX_NAME_LENGTH) {
      // A joiner that lost its right neighbour would be invisible.
      return `${trimEndOf(name.slice(0, end), '\u{200C}\u{200D} ')}…`;
    }
    count += 1;
    if (count < MAX_NAME_GRAPHEMES && next < MAX_NAME_LENGTH) {
      end = next;
    }
  }
  return name;
}

/** Enough of a value to know it again; the rest of a pasted novel helps nobody. */
const MAX_LENGTH = 60;

/** The number of a code and its words, wherever somebody has typed them. */
const code = /(?<!\d)(\d+-)\p{L}+-\p{L}+/gu;

/** A value as messages show it: in quotes, on one line, safe for a terminal, cut where it is long, no code whole. */
export function quote(value: string): string {
  // Not all of it, which may be megabytes; enough that no code is cut before it is recognised.
  const head = value.slice(0, 2 * MAX_LENGTH).replaceAll(code, '$1…');
  return `'${safeText(head.slice(0, MAX_LENGTH))}${head.length > MAX_LENGTH ? '…' : ''}'`;
}
