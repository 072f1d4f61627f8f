/** Runs one trial: a lab, a rendezvous, two programs, and a look at all their packets. */
import { setTimeout as pause } from 'node:timers/promises';
import { PunchlineError } from '../../errors.ts';
import { createLab, hostIn, type Lab } from '../../lab/lab.ts';
import { startRendezvous } from '../../lab/matrix/meeting.ts';
import { watchableLab, watchLab } from '../../lab/watch/watch-lab.ts';
import type { WatchEvent } from '../../lab/watch/watch-events.ts';
import { lateGreetingRules } from './late-greeting.ts';
import { CLASSIC_PORT, startSide, type RunningSide } from './running-side.ts';
import { isPassed } from './verdict/trial-evidence.ts';
import { hostNames, type Trial } from './trials.ts';
import { verdictOf, type Verdict } from './verdict/client-verdict.ts';

/** How long each may take to start and to connect to the server. A loaded machine needs seconds for it. */
const MEETING_MS = 30_000;
/** Bounds a trial from then on. The server pairs after a second of silence, and a right client needs less than two. */
const TRIAL_MS = 12_000;
/** How long a trial goes on after a program has ended: the other one may still print. */
const AFTER_END_MS = 1000;

export interface TrialResult {
  readonly trial: Trial;
  /** Undefined if it has passed. */
  readonly verdict: Verdict | undefined;
  /** From the start of the second program to the greeting; null if none came. */
  readonly ms: number | null;
}

/** Resolves with the result. Rejects as createLab() and watchLab() do. */
export async function runTrial(trial: Trial, command: readonly string[]): Promise<TrialResult> {
  const lab = await createLab(trial.description);
  try {
    const events: WatchEvent[] = [];
    const [watching] = await Promise.all([
      watchLab(watchableLab('check', trial.description, lab), {
        onEvent: (event) => void events.push(event),
      }),
      startRendezvous(lab),
      delayGreeting(lab, trial),
    ]);
    const server = hostIn(lab, 'rendezvous').addresses[0] ?? '';
    function start(role: 'first' | 'second'): RunningSide {
      const program = trial[role] === 'client' ? command : undefined;
      return startSide(hostIn(lab, hostNames[role]), { role, command: program, server });
    }
    const first = start('first');
    // The server takes them in the order in which they come.
    await hasMet(first);
    await pause(trial.apartMs);
    const startedAt = performance.now();
    const second = start('second');
    await hasMet(second);
    const hasPassed = await passes([first, second], TRIAL_MS + trial.lateMs);
    const ms = Math.round(performance.now() - startedAt);
    const evidence = {
      events,
      endAt: Date.now(),
      rendezvous: `${server}:${CLASSIC_PORT}`,
      first: first.side(),
      second: second.side(),
    };
    first.kill();
    second.kill();
    await watching.close();
    return { trial, verdict: verdictOf(evidence), ms: hasPassed ? ms : null };
  } finally {
    await lab.close();
  }
}

async function delayGreeting(lab: Lab, { lateMs }: Trial): Promise<void> {
  if (lateMs === 0) {
    return;
  }
  const rules = lateGreetingRules(hostNames.second, lateMs);
  const done = await lab.routers['internet']?.exec(['nft', '-f', '-'], rules);
  if (done?.code !== 0) {
    throw new PunchlineError('ERR_NETWORK', `nft refused the rules of the trial: ${done?.stderr ?? ''}`);
  }
}

/** Resolves when a program is connected to the server, or has ended, or takes too long. */
async function hasMet(side: RunningSide): Promise<void> {
  await until(side, () => side.hasMet() || side.side().end !== undefined, MEETING_MS);
}

/** Whether the greeting comes out of the second. Resolves early if one of the two has ended. */
async function passes(
  [first, second]: readonly [RunningSide, RunningSide],
  limitMs: number,
): Promise<boolean> {
  const over = new AbortController();
  function isHeard(): boolean {
    return isPassed({ second: second.side() });
  }
  function endSoon(): void {
    setTimeout(() => over.abort(), AFTER_END_MS).unref();
  }
  void first.exited.then(endSoon);
  void second.exited.then(endSoon);
  await until(second, isHeard, limitMs, over.signal);
  return isHeard();
}

/** Resolves when this holds, or when the time is over. */
async function until(
  side: RunningSide,
  holds: () => boolean,
  limitMs: number,
  over = new AbortController().signal,
): Promise<void> {
  // On Node 22.12 a signal of AbortSignal.timeout() that only AbortSignal.any() knows is collected, and never aborts.
  const timeUp = new AbortController();
  const timer = setTimeout(() => timeUp.abort(), limitMs);
  const signal = AbortSignal.any([over, timeUp.signal]);
  try {
    await side.until(holds, signal);
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  } finally {
    clearTimeout(timer);
  }
}
