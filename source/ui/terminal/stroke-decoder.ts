/* oxlint-disable no-control-regex -- control characters are what this file is about */
import { strokeOfSequence } from './control-sequences.ts';
import type { Stroke } from './stroke.ts';

/** An Esc that stands alone for this long is the key. Over a slow line the rest of a sequence may come later than locally. */
const ESCAPE_MS = 50;
/** What came of a sequence, an answer or a paste is not waited for any longer: its end was lost on the way. */
const REST_MS = 2000;
/** Reads that follow each other this fast belong to one paste: nobody types like that. */
const BURST_MS = 20;

/** Real keys have up to 20, real answers up to some hundred characters. */
const MAX_SEQUENCE_LENGTH = 1024;

const pasteStart = '\u001B[200~';
const pasteEnd = '\u001B[201~';

const control = /[\u0000-\u001F\u007F]/g;
const sequence = /\u001B(?:\[\[?[0-?]*[ -/]*|O[\d;]*)(?<final>[@-~])?/y;
/** rxvt ends the keys with shift in what is an intermediate byte elsewhere. */
const rxvtSequence = /\u001B\[[235678]\$/y;
/** OSC, DCS and APC, with what each of them can begin with: else it is Alt and a key. */
const answer = /\u001B(?:\][\dlLI]|P[\d;<=>?!$+|]|_G)/y;
const answerEnd = /[\u0000-\u001F\u007F]/g;
const burst = /^[^\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]*$/;
/** A line end with text on both sides: Enter comes alone, or last. */
const lines = /[^\r\n][\r\n]+[^\r\n]/;
const lineEnd = /\r\n?|\n/g;

export interface StrokeDecoderOptions {
  /** How much of a paste is kept, in UTF-16 units; the rest is counted. */
  readonly maxPaste: number;
}

/**
 * From what a terminal sends to strokes, however its bytes are cut into reads.
 * What is no key (mouse, answers to queries, unknown sequences) never becomes
 * text. A read of nothing but text in several lines is a paste, though the
 * terminal does not say so.
 */
export class StrokeDecoder {
  readonly #maxPaste: number;
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  /** The beginning of something. */
  #held = '';
  #paste: { parts: string[]; kept: number; characters: number } | undefined;
  #answer: string | undefined;
  /** The CR of a CR LF has been read. */
  #sawReturn = false;
  #burstAtMs = -Infinity;

  constructor({ maxPaste }: StrokeDecoderOptions) {
    this.#maxPaste = maxPaste;
  }

  /** How long to wait for more before `flush`; undefined: nothing is held. */
  get patienceMs(): number | undefined {
    if (this.#paste !== undefined || this.#answer !== undefined) {
      return REST_MS;
    }
    if (this.#held === '') {
      return undefined;
    }
    return this.#held.length <= 2 ? ESCAPE_MS : REST_MS;
  }

  /** One read, at a time in ms. */
  push(chunk: Uint8Array | string, atMs: number): Stroke[] {
    const read = typeof chunk === 'string' ? chunk : this.#utf8.decode(chunk, { stream: true });
    if (this.#isBurst(read, atMs)) {
      this.#burstAtMs = atMs;
      const text = withLineFeeds(read);
      return [{ paste: text.slice(0, this.#maxPaste), characters: text.length, isGuess: true }];
    }
    return this.#parse(read);
  }

  /** The rest does not come. */
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

  #isBurst(read: string, atMs: number): boolean {
    const isFree = this.#held === '' && this.#paste === undefined && this.#answer === undefined;
    if (!isFree || !burst.test(read)) {
      return false;
    }
    const continues = read.length > 1 && atMs - this.#burstAtMs <= BURST_MS;
    return continues || lines.test(read);
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
      // Two characters were Alt and a key; more were a sequence that was cut off.
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

  /** An answer ends with BEL or ESC \; any other control character is a key that somebody pressed. */
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

/** A terminal sends CR for the lines of a paste. */
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
  if (character < ' ' || character === '\u007F') {
    const key = controlKey(character);
    return { key: key.startsWith('C-') ? key.replace('C-', 'C-M-') : `M-${key}` };
  }
  return { key: character === ' ' ? 'M-space' : `M-${character.toLowerCase()}` };
}
