import { ProtocolError } from '../errors.ts';
import { createLengthPrefixedDecoder } from './framing/length-prefixed.ts';
import { MAX_NAME_LENGTH } from '../text/safe-text.ts';
import { KEPT_HEADER_BYTES } from './friend/kept-text.ts';

/**
 * A message of a chat on the stream of a session: a 4-byte length, a type byte,
 * a 4-byte number, and UTF-8 text. Each side numbers its messages of each type
 * from 1. A reader skips unknown types, so that later versions can add some.
 */
export interface ChatMessage {
  readonly type: keyof typeof codes;
  readonly n: number;
  readonly text: string;
}

/** The longest message: 64 KiB of UTF-8. */
export const MAX_TEXT_BYTES = 64 * 1024;

/** `friend`, `kept` and `got` go only to a peer that understands them: see friends/. */
const codes = { text: 1, heartbeat: 2, name: 3, typing: 4, again: 5, friend: 6, kept: 7, got: 8 } as const;
const types = new Map(Object.entries(codes).map(([type, code]) => [code, type as ChatMessage['type']]));
const LENGTH_BYTES = 4;
const HEADER_BYTES = 9;
const MAX_BODY_BYTES = HEADER_BYTES - LENGTH_BYTES + MAX_TEXT_BYTES + KEPT_HEADER_BYTES;

/** A kept text has its own header. */
function maxBytesOf(type: ChatMessage['type']): number {
  return type === 'kept' ? MAX_TEXT_BYTES + KEPT_HEADER_BYTES : MAX_TEXT_BYTES;
}

/** The numbers of the last messages of each type, before there was one. */
export function noneOfAll(): Record<ChatMessage['type'], number> {
  return { text: 0, heartbeat: 0, name: 0, typing: 0, again: 0, friend: 0, kept: 0, got: 0 };
}

/** Throws RangeError for a text that is too long; the caller must split or refuse it before. */
export function encodeChatMessage({ type, n, text }: ChatMessage): Uint8Array {
  const textBytes = Buffer.byteLength(text);
  if (textBytes > maxBytesOf(type)) {
    throw new RangeError(`a text of ${textBytes} bytes`);
  }
  const buffer = Buffer.alloc(HEADER_BYTES + textBytes);
  buffer.writeUInt32BE(HEADER_BYTES - LENGTH_BYTES + textBytes, 0);
  buffer[4] = codes[type];
  buffer.writeUInt32BE(n, 5);
  buffer.write(text, HEADER_BYTES);
  return buffer;
}

export interface ChatDecoder {
  /** Takes any piece of the stream and returns the messages that it completes. Throws ProtocolError. */
  push(chunk: Uint8Array): ChatMessage[];
}

/** Holds at most one incomplete message. The texts are the peer's: pass them through safeText() before you show them. */
export function createChatDecoder(): ChatDecoder {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const last = noneOfAll();

  function parse(body: Buffer): ChatMessage | undefined {
    const type = types.get(body[0] as (typeof codes)[ChatMessage['type']]);
    if (type === undefined) {
      return undefined;
    }
    const n = body.readUInt32BE(1);
    // The numbers identify the messages, so two messages must never have the same one.
    if (n !== last[type] + 1) {
      throw new ProtocolError(`${type} ${n} after ${type} ${last[type]}`);
    }
    last[type] = n;
    if (body.length - (HEADER_BYTES - LENGTH_BYTES) > maxBytesOf(type)) {
      throw new ProtocolError(`a ${type} of ${body.length} bytes`);
    }
    let text: string;
    try {
      text = utf8.decode(body.subarray(HEADER_BYTES - LENGTH_BYTES));
    } catch (cause) {
      throw new ProtocolError('a chat message that is not UTF-8', { cause });
    }
    if (type === 'name' && text.length > MAX_NAME_LENGTH) {
      throw new ProtocolError(`a name of ${text.length} UTF-16 units`);
    }
    return { type, n, text };
  }

  return createLengthPrefixedDecoder({
    name: 'chat message',
    minBytes: HEADER_BYTES - LENGTH_BYTES,
    maxBytes: MAX_BODY_BYTES,
    parse,
  });
}
