import { manyListeners } from './waiting.ts';

/** RFC 8305, section 8: the pause before the next one is dialled beside those that have not answered. */
const NEXT_AFTER_MS = 250;

/** Every target has failed. */
export class AllFailed extends Error {
  /** In the order of the targets. */
  readonly failures: readonly unknown[];

  constructor(failures: readonly unknown[]) {
    super('every target has failed');
    this.failures = failures;
  }
}

export interface Attempts<Target, Won> {
  /** Rejects when its signal is aborted. */
  readonly attempt: (target: Target, signal: AbortSignal) => Promise<Won>;
  /** Ends what has succeeded after another one. */
  readonly discard: (late: Won) => void;
  readonly signal: AbortSignal;
  /** How long one may take before the next is attempted beside it; by default 250 ms. */
  readonly nextAfterMs?: number;
}

/**
 * Attempts the targets, of which there must be one, as RFC 8305 says: the next one as
 * soon as one fails, or has not answered for 250 ms. The first that succeeds
 * ends the others. The first attempt begins in this turn. Rejects with AllFailed,
 * or with the signal's reason.
 */
export function firstToSucceed<Target, Won>(
  targets: readonly Target[],
  { attempt, discard, signal, nextAfterMs = NEXT_AFTER_MS }: Attempts<Target, Won>,
): Promise<Won> {
  const over = new AbortController();
  const either = manyListeners(AbortSignal.any([signal, over.signal]));
  const failures: unknown[] = [];
  let next = 0;
  let timer: NodeJS.Timeout | undefined;
  function end(tell: () => void) {
    clearTimeout(timer);
    over.abort();
    tell();
  }
  return new Promise((resolve, reject) => {
    function start() {
      clearTimeout(timer);
      if (next === targets.length) {
        return;
      }
      const index = next;
      next += 1;
      timer = setTimeout(start, nextAfterMs);
      attempt(targets[index] as Target, either).then(
        (won) => {
          if (over.signal.aborted) {
            discard(won);
          } else {
            end(() => resolve(won));
          }
        },
        (error: unknown) => {
          failures[index] = error;
          if (signal.aborted) {
            end(() => reject(signal.reason as Error));
          } else if (Object.keys(failures).length === targets.length) {
            end(() => reject(new AllFailed(failures)));
          } else if (!over.signal.aborted) {
            start();
          }
        },
      );
    }
    start();
  });
}
