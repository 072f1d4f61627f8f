/**
 * How a chat ends, as one table: which stage it is in, what may happen then,
 * and what follows from it. The table knows no socket and no clock.
 */
import type { EndedEvent } from '../events.ts';

export type Stage =
  | 'talking'
  /** Nothing more will be said: goodbye as soon as all has arrived. */
  | 'finishing'
  /** As finishing, but the wait has a limit. */
  | 'leaving'
  /** Goodbye was said after finishing, and has not come through yet. */
  | 'finished'
  /** Goodbye was said after leaving, and has not come through yet. */
  | 'left'
  /** The peer said goodbye first. */
  | 'peer-left'
  /** Ends without waiting for anything. */
  | 'gone'
  /** As gone, because of a signal. */
  | 'interrupted'
  | 'ended';

export type LeavingInput =
  | 'finish'
  /** Somebody wants to leave, and a goodbye could still come through. */
  | 'leave'
  /** There is nothing to wait for any more: no connection, a lost one, or the limit of the wait is reached. */
  | 'now'
  /** All that was said has arrived. */
  | 'delivered'
  | 'peer-left'
  | 'interrupt';

/** What a chat does then; each is a method of ChatBase. */
export type LeavingAct = 'decline' | 'hurry' | 'part' | 'go';

type Step = readonly [next: Stage, act?: LeavingAct];

const gone: Step = ['gone', 'go'];
const leaving: Step = ['leaving', 'hurry'];
const left: Step = ['peer-left', 'go'];
const interrupt: Step = ['interrupted', 'go'];
const always = { now: gone, 'peer-left': ['peer-left'], interrupt } as const;

/** An input that a row does not name changes nothing. */
const table: Readonly<Record<Stage, Partial<Record<LeavingInput, Step>>>> = {
  talking: { ...always, finish: ['finishing', 'decline'], leave: leaving },
  finishing: { ...always, leave: leaving, delivered: ['finished', 'part'] },
  leaving: { ...always, leave: gone, delivered: ['left', 'part'] },
  finished: { ...always, leave: ['left', 'hurry'] },
  left: { ...always, leave: gone },
  'peer-left': { ...always, leave: left, now: left },
  gone: { ...always, leave: gone },
  interrupted: { leave: interrupt, now: interrupt, interrupt },
  ended: {},
};

/** The stage after `input`, and what is to be done. */
export function stepLeaving(stage: Stage, input: LeavingInput): Step {
  return table[stage][input] ?? [stage];
}

/** Why a chat that ends now has ended. */
export function endOf(stage: Stage, hasFailed: boolean): EndedEvent['reason'] {
  if (stage === 'interrupted') {
    return stage;
  }
  if (hasFailed) {
    return 'failed';
  }
  return stage === 'peer-left' ? stage : 'quit';
}
