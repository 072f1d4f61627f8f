/**
 * Turns one whole control sequence into a stroke. The sequences are those of
 * xterm (ctlseqs), the kitty keyboard protocol, rxvt and the Linux console.
 */
import type { Stroke } from './stroke.ts';

const byLetter: ReadonlyMap<string, string> = new Map([
  ['A', 'up'],
  ['B', 'down'],
  ['C', 'right'],
  ['D', 'left'],
  ['E', 'begin'],
  ['F', 'end'],
  ['H', 'home'],
  ['P', 'f1'],
  ['Q', 'f2'],
  ['R', 'f3'],
  ['S', 'f4'],
  ['Z', 'tab'],
  ['I', 'focus-in'],
  ['O', 'focus-out'],
]);

const byNumber: ReadonlyMap<number, string> = new Map([
  [1, 'home'],
  [2, 'insert'],
  [3, 'delete'],
  [4, 'end'],
  [5, 'pageup'],
  [6, 'pagedown'],
  [7, 'home'],
  [8, 'end'],
  ...[11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24].map((code, index) => [code, `f${index + 1}`] as const),
]);

/**
 * Keys that the kitty protocol and modifyOtherKeys name by code point. The
 * codes from 57399 on are keys of the keypad.
 */
const byCode: ReadonlyMap<number, string> = new Map([
  [8, 'backspace'],
  [9, 'tab'],
  [13, 'enter'],
  [27, 'escape'],
  [32, 'space'],
  [127, 'backspace'],
  [57_414, 'enter'],
  [57_417, 'left'],
  [57_418, 'right'],
  [57_419, 'up'],
  [57_420, 'down'],
  [57_421, 'pageup'],
  [57_422, 'pagedown'],
  [57_423, 'home'],
  [57_424, 'end'],
  [57_425, 'insert'],
  [57_426, 'delete'],
]);

const FIRST_KEYPAD_CODE = 57_399;
const keypadTexts = '0123456789./*-+\n=';

/** rxvt writes modifiers as the last character: `CSI 3 ^` is C-delete. */
const rxvtModifiers: ReadonlyMap<string, number> = new Map([
  ['$', 1],
  ['^', 4],
  ['@', 5],
]);

/** Reads a whole CSI or SS3 sequence. Returns undefined for a key without a name and for the release of a key. */
export function strokeOfSequence(sequence: string): Stroke | undefined {
  const final = sequence.at(-1) ?? '';
  if (sequence.startsWith('\u001BO')) {
    return strokeOfSs3(sequence.slice(2, -1), final);
  }
  if (sequence.startsWith('\u001B[[')) {
    // The Linux console's F1 to F5.
    return { key: `f${final.charCodeAt(0) - 0x40}` };
  }
  const body = sequence.slice(2, -1);
  if (body.startsWith('<')) {
    return strokeOfMouse(body, final);
  }
  // Only an answer has a private mark, an intermediate byte or one of these final bytes. R is F3 only with a modifier
  // as its second number; otherwise it reports the cursor's position.
  if (
    /^[=>?]|[ -/]/.test(body) ||
    'ctny'.includes(final) ||
    (final === 'R' && !/^(?:1;[2-8])?$/.test(body))
  ) {
    return { reply: sequence };
  }
  const parameters = body.split(';').map((parameter) => parameter.split(':'));
  const [first = [], second = [], third = []] = parameters;
  const modifiers = modifierBits(second[0]);
  if (second[1] === '3') {
    return undefined;
  }
  if (final === 'u') {
    return strokeOfCode(first, modifiers, third);
  }
  const number = Number(first[0]);
  if (final === '~') {
    if (number === 27) {
      return strokeOfCode(third, modifiers, []);
    }
    return named(byNumber.get(number), modifiers);
  }
  const rxvt = rxvtModifiers.get(final);
  if (rxvt !== undefined) {
    return named(byNumber.get(number), rxvt);
  }
  if ('abcd'.includes(final)) {
    return named(byLetter.get(final.toUpperCase()), 1);
  }
  return named(byLetter.get(final), final === 'Z' ? modifiers | 1 : modifiers);
}

function strokeOfSs3(parameters: string, final: string): Stroke | undefined {
  if ('abcd'.includes(final)) {
    return named(byLetter.get(final.toUpperCase()), 4);
  }
  // The keypad in application mode, offset from the characters on it.
  if (/[j-y]/.test(final)) {
    return { text: String.fromCharCode(final.charCodeAt(0) - 0x40) };
  }
  const name = final === 'M' ? 'enter' : byLetter.get(final);
  return named(name, modifierBits(parameters.split(';').at(-1)));
}

function strokeOfMouse(body: string, final: string): Stroke | undefined {
  const button = Number(body.slice(1).split(';')[0]);
  // 64 and 65 are the wheel. The bits for modifiers are masked out.
  const isWheel = final === 'M' && (button & 0b1110_0011 & ~1) === 64;
  return isWheel ? { key: (button & 1) === 0 ? 'wheel-up' : 'wheel-down' } : undefined;
}

/**
 * The parameter is the bits plus one: 1 is Shift, 2 is Alt, 4 is Ctrl. The
 * higher bits (Super, Caps Lock and others) are ignored.
 */
function modifierBits(parameter: string | undefined): number {
  return ((Number(parameter) || 1) - 1) & 7;
}

function named(name: string | undefined, modifiers: number): Stroke | undefined {
  return name === undefined ? undefined : { key: withModifiers(name, modifiers) };
}

function withModifiers(name: string, modifiers: number): string {
  return `${modifiers & 4 ? 'C-' : ''}${modifiers & 2 ? 'M-' : ''}${modifiers & 1 ? 'S-' : ''}${name}`;
}

/**
 * `codes` are the code points of the key, of the key with Shift, and of the key
 * at that place on a Latin keyboard.
 */
function strokeOfCode(
  codes: readonly string[],
  modifiers: number,
  texts: readonly string[],
): Stroke | undefined {
  const code = Number(codes[0]);
  const name = byCode.get(code);
  if (name !== undefined && (name !== 'space' || modifiers > 1)) {
    return named(name, modifiers);
  }
  const keypad = keypadTexts[code - FIRST_KEYPAD_CODE];
  if (keypad !== undefined) {
    return { text: keypad };
  }
  const typed = character(code);
  if (typed === undefined) {
    return undefined;
  }
  if (modifiers > 1) {
    // On a keyboard of another script, Ctrl-C is the key at the place of the Latin C.
    const latin = /^[ -~]$/.test(typed) ? typed : (character(Number(codes[2])) ?? typed);
    return { key: withModifiers(latin.toLowerCase(), modifiers & ~1) };
  }
  const text = texts.map((one) => character(Number(one)) ?? '').join('');
  const shifted = character(Number(codes[1])) ?? typed.toUpperCase();
  return { text: text || (modifiers === 1 ? shifted : typed) };
}

/**
 * Undefined for codes that are not text: controls, surrogates, and kitty's
 * private codes for modifier and media keys.
 */
function character(code: number): string | undefined {
  const isText = code >= 0x20 && code !== 0x7f && code <= 0x10_ff_ff;
  const isPrivate = code >= 0xd8_00 && code <= 0xf8_ff;
  return Number.isInteger(code) && isText && !isPrivate ? String.fromCodePoint(code) : undefined;
}
