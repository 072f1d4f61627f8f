import { ProtocolError } from '../errors.ts';

/**
 * What a chat says over the stream of a session: a 4-byte length, a type byte,
 * a 4-byte number, and UTF-8 text. Each side numbers its messages and its
 * heartbeats from 1. Types that are not known are passed over, so that later
 * versions can say more.
 */
export interface ChatMessage {
  readonly type: 'text' | 'heartbeat';
  readonly n: number;
  readonly text: string;
}

/** The longest message: 64 KiB of UTF-8. */
export const maxTextBytes = 64 * 1024;

const TEXT = 1;
const HEARTBEAT = 2;
const HEADER_BYTES = 9;
const maxBodyBytes = HEADER_BYTES - 4 + maxTextBytes;

/** Throws RangeError for a text that is too long: the caller splits or refuses it before. */
export function encodeChatMessage({ type, n, text }: ChatMessage): Uint8Array {
  const textBytes = Buffer.byteLength(text);
  if (textBytes > maxTextBytes) throw new RangeError(`a text of ${textBytes} bytes`);
  const buffer = Buffer.alloc(HEADER_BYTES + textBytes);
  buffer.writeUInt32BE(HEADER_BYTES - 4 + textBytes, 0);
  buffer[4] = type === 'text' ? TEXT : HEARTBEAT;
  buffer.writeUInt32BE(n, 5);
  buffer.write(text, HEADER_BYTES);
  return buffer;
}

export interface ChatDecoder {
  /** Takes any piece of the stream, returns the messages it completes. Throws ProtocolError. */
  push(chunk: Uint8Array): ChatMessage[];
}

/** Holds at most one incomplete message. Texts are the peer's: safeText() before they are shown. */
export function createChatDecoder(): ChatDecoder {
  let pending: Buffer = Buffer.alloc(0);
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  return {
    push(chunk) {
      pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
      const messages: ChatMessage[] = [];
      while (pending.length >= 4) {
        const length = pending.readUInt32BE(0);
        if (length < HEADER_BYTES - 4 || length > maxBodyBytes) {
          throw new ProtocolError(`a chat message of ${length} bytes`);
        }
        if (pending.length < 4 + length) break;
        const message = parse(pending.subarray(4, 4 + length));
        if (message !== undefined) messages.push(message);
        pending = pending.subarray(4 + length);
      }
      return messages;
    },
  };

  function parse(body: Buffer): ChatMessage | undefined {
    const type = body[0];
    if (type !== TEXT && type !== HEARTBEAT) return undefined;
    try {
      return {
        type: type === TEXT ? 'text' : 'heartbeat',
        n: body.readUInt32BE(1),
        text: utf8.decode(body.subarray(HEADER_BYTES - 4)),
      };
    } catch (cause) {
      throw new ProtocolError('a chat message that is not UTF-8', { cause });
    }
  }
}
