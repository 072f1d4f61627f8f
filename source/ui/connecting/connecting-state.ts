/** What is known on the way to the first connection, as a pure reducer of the chat's events. Times are ms since the epoch. */
import type { NatsEvent, PlanEvent, ProofEvent, PunchlineEvent, RelayEvent } from '../../events.ts';

export interface ConnectingState {
  /** When we began to wait for the peer. */
  readonly waitingSince?: number;
  /** When the rendezvous was lost while we waited there. Undefined once we wait there again. */
  readonly lostAt?: number | undefined;
  /** When the rendezvous introduced the peer. Undefined again if no connection came of it. */
  readonly matchedAt?: number | undefined;
  /** When a peer left, from which no connection came. */
  readonly leftAt?: number | undefined;
  readonly nats?: NatsEvent | undefined;
  /** The plan of the rounds. That of the dials on our own networks goes on beside it. */
  readonly plan?: PlanEvent | undefined;
  /** When the rendezvous will be asked to relay. */
  readonly relayAt?: number | undefined;
  readonly relay?: (RelayEvent & { readonly at: number }) | undefined;
  /** Present while a connection has to prove that it comes from the peer. */
  readonly proof?: (ProofEvent & { readonly at: number }) | undefined;
}

export const notConnecting: ConnectingState = {};

const noMatch = {
  matchedAt: undefined,
  leftAt: undefined,
  nats: undefined,
  plan: undefined,
  relayAt: undefined,
  relay: undefined,
  proof: undefined,
} as const satisfies Partial<ConnectingState>;

/** The state after an event before the first connection. The same state if the event says nothing about it. */
export function reduceConnecting(state: ConnectingState, event: PunchlineEvent): ConnectingState {
  switch (event.event) {
    case 'rendezvous': {
      return afterRendezvous(state, event.state, event.at);
    }
    case 'nats': {
      const relayAt = event.relayInMs === undefined ? state.relayAt : event.at + event.relayInMs;
      return { ...state, nats: event, relayAt };
    }
    case 'plan': {
      return event.strategy === 'host' ? state : { ...state, plan: event };
    }
    case 'relay': {
      return { ...state, relay: event };
    }
    case 'proof': {
      return { ...state, proof: event.state === 'started' ? event : undefined };
    }
    default: {
      return state;
    }
  }
}

function afterRendezvous(
  state: ConnectingState,
  rendezvous: 'connecting' | 'waiting' | 'matched' | 'closed',
  at: number,
): ConnectingState {
  switch (rendezvous) {
    case 'connecting': {
      return state.matchedAt === undefined ? state : { ...state, ...noMatch, leftAt: at };
    }
    case 'waiting': {
      return { ...state, waitingSince: state.waitingSince ?? at, lostAt: undefined };
    }
    case 'matched': {
      return { ...state, ...noMatch, lostAt: undefined, matchedAt: at };
    }
    case 'closed': {
      const isLost = state.waitingSince !== undefined && state.matchedAt === undefined;
      return isLost ? { ...state, lostAt: state.lostAt ?? at } : state;
    }
  }
}

/**
 * How long the rendezvous has been lost, or else how long we have waited for the peer: `12 s`, `3 min`, `2 h 5 min`.
 * Waiting for the peer is told in whole minutes, because it may take hours and nothing happens meanwhile.
 */
export function waitText({ lostAt, waitingSince }: ConnectingState, now: number): string {
  const since = lostAt ?? waitingSince;
  const ms = since === undefined ? 0 : Math.max(0, now - since);
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) {
    return lostAt === undefined || ms < 1000 ? '' : `${Math.floor(ms / 1000)} s`;
  }
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
