import type { DoneMessage } from '../../protocol/rendezvous-messages.ts';
import type { RefusalReason } from '../admission/refusal.ts';

/** What the server tells of itself as it happens; the rest is asked for when somebody looks. */
export interface Meter {
  /** `ms`: from the join of this side to its match. Told for both. */
  matched(ms: number): void;
  /** What a client says of how its match ended. */
  ended(report: DoneMessage): void;
  refused(reason: RefusalReason): void;
}

function drop() {}

/** For a server that nobody looks at. */
export const silentMeter: Meter = { matched: drop, ended: drop, refused: drop };
