import type { DoneMessage } from '../../protocol/rendezvous-messages.ts';
import type { RefusalReason } from '../admission/refusal.ts';

/** Counts events as they happen. All other figures are read when somebody asks for the page. */
export interface Meter {
  /** `ms`: from the join of this side to its match. Called once for each side. */
  matched(ms: number): void;
  /** Called with a client's report of how its match ended. */
  ended(report: DoneMessage): void;
  refused(reason: RefusalReason): void;
  /** A bug of ours has dropped a client. */
  failed(): void;
}

function drop() {}

/** For a server without metrics. */
export const silentMeter: Meter = { matched: drop, ended: drop, refused: drop, failed: drop };
