/** Runs the trials of a client, several at once if wanted, and tells the results in the order of the list. */
import type { TrialResult } from './run-trial.ts';
import type { Trial } from './trials.ts';

export interface CheckOptions {
  readonly run: (trial: Trial) => Promise<TrialResult>;
  /** Go on after a trial that has failed. */
  readonly all: boolean;
  /** How many trials run at once. */
  readonly parallel: number;
  /** Called with each result, in the order of the list. */
  readonly done: (result: TrialResult) => void;
}

/**
 * Resolves with the results in the order of the list. Unless all are wanted, the
 * first one that has failed is the last. Rejects with the first error of `run`.
 */
export async function runCheck(trials: readonly Trial[], options: CheckOptions): Promise<TrialResult[]> {
  const { all, done, parallel, run } = options;
  const results: TrialResult[] = [];
  const waiting = trials.entries();
  const early = new Map<number, TrialResult>();
  function isOver(): boolean {
    return !all && results.at(-1)?.verdict !== undefined;
  }
  function tellDue(): void {
    for (;;) {
      const next = early.get(results.length);
      if (next === undefined || isOver()) {
        return;
      }
      results.push(next);
      done(next);
    }
  }
  async function work(): Promise<void> {
    // The workers share one iterator, so that each trial is taken once.
    for (const [index, trial] of waiting) {
      if (isOver()) {
        return;
      }
      early.set(index, await run(trial));
      tellDue();
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, trials.length) }, work));
  return results;
}
