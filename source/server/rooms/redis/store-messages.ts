import type { ErrorCode } from '../../../errors.ts';
import type { PeerMessage } from '../matchmaker.ts';

/** What the script tells a seat. Comers are texts: the store passes them on as they are. */
export type StoreEvent =
  | { readonly kind: 'opened'; readonly number: number; readonly token: string }
  /** In a room whose owner is expected: for this long. */
  | { readonly kind: 'held'; readonly ms: number }
  | { readonly kind: 'waiting'; readonly matches?: number }
  | {
      readonly kind: 'matched';
      readonly role: 'a' | 'b';
      readonly session: string;
      readonly own: string;
      readonly peer: string;
      /** The peer's seat, for all that goes from one to the other. */
      readonly peerAt: string;
      readonly matches?: number;
    }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** No number is left: of this seat's share, counted from 1, or of all. */
  | { readonly kind: 'full'; readonly share?: number }
  /** The store has lost this seat's room, and another has it. */
  | { readonly kind: 'retry' };

/** What one seat of a match tells the other without the script. */
export type FromPeer =
  | {
      readonly kind: 'message';
      readonly session: string;
      readonly from: string;
      readonly n: number;
      readonly message: PeerMessage;
    }
  | { readonly kind: 'again'; readonly session: string; readonly after: number }
  /** Nobody is at the seat to which a round was sent. */
  | { readonly kind: 'absent'; readonly session: string };

/** On a process's channel: to which of its seats. */
export type StoreMessage = (StoreEvent | FromPeer) & { readonly to: string };
