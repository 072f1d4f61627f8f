/**
 * The sentences about the way to a connection, for views that come after the
 * first frame and for lines of text. As in wording.ts, they are not safe for a
 * terminal yet.
 */
import { formatEndpoint } from '../../network/endpoint.ts';
import type {
  AttemptEvent,
  AttemptOutcome,
  ConnectedEvent,
  ForwardedEvent,
  LostEvent,
  NatsEvent,
  PathEvent,
  ProofEvent,
  RelayEvent,
  ResumedEvent,
} from '../../events.ts';
import { nameText } from './peer-name.ts';
import { countText, durationText, isEncrypted, restartedText } from './wording.ts';

/** The outcome of an attempt, as it follows an endpoint in a sentence. */
export const outcomeWords: Record<AttemptOutcome, string> = {
  started: 'dialling',
  connected: 'connected',
  refused: 'refused',
  timeout: 'no answer',
  unreachable: 'unreachable',
  abandoned: 'stopped',
};

/**
 * `attempt 3/10: 203.0.113.5:4242 (mapped) refused after 41 ms`. If there is
 * only one attempt, its number is left out.
 */
export function attemptText(attempt: AttemptEvent): string {
  const dials = attempt.dials === undefined ? '' : `, ${attempt.dials} dials`;
  const where = `${formatEndpoint(attempt)} (${attempt.kind}${dials})`;
  const round = attempt.of === 1 ? '' : `attempt ${attempt.n}/${attempt.of}: `;
  const why = attempt.reason === undefined ? '' : `, ${attempt.reason}`;
  return attempt.outcome === 'started'
    ? `${round}dialling ${where}`
    : `${round}${where} ${outcomeWords[attempt.outcome]} after ${durationText(attempt.ms)}${why}`;
}

/** `the NAT here: counting, that of the peer: random; a direct connection: no, REASON`. */
export function natsText({ own, peer, direct, why, noRelay }: NatsEvent): string {
  const nats = `the NAT here: ${own}, that of the peer: ${peer}; a direct connection: ${direct}, ${why}`;
  return noRelay === undefined ? nats : `${nats}; no relay: ${noRelayText(noRelay)}`;
}

/** Why nothing will be relayed: one side has asked for that. */
export function noRelayText(side: 'me' | 'peer'): string {
  return `${side === 'me' ? 'this side' : 'the peer'} allows none (--relay never)`;
}

/** The verdict on two NATs that let no direct connection through. */
export function impossibleText({ why }: Pick<NatsEvent, 'why'>): string {
  return `no direct connection is possible: ${why}`;
}

/** `a connection to 203.0.113.5:4242 stands; checking the code`. */
export function checkingText({ remote }: Pick<ProofEvent, 'remote'>): string {
  return `a connection to ${formatEndpoint(remote)} stands; checking the code`;
}

/** `connected to anna: direct, 203.0.113.5:4242, in 251 ms`. */
export function connectedText(connected: ConnectedEvent): string {
  const { peer, path, remote, ms } = connected;
  const warning = isEncrypted(connected) ? '' : ', NOT ENCRYPTED';
  return `connected to ${nameText(peer.name)}: ${path}, ${formatEndpoint(remote)}, in ${durationText(ms)}${warning}`;
}

/** `moved to lan 192.168.1.7:5123: the peer is on this network`. */
export function pathText({ path, remote, reason }: PathEvent): string {
  return `moved to ${path} ${formatEndpoint(remote)}: ${reason}`;
}

/** `connection lost (reset); 2 messages waiting; reconnecting`. */
export function lostText(lost: LostEvent): string {
  const queued = lost.queued === 0 ? '' : `; ${countText(lost.queued, 'message')} waiting`;
  return `connection lost (${lost.reason})${queued}; reconnecting`;
}

const protocolNames = { pcp: 'PCP', 'nat-pmp': 'NAT-PMP', upnp: 'UPnP' } as const;

/** `our router maps 203.0.113.5:4242 to this machine, by PCP`. */
export function forwardedText(forwarded: ForwardedEvent): string {
  return `our router maps ${formatEndpoint(forwarded)} to this machine, by ${protocolNames[forwarded.protocol]}`;
}

/** `asking for a relay: REASON`, or `no relay: REASON`. */
export function relayText({ state, reason }: Omit<RelayEvent, 'event'>): string {
  const what = state === 'asked' ? 'asking for a relay' : 'no relay';
  return reason === '' ? what : `${what}: ${reason}`;
}

/** `connected again after 8.2 s, direct; 2 messages sent again`. */
export function resumedText(resumed: ResumedEvent): string {
  const resent = resumed.resent === 0 ? '' : `; ${countText(resumed.resent, 'message')} sent again`;
  const anew = resumed.restarted === true ? `; ${restartedText}` : '';
  return `connected again after ${durationText(resumed.ms)}, ${resumed.path}${anew}${resent}`;
}
