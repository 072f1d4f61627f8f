/** The steps of a connection as sentences. They are not safe for a terminal yet. */
import { formatEndpoint } from '../../network/endpoint.ts';
import { clockText } from '../../ladder/ladder.ts';
import { durationText, byHttpsText, motdText, placeText, connectingText } from '../text/wording.ts';
import {
  attemptText,
  checkingText,
  connectedText,
  forwardedText,
  lostText,
  natsText,
  pathText,
  relayText,
  resumedText,
} from '../text/way-wording.ts';
import type { Step } from './timeline.ts';

/** Undefined for a step that is only a detail of another one. */
export function stepText(step: Step): string | undefined {
  switch (step.event) {
    case 'rendezvous': {
      const by = step.place === 'mailbox' ? '; STUN servers see' : ', which sees';
      const seen = step.mapped === undefined ? '' : `${by} this side as ${formatEndpoint(step.mapped)}`;
      const way = step.unreachedPort === undefined ? '' : `; ${byHttpsText(step.unreachedPort)}`;
      const motd = step.motd === undefined ? '' : `; ${motdText(step)}`;
      const what =
        step.state === 'connecting'
          ? connectingText(step)
          : `${rendezvousWords[step.state]} ${placeText(step)}`;
      return `${what}${seen}${way}${motd}`;
    }
    case 'peer': {
      const list = step.candidates.map((one) => `${formatEndpoint(one)} (${one.kind})`).join(', ');
      // If only a relay is used, there are no candidates.
      return `${list === '' ? 'the peer is there' : `the peer is at ${list}`}; this side is ${step.role}`;
    }
    case 'plan': {
      return `plan: ${step.strategy}, at most ${step.dials} dial${step.dials === 1 ? '' : 's'}`;
    }
    case 'attempt': {
      // An attempt is abandoned because another one connected, and that one is told.
      return step.outcome === 'abandoned' ? undefined : attemptText(step);
    }
    case 'nats': {
      return natsText(step);
    }
    case 'proof': {
      // A connection may fail because the peer has taken another one.
      return step.state === 'started' ? checkingText(step) : undefined;
    }
    case 'forwarded': {
      return forwardedText(step);
    }
    case 'connected': {
      return connectedText(step);
    }
    case 'relay': {
      return relayText(step);
    }
    case 'path': {
      return pathText(step);
    }
    case 'lost': {
      return lostText(step);
    }
    case 'resumed': {
      return resumedText(step);
    }
    case 'error': {
      return step.message;
    }
    default: {
      return step satisfies never;
    }
  }
}

export function toneOf({ event }: Step): 'good' | 'bad' | undefined {
  if (event === 'connected' || event === 'resumed' || event === 'path') {
    return 'good';
  }
  return event === 'lost' || event === 'error' ? 'bad' : undefined;
}

const rendezvousWords = {
  waiting: 'waiting at',
  matched: 'matched at',
  closed: 'done with',
} as const;

/** In milliseconds at first, because the first steps follow each other fast; in minutes and hours later. */
export function elapsedText(ms: number): string {
  return ms < 60_000 ? durationText(ms) : clockText(ms);
}
