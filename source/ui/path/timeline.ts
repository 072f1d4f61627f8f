/**
 * The steps of the connection from the first dial on, kept as long as the chat
 * runs, for `/path`. They are the events themselves: the log and the ladder are
 * both made of them (`step-text.ts`, `path-ladder.ts`). Messages are not part of
 * it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { PunchlineEvent } from '../../events.ts';

const kinds = [
  'rendezvous',
  'peer',
  'plan',
  'attempt',
  'nats',
  'proof',
  'forwarded',
  'connected',
  'relay',
  'path',
  'lost',
  'resumed',
  'error',
] as const;

/** One step of the connection. Its texts are not safe for a terminal yet. */
export type Step = Extract<PunchlineEvent, { readonly event: (typeof kinds)[number] }>;

/** Bounds memory for a chat that reconnects for weeks. Ten rounds and their dials are about 60 steps. */
export const MAX_STEPS = 300;

/** The steps after `event`. The same list if the event is not a step, or repeats the last one. */
export function reduceTimeline(steps: readonly Step[], event: PunchlineEvent): readonly Step[] {
  return isStep(event) && !repeats(event, steps.at(-1)) ? [...steps, event].slice(-MAX_STEPS) : steps;
}

function isStep(event: PunchlineEvent): event is Step {
  return (kinds as readonly string[]).includes(event.event);
}

/**
 * Whether the step repeats the last one. The rendezvous tells our mapped
 * endpoint each time, and the peer's candidates come again when there are more.
 */
function repeats(step: Step, last: Step | undefined): boolean {
  return last !== undefined && isDeepStrictEqual({ ...step, at: 0 }, { ...last, at: 0 });
}
