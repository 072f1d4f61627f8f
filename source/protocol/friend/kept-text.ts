/**
 * A text that its sender keeps until the receiver has it, as the text of a chat message `kept`: id, time and mark as a
 * line, and then the text itself. The receiver answers with a chat message `got`, whose text is the id.
 */
import { ProtocolError } from '../../errors.ts';

export interface KeptText {
  /** 32 hexadecimal digits, drawn at random. The receiver takes each id once. */
  readonly id: string;
  /** By the writer's clock, in ms since 1970-01-01. */
  readonly writtenAt: number;
  /** Whether it was written while the two did not talk, so that the reader should know when. */
  readonly hasWaited: boolean;
  /** The peer's text: pass it through safeText() before you show it. */
  readonly text: string;
}

/** The largest moment of a Date (ECMA-262, 21.4.1.1). */
const MAX_MOMENT_MS = 8_640_000_000_000_000;
const header = /^([0-9a-f]{32}) (\d{1,16}) ([wn])\n/;
const id = /^[0-9a-f]{32}$/;

/** How many bytes are added to those of the text. */
export const KEPT_HEADER_BYTES = 32 + 1 + 16 + 1 + 1 + 1;

export function encodeKeptText({ id: name, writtenAt, hasWaited, text }: KeptText): string {
  return `${name} ${writtenAt} ${hasWaited ? 'w' : 'n'}\n${text}`;
}

/** Throws ProtocolError. */
export function decodeKeptText(message: string): KeptText {
  const [all = '', name = '', moment = '', mark] = header.exec(message) ?? [];
  const writtenAt = Number(moment);
  if (all === '' || writtenAt > MAX_MOMENT_MS) {
    throw new ProtocolError('a kept text without its id, time and mark');
  }
  return { id: name, writtenAt, hasWaited: mark === 'w', text: message.slice(all.length) };
}

/** Throws ProtocolError. */
export function decodeGot(message: string): string {
  if (!id.test(message)) {
    throw new ProtocolError('an answer to a kept text without its id');
  }
  return message;
}
