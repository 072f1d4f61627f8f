/**
 * The sentences about events, the same for the screen and for lines of text.
 * They are not safe for a terminal yet: use safeText() before showing one.
 */
import { formatEndpoint } from '../../network/endpoint.ts';
import { nameText } from './peer-name.ts';
import type {
  AttemptEvent,
  AttemptOutcome,
  ConnectedEvent,
  ForwardedEvent,
  InviteEvent,
  NatsEvent,
  PlaceKind,
  ProofEvent,
  RefusedEvent,
  RelayEvent,
  LostEvent,
  PathEvent,
  ResumedEvent,
} from '../../events.ts';

/** `41 ms`, `2.1 s`, `48 s`, `12 min`. */
export function durationText(ms: number): string {
  if (ms < 999.5) {
    return `${Math.round(ms)} ms`;
  }
  if (ms < 9950) {
    return `${(ms / 1000).toFixed(1)} s`;
  }
  return ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

/** A failure and its hint, as sentences in one line. */
export function failureText({
  message,
  hint,
}: {
  readonly message: string;
  readonly hint?: string | undefined;
}): string {
  const said = /[.!?]$/.test(message) ? message : `${message}.`;
  return [said, hint].filter(Boolean).join(' ');
}

export const notUtf8 =
  'The terminal does not send UTF-8: letters beyond ASCII come as �. Set its encoding, or your locale, to UTF-8.';

/** `1 message`, `2 messages`. */
export function countText(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}

/**
 * The command that the friend types. It is quoted if needed: a shell would take
 * the brackets of an IPv6 address for a pattern.
 */
export function inviteCommand(
  invite: string,
  command: InviteCommand = 'chat',
  words: string = command === 'send' ? 'send PATH' : command,
): string {
  return `punchline ${words} ${/^[\w.@:-]+$/.test(invite) ? invite : `'${invite}'`}`;
}

/** The commands that take an invite. */
export type InviteCommand = 'chat' | 'pipe' | 'send' | 'receive' | 'forward';

/** What kind of place it is, in one word. */
export const placeNouns: Record<PlaceKind, string> = {
  rendezvous: 'rendezvous',
  mailbox: 'mailbox',
  here: 'place',
  local: 'host',
};

/** What kind of place it is, in a sentence. */
export const placeWords: Record<PlaceKind, string> = {
  rendezvous: 'the rendezvous',
  mailbox: 'the mailbox server',
  here: 'this machine',
  local: 'the host',
};

/** The place where the two meet, in a sentence. `server` is what the event says, or undefined before the first one. */
export function placeText({ place, server = '' }: PlaceInText): string {
  return place === 'here' ? placeWords.here : `${placeWords[place]} ${server}`;
}

/** With a capital, as a sentence begins. */
export function asSentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

/** What is done at first, without a capital. */
export function connectingText(where: PlaceInText): string {
  switch (where.place) {
    case 'here':
      return 'opening a port of this machine for your friend';
    case 'local':
      return 'looking for your friend on the local network';
    case 'rendezvous':
    case 'mailbox':
      return `connecting to ${placeText(where)}${where.proxy === undefined ? '' : ` through the proxy ${where.proxy}`}`;
  }
}

interface PlaceInText {
  readonly place: PlaceKind;
  readonly server?: string | undefined;
  /** The proxy that leads there. */
  readonly proxy?: string | undefined;
}

/** This machine is the place, and its invite comes again. */
export const movedText =
  'The addresses of this machine have changed: what you have passed on does not lead here any more.';

/** What the user should know when the invite is passed on, each a sentence. */
export function inviteNotes({ reach, hint }: Pick<InviteEvent, 'reach' | 'hint'>): readonly string[] {
  return [
    ...(reach === 'local network'
      ? ['Only your local network reaches this machine, so your friend has to be in it.']
      : []),
    ...(hint === undefined ? [] : [`${hint}.`]),
  ];
}

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

/** The classic protocol has no code, so it has no key to encrypt with. */
export function isEncrypted(connected: Pick<ConnectedEvent, 'cipher'>): boolean {
  return connected.cipher !== 'none';
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

/** The other side has nothing of what was said before. */
export const restartedText = 'the peer was started anew';

/** Above messages that came with `again`. */
export const againText = 'sent again, so you may have seen it before:';

/** The sentence about offers that were declined automatically. */
export function refusedText({ offers, reason }: RefusedEvent): string {
  return `declined ${countText(offers, 'more offer')}${reason === '' ? '' : `: ${reason}`}`;
}

/** Why the chat does not go where the user has sent it. */
export function byHttpsText(unreachedPort: number): string {
  return `port ${unreachedPort} cannot be reached; this chat goes by https`;
}

/** What the operator of the place says to all users. */
export function motdText({ server, motd = '' }: { readonly server: string; readonly motd?: string }): string {
  return `${server} says to all: ${motd}`;
}
