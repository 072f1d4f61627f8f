import type { Happening, Path } from '../events.ts';
import type { FileOffer } from '../connect/files/files.ts';

/** What a Connection tells beside what every Duplex does. */
export interface ConnectionEvents {
  /** `invite`, `rendezvous`, `peer`, `plan`, `attempt`, `connected`, `path`, `file`. */
  happening: [happening: Happening];
  /** The connection carries nothing any more; what is written is kept, and another one is sought. */
  lost: [reason: string];
  /** It goes on, `ms` after the trouble began; `resentBytes` that were under way have been sent again. */
  resumed: [ms: number, resentBytes: number, path: Path];
  /** So many of the written bytes have arrived at the peer. */
  acknowledged: [bytes: number];
  /** The peer offers a file or a folder. Without a listener it is declined. */
  offer: [offer: FileOffer];
  /** Nothing is handed over any more, in either direction, and nothing of ours is offered. */
  handedOver: [];
  /** Both sides have parted, and this one began. */
  goodbye: [by: 'us' | 'peer'];
}

type Listener<Name extends keyof ConnectionEvents> = (...values: ConnectionEvents[Name]) => void;

/** Gives listeners of these events their types. */
export interface ConnectionListening {
  on<Name extends keyof ConnectionEvents>(event: Name, listener: Listener<Name>): this;
  once<Name extends keyof ConnectionEvents>(event: Name, listener: Listener<Name>): this;
  off<Name extends keyof ConnectionEvents>(event: Name, listener: Listener<Name>): this;
}
