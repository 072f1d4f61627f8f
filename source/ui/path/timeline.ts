/**
 * The steps of the connection from the first dial on, kept as long as the chat
 * runs, for `/path`. Messages are not part of it.
 */
import { formatEndpoint } from '../../network/endpoint.ts';
import type { AttemptEvent, PunchlineEvent } from '../../events.ts';
import {
  attemptText,
  checkingText,
  connectedText,
  lostText,
  natsText,
  pathText,
  relayText,
  resumedText,
} from '../text/wording.ts';

/** One step of the connection. */
export interface Step {
  /** ms since the epoch. */
  readonly at: number;
  /** Not safe for a terminal yet. */
  readonly text: string;
  readonly tone?: 'good' | 'bad';
}

/** Bounds memory for a chat that reconnects for weeks. Ten rounds and their dials are about 60 steps. */
export const MAX_STEPS = 300;

/** The steps after `event`. The same list if the event is not a step, or repeats the last one. */
export function reduceTimeline(steps: readonly Step[], event: PunchlineEvent): readonly Step[] {
  const text = stepText(event);
  if (text === undefined || repeats(steps, text)) {
    return steps;
  }
  const tone = toneOf(event);
  const step = { at: event.at, text, ...(tone === undefined ? {} : { tone }) };
  return [...steps, step].slice(-MAX_STEPS);
}

/**
 * Whether the step repeats the last one. The rendezvous tells our mapped
 * endpoint each time, and the peer's candidates come again when there are more.
 */
function repeats(steps: readonly Step[], text: string): boolean {
  return steps.at(-1)?.text === text;
}

function toneOf({ event }: PunchlineEvent): Step['tone'] {
  if (event === 'connected' || event === 'resumed' || event === 'path') {
    return 'good';
  }
  return event === 'lost' || event === 'error' ? 'bad' : undefined;
}

function stepText(event: PunchlineEvent): string | undefined {
  switch (event.event) {
    case 'rendezvous': {
      const seen =
        event.mapped === undefined ? '' : `, which sees this side as ${formatEndpoint(event.mapped)}`;
      return `${rendezvousWords[event.state]} the rendezvous ${event.server}${seen}`;
    }
    case 'peer': {
      const list = event.candidates.map((one) => `${formatEndpoint(one)} (${one.kind})`).join(', ');
      // If only a relay is used, there are no candidates.
      return `${list === '' ? 'the peer is there' : `the peer is at ${list}`}; this side is ${event.role}`;
    }
    case 'plan': {
      return `plan: ${event.strategy}, at most ${event.dials} dial${event.dials === 1 ? '' : 's'}`;
    }
    case 'attempt': {
      return isStep(event) ? attemptText(event) : undefined;
    }
    case 'nats': {
      return natsText(event);
    }
    case 'proof': {
      // A connection may fail because the peer has taken another one.
      return event.state === 'started' ? checkingText(event) : undefined;
    }
    case 'connected': {
      return connectedText(event);
    }
    case 'relay': {
      return relayText(event);
    }
    case 'path': {
      return pathText(event);
    }
    case 'lost': {
      return lostText(event);
    }
    case 'resumed': {
      return resumedText(event);
    }
    case 'error': {
      return event.message;
    }
    case 'invite':
    case 'message':
    case 'delivered':
    case 'heartbeat':
    case 'renamed':
    case 'typing':
    case 'file':
    case 'refused':
    case 'ended': {
      return undefined;
    }
    default: {
      return event satisfies never;
    }
  }
}

const rendezvousWords = {
  connecting: 'connecting to',
  waiting: 'waiting at',
  matched: 'matched at',
  closed: 'done with',
} as const;

/** An attempt is abandoned because another one connected, and that one is the step. */
function isStep({ outcome }: AttemptEvent): boolean {
  return outcome !== 'abandoned';
}
