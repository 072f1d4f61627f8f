import type { Share } from './shares.ts';

/** Every limit that a client can reach. The metrics count refusals by these reasons. */
export const refusalReasons = [
  'descriptors',
  'connections',
  'connection-rate',
  'address-connections',
  'address-connection-rate',
  'join-rate',
  'address-join-rate',
  'numbers',
  'address-numbers',
  'missing-rooms',
  'burnt-rooms',
  'relayed-pairs',
  'address-relayed-pairs',
  'relay-used-up',
] as const;

export type RefusalReason = (typeof refusalReasons)[number];

export interface Refusal {
  readonly reason: RefusalReason;
  /** Tells the user of the client which limit it is, and when to try again. */
  readonly message: string;
}

/** The system has no descriptor for a further client. */
export const noDescriptor: Refusal = {
  reason: 'descriptors',
  message: 'this rendezvous has no file descriptors left for more clients; come again in 60 s',
};

/** A limit that has been reached. */
export interface Reached {
  /** The share that reached it; undefined for a limit of all clients together. */
  readonly share: Share | undefined;
  readonly limit: number;
  readonly comeAgainMs: number;
}

/** `what` is a text such as "joins a minute" in "the limit of 60 joins a minute". */
export function refusal(
  reason: RefusalReason,
  { share, limit, comeAgainMs }: Reached,
  what: string,
): Refusal {
  return {
    reason,
    message: `${whose(share)} reached the limit of ${limit} ${what}; come again in ${shownTime(comeAgainMs)}`,
  };
}

/** The time in whole seconds or minutes, rounded up. */
export function shownTime(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

function whose(share: Share | undefined): string {
  if (share === undefined) {
    return 'this rendezvous has';
  }
  return share.times === 1 ? 'your address has' : 'your network (an IPv6 /48) has';
}
