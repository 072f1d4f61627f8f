import type { Refusal } from '../../admission/refusal.ts';
import type { Share } from '../../admission/shares.ts';

/** What a seat needs from its process. */
export interface Space<OneSeat> {
  readonly process: string;
  /**
   * Asks the store, in order. Does nothing while the store is away, because `sync` says everything when it is back. If it
   * goes away before its answer, `onReply` is not called.
   */
  ask(request: { readonly op: string; readonly at: string }, onReply?: (reply: unknown) => void): void;
  publish(at: string, message: object): void;
  local(at: string): OneSeat | undefined;
  /** `isWaiting`: the seat has asked for something and has no answer yet. Otherwise it has its answer. */
  awaits(seat: OneSeat, isWaiting: boolean): void;
  remove(seat: OneSeat): void;
  /** The refusal of a client for which no number is left: in this share, or at all. */
  numbersRefusal(share: Share | undefined): Refusal;
  /** After how long a client is to come again. It varies, so that not all come at once. */
  retryMs(): number;
}

/** The room of a code in which a seat is, or wants to be. */
export interface Place {
  readonly number: number;
  readonly token?: string | undefined;
  readonly client: string;
}
