/**
 * The inside of a sealed record, as bytes: when a text was written, in 6 bytes
 * big endian, and the text in UTF-8. An entry of the history has a byte in front
 * that tells whose it is.
 */
import { MAX_TEXT_BYTES } from '../../protocol/chat-messages.ts';
import type { HistoryEntry, WaitingMessage } from '../friend.ts';

const TIME_BYTES = 6;
const FROM_BYTES = 1;
/** The longest content of either kind. */
export const MAX_CONTENT_BYTES = FROM_BYTES + TIME_BYTES + MAX_TEXT_BYTES;

/** A message without its id, which is the name of its file. */
type Written = Pick<WaitingMessage, 'writtenAt' | 'text'>;

const authors = ['me', 'peer'] as const satisfies readonly HistoryEntry['from'][];
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws RangeError for a text of more than MAX_TEXT_BYTES, and for a time before 1970 or after the year 10,000. */
export function encodeWritten({ writtenAt, text }: Written): Uint8Array {
  const textBytes = Buffer.byteLength(text);
  if (textBytes > MAX_TEXT_BYTES) {
    throw new RangeError(`a text of ${textBytes} bytes`);
  }
  const bytes = Buffer.alloc(TIME_BYTES + textBytes);
  bytes.writeUIntBE(writtenAt, 0, TIME_BYTES);
  bytes.write(text, TIME_BYTES);
  return bytes;
}

/** Undefined if the bytes are none that encodeWritten() gives. */
export function decodeWritten(bytes: Uint8Array): Written | undefined {
  const length = bytes.length - TIME_BYTES;
  if (length < 0 || length > MAX_TEXT_BYTES) {
    return undefined;
  }
  try {
    const text = utf8.decode(bytes.subarray(TIME_BYTES));
    return { writtenAt: Buffer.from(bytes.subarray(0, TIME_BYTES)).readUIntBE(0, TIME_BYTES), text };
  } catch {
    return undefined;
  }
}

/** Throws RangeError as encodeWritten() does. */
export function encodeEntry({ from, ...written }: HistoryEntry): Uint8Array {
  return Buffer.concat([Buffer.of(authors.indexOf(from)), encodeWritten(written)]);
}

/** Undefined if the bytes are none that encodeEntry() gives. */
export function decodeEntry(bytes: Uint8Array): HistoryEntry | undefined {
  const from = authors[bytes[0] ?? -1];
  const written = decodeWritten(bytes.subarray(FROM_BYTES));
  return from === undefined || written === undefined ? undefined : { from, ...written };
}
