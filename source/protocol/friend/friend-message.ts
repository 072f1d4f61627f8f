/**
 * What two chats say to each other to become friends, as the text of a chat message `friend`: a JSON object whose type is
 * `t`. A reader skips unknown types and fields, so that later versions can add some.
 */
import * as v from 'valibot';
import { ProtocolError } from '../../errors.ts';
import { parseJson } from '../../text/parse-json.ts';

/** A reason is a sentence. */
const MAX_REASON_LENGTH = 300;

/** So many bytes in base64url. */
function bytesOf(length: number) {
  const digits = Math.ceil((length * 4) / 3);
  return v.pipe(v.string(), v.regex(new RegExp(`^[\\w-]{${digits}}$`)));
}

const friendMessage = v.variant('t', [
  /** This side wants to keep the peer. `nonce`: 16 fresh random bytes, one share of the secret's inputs. */
  v.object({ t: v.literal('offer'), nonce: bytesOf(16) }),
  /** This side has the secret that follows from both nonces: 32 bytes that only the two can compute. */
  v.object({ t: v.literal('proof'), proof: bytesOf(32) }),
  /** This side has stored it. */
  v.object({ t: v.literal('kept') }),
  /** This side could not, or does not keep friends. `reason` is the peer's text: pass it through safeText(). */
  v.object({
    t: v.literal('failed'),
    reason: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_REASON_LENGTH))),
  }),
  /** This side has removed the friend with whom it talks. */
  v.object({ t: v.literal('removed') }),
]);

const known: ReadonlySet<string> = new Set(['offer', 'proof', 'kept', 'failed', 'removed']);
const typed = v.object({ t: v.string() });

export type FriendMessage = v.InferOutput<typeof friendMessage>;

export function encodeFriendMessage(message: FriendMessage): string {
  return JSON.stringify(
    message.t === 'failed' && message.reason !== undefined
      ? { ...message, reason: message.reason.slice(0, MAX_REASON_LENGTH) }
      : message,
  );
}

/** Undefined for a type that this version does not know. Throws ProtocolError if the text matches no description here. */
export function decodeFriendMessage(text: string): FriendMessage | undefined {
  const value = jsonOf(text);
  if (!v.is(typed, value)) {
    throw new ProtocolError('a message about friends without a type t');
  }
  if (!known.has(value.t)) {
    return undefined;
  }
  const result = v.safeParse(friendMessage, value, { abortEarly: true, abortPipeEarly: true });
  if (!result.success) {
    throw new ProtocolError(
      `a message about friends, ${value.t}, with a bad ${v.getDotPath(result.issues[0]) ?? 'form'}`,
    );
  }
  return result.output;
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new ProtocolError('a message about friends that is not JSON', { cause });
  }
}
