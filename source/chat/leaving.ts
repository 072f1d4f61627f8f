/**
 * The table of how a chat ends: for each stage and each input the next stage,
 * and the act to carry out. It knows no socket and no clock.
 */
import type { EndedEvent } from '../events.ts';

export type Stage =
  | 'talking'
  /** Nothing more will be said. The goodbye follows as soon as everything has arrived. */
  | 'finishing'
  /** Like finishing, but the wait has a limit. */
  | 'leaving'
  /** The goodbye was said after finishing, and is under way. */
  | 'finished'
  /** The goodbye was said after leaving, and is under way. */
  | 'left'
  /** The peer said goodbye first. */
  | 'peer-left'
  /** The chat ends without waiting for anything. */
  | 'gone'
  /** Like gone, because of a signal. */
  | 'interrupted'
  | 'ended';

export type LeavingInput =
  | 'finish'
  /** The user leaves, and a goodbye could still come through. */
  | 'leave'
  /** The wait is over: there is no connection, it is lost, or the limit is reached. */
  | 'now'
  /** Everything that we said has arrived. */
  | 'delivered'
  | 'peer-left'
  | 'interrupt';

/** The acts are methods of ChatBase. */
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

/** Returns the stage after `input`, and the act to carry out, if there is one. */
export function stepLeaving(stage: Stage, input: LeavingInput): Step {
  return table[stage][input] ?? [stage];
}

/** Returns the reason to tell when a chat ends in this stage. */
export function endOf(stage: Stage, hasFailed: boolean): EndedEvent['reason'] {
  if (stage === 'interrupted') {
    return stage;
  }
  if (hasFailed) {
    return 'failed';
  }
  return stage === 'peer-left' ? stage : 'quit';
}
