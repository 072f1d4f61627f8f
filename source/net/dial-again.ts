import { performance } from 'node:perf_hooks';
import type { AttemptOutcome, Endpoint } from '../events.ts';
import type { DialResult } from '../network/dial.ts';
import { pause } from './pause.ts';
import type { PunchPort } from '../connect/punch/punch-port.ts';

/** How long refusals are answered with new dials: both sides' SYNs cross within one of them or not at all. */
const REDIAL_MS = 400;
/**
 * A refusal this fast means a peer so near that two SYNs hardly ever cross.
 * Then the listeners must find each other: we listen for a moment between
 * dials, each side for a random one, so that they do not stay in step.
 */
const NEAR_MS = 10;
const NEAR_PAUSE_MS = { min: 5, spread: 25 };

export interface Dialled {
  readonly outcome: Exclude<AttemptOutcome, 'started'>;
  readonly ms: number;
  readonly dials: number;
}

/** Dials all targets, and for a while again at once where all were refused. */
export async function dialAgain(
  port: PunchPort,
  targets: readonly Endpoint[],
  signal: AbortSignal,
): Promise<Dialled> {
  const startedAt = performance.now();
  for (let dials = targets.length; ; dials += targets.length) {
    const { outcome, ms } = await firstOf(port.dial(targets));
    const elapsed = Math.round(performance.now() - startedAt);
    if (outcome !== 'refused' || elapsed >= REDIAL_MS || signal.aborted)
      return { outcome, ms: elapsed, dials };
    if (ms < NEAR_MS) await pause(NEAR_PAUSE_MS.min + Math.random() * NEAR_PAUSE_MS.spread, signal);
  }
}

/** The first that is connected; where none is, how the first of them ended, when all have. */
export async function firstOf(dials: readonly Promise<DialResult>[]): Promise<DialResult> {
  const connected = dials.map(async (dialling) => {
    const result = await dialling;
    if (result.outcome !== 'connected') throw new Error(result.outcome);
    return result;
  });
  try {
    return await Promise.any(connected);
  } catch {
    const [first] = dials;
    if (first === undefined) throw new Error('nothing was dialled');
    return first;
  }
}
