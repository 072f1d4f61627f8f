import { maxStartInMs } from '../protocol/rendezvous-messages.ts';

/**
 * How long a client waits after our answer so that both SYNs leave at the same
 * moment. Both answers leave here at time 0 and arrive at x after rtt_x / 2.
 * The common moment is the later arrival, max(rtt_a, rtt_b) / 2: the farther
 * client starts at once, the nearer one waits for half the difference.
 */
export const startInMs = (ownRttMs: number, peerRttMs: number): number => {
  const waitMs = Math.max(0, (peerRttMs - ownRttMs) / 2);
  // A tenth is finer than any timer of Node.
  return Math.min(maxStartInMs, Math.round(waitMs * 10) / 10);
};
