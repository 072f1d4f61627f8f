import type { Listing } from './disk/list-files.ts';
import type { Offer } from './wire/file-messages.ts';

/**
 * What the files of one session leave to those of the session that takes its place, because the peer was started anew
 * and has lost the first one.
 */
export interface CarriedFiles {
  /** Offers of ours that are not over. They are made again. */
  readonly sendings: readonly CarriedSending[];
  /** What was accepted here and has not arrived. If the peer offers the same again, it goes on. */
  readonly receivings: readonly CarriedReceiving[];
  /** How many ids each direction has used. */
  readonly used: { readonly sent: number; readonly received: number };
  /** Resolves when the first session writes nothing to the disk any more. */
  readonly released: Promise<void>;
}

export interface CarriedSending {
  /** In the events. */
  readonly id: string;
  readonly listing: Listing;
  /** Cancels it. */
  readonly signal: AbortSignal | undefined;
}

export interface CarriedReceiving {
  /** In the events. */
  readonly id: string;
  readonly offer: Offer;
  readonly folder: string;
  readonly keepsHidden: boolean;
}

/** Whether the peer offers the same again. */
export function isSameOffer(one: Offer, other: Offer): boolean {
  return (
    one.name === other.name &&
    one.bytes === other.bytes &&
    one.files === other.files &&
    one.isFolder === other.isFolder &&
    Buffer.compare(one.fingerprint, other.fingerprint) === 0
  );
}
