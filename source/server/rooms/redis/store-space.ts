import type { Refusal } from '../../admission/refusal.ts';
import type { Share } from '../../admission/shares.ts';

/** What a seat needs of the process that it belongs to. */
export interface Space<OneSeat> {
  readonly process: string;
  /** Asks the store, in order. Nothing where it is away: `sync` says it all when it is back. */
  ask(request: { readonly op: string; readonly at: string }): void;
  publish(at: string, message: object): void;
  local(at: string): OneSeat | undefined;
  /** The seat wants something and has no answer yet, or has it: `isWaiting`. */
  awaits(seat: OneSeat, isWaiting: boolean): void;
  remove(seat: OneSeat): void;
  /** What is told to a client where no number is left: of this share, or of all. */
  numbersRefusal(share: Share | undefined): Refusal;
  /** After how long a client is to come again: not all at once. */
  retryMs(): number;
}

/** In which room a seat is, or wants to be. */
export interface Place {
  readonly number: number;
  readonly token?: string | undefined;
  readonly client: string;
}
