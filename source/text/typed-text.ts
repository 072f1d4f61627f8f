/**
 * Takes off a short text what keyboards, editors and messengers put on it: other
 * forms of the same letters, invisible characters, quotes. No letter becomes
 * another letter, so that nothing is read which a person would not see.
 */
import { usageError } from '../errors.ts';

/** Bounds the work. No host name has more than 253 characters; the rest is room for what is invisible. */
const MAX_TYPED_LENGTH = 4096;

/** Most of what is typed: nothing in it has to be changed. */
const plain = /^[!-~]*$/;

// Patterns of Unicode's classes take milliseconds to make, so each is made by a function, when it is needed.

/**
 * Circled, small, full-width and mathematical letters, digits and signs.
 * Superscripts are left as they are: a footnote mark belongs to no code.
 */
const otherForms = /[\u2102-\u2134\u24B6-\u24E9\uFE50-\uFE6B\uFF01-\uFF5E\u{1D400}-\u{1D7FF}]/gu;

/**
 * Among them are zero-width spaces, byte order marks, direction marks and tags.
 * The soft hyphen stays, because it may stand for a hyphen. Between letters of
 * other scripts a joiner stays, because it makes another host name.
 */
function invisible(): RegExp {
  return /(?!(?<=[[\p{L}\p{M}]--[A-Za-z]--\p{DI}])[\u200C\u200D][[\p{L}\p{M}]--[A-Za-z]--\p{DI}])[[\p{DI}\uFFF9-\uFFFC]--\u00AD]/gv;
}

/** Next line and the empty Braille cell are blank, but not for JavaScript. */
const spaces = /[\s\u0085\u2800]+/gu;

/** In the notation of regular expressions: whatever looks like a hyphen, or stands for one. */
export const dash = String.raw`[\p{Pd}_\u00AD\u02D7\u2043\u2212\u30FC\uFF70]`;

/** Between two parts of a code, in plain text: a hyphen, with spaces around it, or a space alone. */
export const between = ` ?${dash} ?| `;

/** Quotes of all languages, those of Markdown, and angle brackets. */
export function quoteMark(): RegExp {
  return /[\s"'`<>\u00B4\u2032-\u2037\u3008-\u300F\u301D-\u301F\p{Pi}\p{Pf}\u201A\u201E]/u;
}

/**
 * One line of plain letters with single spaces. `what` names the text in an error.
 * @throws PunchlineError ERR_USAGE if the text is too long.
 */
export function plainText(text: string, what: string): string {
  const trimmed = text.trim();
  if (plain.test(trimmed)) {
    return limited(trimmed, what);
  }
  return limited(trimmed, what)
    .replaceAll(otherForms, singleForm)
    .replaceAll(invisible(), '')
    .replaceAll(spaces, ' ')
    .trim();
}

/** Makes the pattern of a character. No plain letter or digit may match it. */
export type EdgePattern = () => RegExp;

/** Without these characters at its ends. */
export function withoutEdges(text: string, before: EdgePattern, after = before): string {
  if (/^\w(?:.*\w)?$/s.test(text)) {
    return text;
  }
  const [isBefore, isAfter] = [before(), after()];
  let start = 0;
  let end = text.length;
  while (start < end && isBefore.test(text.charAt(start))) {
    start += 1;
  }
  while (end > start && isAfter.test(text.charAt(end - 1))) {
    end -= 1;
  }
  return text.slice(start, end);
}

function limited(text: string, what: string): string {
  if (text.length > MAX_TYPED_LENGTH) {
    throw usageError(
      `the ${what} has ${text.length} characters, and none has more than ${MAX_TYPED_LENGTH}`,
      'An invite looks like 7-velvet-orbit@example.org.',
    );
  }
  return text;
}

/** A symbol that stands for several letters is no form of one letter. */
function singleForm(character: string): string {
  const form = character.normalize('NFKC');
  return form.length === 1 ? form : character;
}
