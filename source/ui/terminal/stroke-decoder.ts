/* oxlint-disable no-control-regex -- control characters are what this file is about */
import { Utf8Reader } from '../../text/utf8-reader.ts';
import { strokeOfSequence } from './control-sequences.ts';
import type { Stroke } from './stroke.ts';

/**
 * An Esc that is followed by nothing for this long is the key. It may be the
 * start of a sequence whose rest comes later, above all over a slow line.
 */
const ESCAPE_MS = 50;
/** After this time, the rest of a sequence, an answer or a paste is not expected any more: it was lost on the way. */
const REST_MS = 2000;
/** Reads that follow each other this fast belong to one paste, because nobody types so fast. */
const BURST_MS = 20;
/** Nobody types so many characters between two reads (UTF-16 units), not even while the program is busy. */
const LONG_READ = 1024;
/** On a slow line, the next part of a paste comes later than in BURST_MS, but it is longer than what anybody types. */
const LONG_PART = 64;

/** Bounds memory. The sequence of a key has up to 20 characters, an answer up to some hundred. */
const MAX_SEQUENCE_LENGTH = 1024;

const pasteStart = '\u001B[200~';
const pasteEnd = '\u001B[201~';

const control = /[\u0000-\u001F\u007F]/g;
const sequence = /\u001B(?:\[\[?[0-?]*[ -/]*|O[\d;]*)(?<final>[@-~])?/y;
/**
 * rxvt ends the sequence of a key with Shift in `$`, which is an intermediate
 * byte in the sequences of other terminals.
 */
const rxvtSequence = /\u001B\[[235678]\$/y;
/**
 * The start of OSC, DCS and APC with the characters that can follow it.
 * Anything else after ESC is a key with Alt.
 */
const answer = /\u001B(?:\][\dlLI]|P[\d;<=>?!$+|]|_G)/y;
const answerEnd = /[\u0000-\u001F\u007F]/g;
const burst = /^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]*$/;
/** A line end between two texts. A typed Enter is alone in its read, or comes last. */
const lines = /[^\r\n][\r\n]+[^\r\n]/;
const lineEnd = /\r\n?|\n/g;

export interface StrokeDecoderOptions {
  /** How much of a paste is kept, in UTF-16 units. The rest is only counted. */
  readonly maxPaste: number;
}

/**
 * Turns the bytes of a terminal into strokes, however they are cut into reads.
 * Input that is not a key (mouse, answers to queries, unknown sequences) never
 * becomes text. A read that is only text, of several lines or very long, is
 * taken for a paste, even if the terminal does not mark it as one.
 */
export class StrokeDecoder {
  readonly #maxPaste: number;
  readonly #typed = new Utf8Reader();
  #hasToldProblem = false;
  /** The start of a sequence whose rest has not come yet. */
  #held = '';
  #paste: { parts: string[]; kept: number; characters: number } | undefined;
  #answer: string | undefined;
  /** Whether the last character was a CR: an LF that follows belongs to the same Enter. */
  #sawReturn = false;
  #burstAtMs = -Infinity;

  constructor({ maxPaste }: StrokeDecoderOptions) {
    this.#maxPaste = maxPaste;
  }

  /** How long to wait for more input before `flush` is called, in ms. Undefined if nothing is held. */
  get flushAfterMs(): number | undefined {
    if (this.#paste !== undefined || this.#answer !== undefined) {
      return REST_MS;
    }
    if (this.#held === '') {
      return undefined;
    }
    return this.#held.length <= 2 ? ESCAPE_MS : REST_MS;
  }

  /** Decodes one read. `atMs` is the time of the read, by any clock. */
  push(chunk: Uint8Array | string, atMs: number): Stroke[] {
    const read = typeof chunk === 'string' ? chunk : this.#typed.read(chunk);
    const strokes: Stroke[] = [];
    if (this.#typed.isBroken && !this.#hasToldProblem) {
      this.#hasToldProblem = true;
      strokes.push({ problem: 'not-utf-8' });
    }
    const paste = this.#burstOf(read, atMs);
    return paste === undefined ? [...strokes, ...this.#parse(read)] : [...strokes, paste];
  }

  /** To be called when the rest of a sequence has not come in time: returns what was held as strokes. */
  flush(): Stroke[] {
    const held = this.#held;
    this.#held = '';
    if (this.#paste !== undefined) {
      this.#keepPaste(held);
      return this.#endPaste();
    }
    this.#answer = undefined;
    if (held === '\u001B') {
      return [{ key: 'escape' }];
    }
    return held.length === 2 ? [strokeWithAlt(held.slice(1))] : [];
  }

  /** The read as a paste, if it is one. */
  #burstOf(read: string, atMs: number): Stroke | undefined {
    const isFree = this.#held === '' && this.#paste === undefined && this.#answer === undefined;
    if (!isFree || !burst.test(read)) {
      return undefined;
    }
    const sinceMs = atMs - this.#burstAtMs;
    const continues =
      (read.length > 1 && sinceMs <= BURST_MS) || (read.length >= LONG_PART && sinceMs <= REST_MS);
    if (!continues && read.length < LONG_READ && !lines.test(read)) {
      return undefined;
    }
    this.#burstAtMs = atMs;
    const text = withLineFeeds(read);
    const paste = { paste: text.slice(0, this.#maxPaste), characters: text.length, isGuess: true } as const;
    return continues ? { ...paste, continues } : paste;
  }

  #parse(read: string): Stroke[] {
    const strokes: Stroke[] = [];
    const input = this.#held + read;
    this.#held = '';
    let at = 0;
    while (at < input.length) {
      if (this.#paste !== undefined) {
        at = this.#readPaste(input, at, strokes);
      } else if (this.#answer !== undefined) {
        at = this.#readAnswer(input, at, strokes);
      } else if (input[at] === '\u001B') {
        at = this.#readEscape(input, at, strokes);
      } else {
        at = this.#readPlain(input, at, strokes);
      }
    }
    return strokes;
  }

  #readPlain(input: string, at: number, strokes: Stroke[]): number {
    control.lastIndex = at;
    const stop = control.exec(input)?.index ?? input.length;
    if (stop > at) {
      this.#sawReturn = false;
      strokes.push({ text: input.slice(at, stop) });
      return stop;
    }
    const character = input[at] ?? '';
    if (character !== '\n' || !this.#sawReturn) {
      strokes.push({ key: controlKey(character) });
    }
    this.#sawReturn = character === '\r';
    return at + 1;
  }

  #readEscape(input: string, at: number, strokes: Stroke[]): number {
    this.#sawReturn = false;
    const next = input[at + 1];
    if (next === undefined) {
      return this.#hold(input, at);
    }
    if (next === '\u001B') {
      strokes.push({ key: 'escape' });
      return at + 1;
    }
    if ('[O'.includes(next)) {
      return this.#readSequence(input, at, strokes);
    }
    if (']P_'.includes(next)) {
      if (input.length === at + 2) {
        return this.#hold(input, at);
      }
      answer.lastIndex = at;
      if (answer.test(input)) {
        this.#answer = input.slice(at, at + 2);
        return at + 2;
      }
    }
    const character = String.fromCodePoint(input.codePointAt(at + 1) ?? 0);
    strokes.push(strokeWithAlt(character));
    return at + 1 + character.length;
  }

  #readSequence(input: string, at: number, strokes: Stroke[]): number {
    rxvtSequence.lastIndex = at;
    sequence.lastIndex = at;
    const match = rxvtSequence.exec(input) ?? sequence.exec(input);
    const found = match?.[0] ?? '';
    const stop = at + found.length;
    if (match?.groups !== undefined && match.groups['final'] === undefined) {
      if (stop === input.length && found.length < MAX_SEQUENCE_LENGTH) {
        return this.#hold(input, at);
      }
      // Two characters are a key with Alt. More are a sequence that was cut off.
      if (found.length === 2) {
        strokes.push(strokeWithAlt(found.slice(1)));
      }
      return stop;
    }
    if (found === pasteStart) {
      this.#paste = { parts: [], kept: 0, characters: 0 };
      return stop;
    }
    const stroke = strokeOfSequence(found);
    if (stroke !== undefined) {
      strokes.push(stroke);
    }
    return stop;
  }

  /** An answer ends with BEL or ESC \. Any other control character in it is a key that the user pressed. */
  #readAnswer(input: string, at: number, strokes: Stroke[]): number {
    answerEnd.lastIndex = at;
    const stop = answerEnd.exec(input)?.index ?? input.length;
    const body = (this.#answer ?? '') + input.slice(at, stop);
    this.#answer = body.slice(0, MAX_SEQUENCE_LENGTH);
    if (stop === input.length) {
      return stop;
    }
    if (input[stop] === '\u001B' && input[stop + 1] === undefined) {
      return this.#hold(input, stop);
    }
    this.#answer = undefined;
    const isEscaped = input.startsWith('\u001B\\', stop);
    if (isEscaped || input[stop] === '\u0007') {
      strokes.push({ reply: body.slice(0, MAX_SEQUENCE_LENGTH) });
      return stop + (isEscaped ? 2 : 1);
    }
    return stop;
  }

  #readPaste(input: string, at: number, strokes: Stroke[]): number {
    const end = input.indexOf(pasteEnd, at);
    if (end !== -1) {
      this.#keepPaste(input.slice(at, end));
      strokes.push(...this.#endPaste());
      return end + pasteEnd.length;
    }
    const marker = input.lastIndexOf('\u001B');
    const isMarker = marker >= at && pasteEnd.startsWith(input.slice(marker));
    this.#keepPaste(input.slice(at, isMarker ? marker : input.length));
    return isMarker ? this.#hold(input, marker) : input.length;
  }

  #keepPaste(text: string): void {
    const paste = this.#paste;
    if (paste === undefined) {
      return;
    }
    const room = this.#maxPaste - paste.kept;
    paste.characters += text.length;
    if (room > 0) {
      paste.parts.push(text.slice(0, room));
      paste.kept += Math.min(room, text.length);
    }
  }

  #endPaste(): Stroke[] {
    const { parts, kept, characters } = this.#paste ?? { parts: [], kept: 0, characters: 0 };
    this.#paste = undefined;
    const text = withLineFeeds(parts.join(''));
    return [{ paste: text, characters: characters === kept ? text.length : characters }];
  }

  #hold(input: string, at: number): number {
    this.#held = input.slice(at);
    return input.length;
  }
}

/** Terminals send CR at the end of each line of a paste. */
function withLineFeeds(text: string): string {
  return text.replaceAll(lineEnd, '\n');
}

function controlKey(character: string): string {
  const code = character.charCodeAt(0);
  switch (character) {
    case '\r':
    case '\n': {
      return 'enter';
    }
    case '\t': {
      return 'tab';
    }
    case '\b':
    case '\u007F': {
      return 'backspace';
    }
    case '\0': {
      return 'C-space';
    }
    default: {
      return `C-${String.fromCharCode(code + 0x40).toLowerCase()}`;
    }
  }
}

function strokeWithAlt(character: string): Stroke {
  const isControl = character < ' ' || character === '\u007F';
  const alone: Stroke = isControl ? { key: controlKey(character) } : { text: character };
  return { key: keyWithAlt(character), instead: [{ key: 'escape' }, alone] };
}

function keyWithAlt(character: string): string {
  if (character < ' ' || character === '\u007F') {
    const key = controlKey(character);
    return key.startsWith('C-') ? key.replace('C-', 'C-M-') : `M-${key}`;
  }
  return character === ' ' ? 'M-space' : `M-${character.toLowerCase()}`;
}
