import type { CloseReason } from '../connect/session/wire/frames.ts';
import type { RoundPayload } from '../connect/session/wire/round-payload.ts';
import type { ProtocolError } from '../errors.ts';

/** What a session tells the connection that holds it. */
export interface SessionEvents {
  /** New bytes of the stream, in order, once. Tell `consumed` when they are taken. */
  data: [bytes: Uint8Array];
  /** The peer writes nothing more. */
  end: [];
  /** Everything before this offset has arrived at the peer. */
  acknowledged: [offset: number];
  /** Both sides have said goodbye, or one could not any more. Nothing follows. */
  closed: [by: 'us' | 'peer', reason: CloseReason];
  /** The channel carries nothing (`revived` may follow). */
  suspect: [];
  revived: [];
  silent: [];
  /** The channel is gone: the session goes on as soon as it is given another one. */
  gone: [reason: string];
  /** The session is over without a goodbye: the peer broke the rules, or takes nothing. Nothing follows. */
  failed: [reason: string, error: ProtocolError | undefined];
  /** It goes on over another channel, and so many bytes that were sent before go out again. */
  resumed: [resentBytes: number];
  /** The peer's part of a round of punching behind this channel. A listener may throw ProtocolError. */
  round: [theirs: RoundPayload];
}
