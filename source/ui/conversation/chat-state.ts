/**
 * The state of one chat as a person sees it, as a pure reducer of the chat's
 * events. It does not know the screen. The peer's texts are kept unchanged
 * here, and become safe for a terminal where they are laid out.
 */
import type {
  AttemptEvent,
  AttemptOutcome,
  Candidate,
  ConnectedEvent,
  EndedEvent,
  Endpoint,
  ErrorEvent,
  FriendEvent,
  HistoryEvent,
  LostEvent,
  MessageEvent,
  Path,
  PathEvent,
  PlaceKind,
  PunchlineEvent,
  RelayEvent,
  RenamedEvent,
  RendezvousEvent,
  ResumedEvent,
} from '../../events.ts';
import {
  appendEntry,
  emptyTranscript,
  markDelivered,
  type NoteEntry,
  type Transcript,
  withHeartbeat,
} from './entries/entries.ts';
import { withHistory, withHistoryEnd } from './entries/history-entries.ts';
import { friendText, undeliveredText } from '../friend/friend-text.ts';
import { isOfRounds } from '../../nat/candidate-kind.ts';
import { type Files, filesAtRest, noFiles, reduceFiles } from '../transfers/transfers.ts';
import { withFileEvent, withRefusedOffers } from './entries/file-entries.ts';
import { type ConnectingState, notConnecting, reduceConnecting } from '../connecting/connecting-state.ts';
import { reduceTimeline, type Step } from '../path/timeline.ts';
import {
  withConnectedNote,
  withLostNote,
  withNotRelayed,
  withPathNote,
  withResumedNote,
} from './entries/line-entries.ts';
import { nameText } from '../text/peer-name.ts';
import { safeName } from '../../text/safe-text.ts';
import { widthOf } from '../text/text-layout.ts';
import { againText, byHttpsText, failureText, inviteNotes, motdText, movedText } from '../text/wording.ts';

/** The stage of the chat. `chat` lasts until the end, even while the connection is lost. */
export type Phase = 'connecting' | 'waiting' | 'punching' | 'chat' | 'ended';

/** One endpoint that was dialled, and the outcome of its last dial. */
export interface Attempt extends Endpoint {
  /** The round, from 1. */
  readonly n: number;
  readonly kind: Candidate['kind'];
  readonly strategy: AttemptEvent['strategy'];
  /** How many dials it stands for. */
  readonly dials: number;
  /** When it began, in ms since the epoch. */
  readonly startedAt: number;
  readonly outcome: AttemptOutcome;
  /** Why some of its dials could not leave. */
  readonly reason?: string | undefined;
  /** The duration of the last dial, in ms. */
  readonly ms: number;
}

/** The connection that the chat has, or had before it was lost. */
export interface Connection {
  readonly path: Path;
  /** Undefined after the session has moved to another channel, whose local endpoint no event tells. */
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint;
  /** As the peer has sent it: not safe for a terminal yet. */
  readonly peerName: string;
  /** The cipher suite as TLS names it; `none` for the classic protocol. */
  readonly cipher: string;
  /** The group of the key exchange, as TLS names it. */
  readonly group: string;
  /** When the chat opened, in ms since the epoch. */
  readonly since: number;
}

/** Immutable: each event makes a new state. */
export interface ChatState {
  readonly phase: Phase;
  readonly place: PlaceKind;
  readonly server: string | undefined;
  /** The proxy that leads there. */
  readonly proxy: string | undefined;
  readonly invite: string | undefined;
  /** What to know when it is passed on. */
  readonly inviteNotes: readonly string[];
  /** This side's mapped endpoint. */
  readonly mapped: Endpoint | undefined;
  readonly candidates: readonly Candidate[];
  readonly connecting: ConnectingState;
  /** The current round of punching: number `n` of `of`. */
  readonly round: Pick<AttemptEvent, 'n' | 'of'> | undefined;
  /** The latest first. */
  readonly attempts: readonly Attempt[];
  /** Undefined until the chat opens. Stays defined after that. */
  readonly connection: Connection | undefined;
  readonly lost:
    | (LostEvent & { readonly at: number; /** The number of its note. */ readonly note: number })
    | undefined;
  /** The columns of the widest name that the peer has had: messages keep the name that they came with. */
  readonly nameColumns: number;
  /** The last reason for asking for a relay, and the last reason for refusing one. */
  readonly relay: { readonly asked?: string; readonly refused?: string };
  /** The friend whom this chat meets or has kept, as this user calls the friend. */
  readonly friend: string | undefined;
  /** How many messages of an earlier conversation have come; undefined once this one has begun. */
  readonly history: number | undefined;
  /** When the peer last said that it is typing, in ms since the epoch. Undefined once the message has come. */
  readonly typingAt: number | undefined;
  readonly transcript: Transcript;
  /** The steps of the connection, from the first dial on. */
  readonly timeline: readonly Step[];
  /** How many messages were sent in all. */
  readonly sent: number;
  /** How many of the sent messages the peer has acknowledged. */
  readonly delivered: number;
  readonly received: number;
  readonly files: Files;
  readonly error: ErrorEvent | undefined;
  readonly ended: (EndedEvent & { readonly at: number }) | undefined;
}

export const initialChatState: ChatState = {
  phase: 'connecting',
  place: 'rendezvous',
  server: undefined,
  proxy: undefined,
  invite: undefined,
  inviteNotes: [],
  mapped: undefined,
  candidates: [],
  connecting: notConnecting,
  round: undefined,
  attempts: [],
  connection: undefined,
  lost: undefined,
  nameColumns: 0,
  relay: {},
  friend: undefined,
  history: 0,
  typingAt: undefined,
  transcript: emptyTranscript,
  timeline: [],
  sent: 0,
  delivered: 0,
  received: 0,
  files: noFiles,
  error: undefined,
  ended: undefined,
};

/**
 * Bounds memory. The failure text sums up ten rounds, each with up to eight
 * host candidates, a mapped and a predicted one.
 */
const MAX_ATTEMPTS = 100;

/** The state after `event`. Pure. An event without news returns the same state. */
export function reduceChat(state: ChatState, event: PunchlineEvent): ChatState {
  const timeline = reduceTimeline(state.timeline, event);
  const connecting =
    state.connection === undefined ? reduceConnecting(state.connecting, event) : state.connecting;
  const isNews = timeline !== state.timeline || connecting !== state.connecting;
  const known = isNews ? { ...state, timeline, connecting } : state;
  const next = reduceConversation(known, event);
  const { transcript, history } = known;
  if (!history || event.event === 'history' || next.transcript === transcript) {
    return next;
  }
  // This conversation begins with the event.
  const begun = { ...known, history: undefined, transcript: withHistoryEnd(transcript, history) };
  return reduceConversation(begun, event);
}

function reduceConversation(state: ChatState, event: PunchlineEvent): ChatState {
  switch (event.event) {
    case 'invite': {
      const hasMoved = state.invite !== undefined && state.invite !== event.invite;
      const notes = inviteNotes(event);
      return { ...state, invite: event.invite, inviteNotes: hasMoved ? [movedText, ...notes] : notes };
    }
    case 'rendezvous': {
      return withRendezvous(state, event, event.at);
    }
    case 'peer': {
      return { ...state, candidates: event.candidates };
    }
    case 'plan':
    case 'nats':
    case 'forwarded':
    case 'proof': {
      return state;
    }
    case 'attempt': {
      return withAttempt(state, event, event.at);
    }
    case 'connected': {
      return withConnected(state, event, event.at);
    }
    case 'relay': {
      return withRelay(state, event);
    }
    case 'path': {
      return withPath(state, event, event.at);
    }
    case 'message': {
      return withMessage(state, event, event.at);
    }
    case 'delivered': {
      const transcript = markDelivered(state.transcript, event.id);
      return { ...state, transcript, delivered: state.delivered + 1 };
    }
    case 'heartbeat': {
      return { ...state, transcript: withHeartbeat(state.transcript, event, event.at) };
    }
    case 'typing': {
      return { ...state, typingAt: event.at };
    }
    case 'renamed': {
      return withRenamed(state, event, event.at);
    }
    case 'lost': {
      return withLost(state, event, event.at);
    }
    case 'resumed': {
      return withResumed(state, event, event.at);
    }
    case 'error': {
      const next = { ...state, error: event };
      // Before the chat opens there is no transcript. The error is told after the screen has closed.
      return state.connection === undefined ? next : withNote(next, failureText(event), event.at, 'bad');
    }
    case 'file': {
      const name = state.connection?.peerName ?? '';
      const transcript = withFileEvent(state.transcript, event, event.at, name);
      return { ...state, transcript, files: reduceFiles(state.files, event, event.at) };
    }
    case 'refused': {
      return { ...state, transcript: withRefusedOffers(state.transcript, event) };
    }
    case 'friend': {
      return withFriend(state, event, event.at);
    }
    case 'history': {
      return withPast(state, event);
    }
    case 'ended': {
      return withEnded({ ...state, phase: 'ended', ended: event }, event, event.at);
    }
    default: {
      return event satisfies never;
    }
  }
}

/** While the connection is lost, its note tells that nothing is relayed. */
function withRelay(state: ChatState, event: RelayEvent): ChatState {
  const { lost } = state;
  const relay = { ...state.relay, [event.state]: event.reason };
  return lost === undefined || event.state === 'asked'
    ? { ...state, relay }
    : { ...state, relay, transcript: withNotRelayed(state.transcript, lost.note, lost.reason, event.reason) };
}

function withNote(state: ChatState, text: string, at: number, tone?: NoteEntry['tone']): ChatState {
  const note = { kind: 'note', text, at, ...(tone === undefined ? {} : { tone }) } as const;
  return { ...state, transcript: appendEntry(state.transcript, note) };
}

const phaseOfRendezvous = {
  connecting: 'connecting',
  waiting: 'waiting',
  matched: 'punching',
} as const;

function withRendezvous(state: ChatState, event: RendezvousEvent, at: number): ChatState {
  const isOpen = state.connection !== undefined;
  const phase = isOpen || event.state === 'closed' ? state.phase : phaseOfRendezvous[event.state];
  const { place, server, proxy, mapped = state.mapped } = event;
  const next = { ...state, phase, place, server, proxy, mapped };
  const { motd, unreachedPort } = event;
  const told = unreachedPort === undefined ? next : withNote(next, byHttpsText(unreachedPort), at);
  return motd === undefined ? told : withNote(told, motdText(event), at);
}

function sameEndpoint(one: Endpoint, other: Endpoint | undefined): boolean {
  return one.address === other?.address && one.port === other.port;
}

function withAttempt(state: ChatState, event: AttemptEvent, at: number): ChatState {
  const { n, of, kind, address, port, outcome, ms, strategy, dials = 1, reason } = event;
  const index = state.attempts.findIndex(
    (known) => known.n === n && known.kind === kind && sameEndpoint(event, known),
  );
  const attempt = { n, kind, address, port, outcome, ms, strategy, dials, reason, startedAt: at - ms };
  const attempts =
    index === -1 ? [attempt, ...state.attempts].slice(0, MAX_ATTEMPTS) : state.attempts.with(index, attempt);
  // Some candidates are dialled once, and belong to no round. A dial may end after the next round has begun.
  const round = !isOfRounds(kind) || outcome !== 'started' ? state.round : { n, of };
  return { ...state, round, attempts, phase: state.connection === undefined ? 'punching' : state.phase };
}

function withConnected(state: ChatState, event: ConnectedEvent, at: number): ChatState {
  const { path, local, remote, cipher, group, peer } = event;
  const connection = { path, local, remote, cipher, group, peerName: peer.name, since: at };
  const transcript = withConnectedNote(state.transcript, event, at, {
    ...state,
    nats: state.connecting.nats,
  });
  return withName({ ...state, phase: 'chat', connection, transcript, lost: undefined }, peer.name);
}

/** Moving to another channel on the same path is no news. */
function withPath(state: ChatState, event: PathEvent, at: number): ChatState {
  const { path, remote } = event;
  const connection = state.connection && { ...state.connection, path, local: undefined, remote };
  const { transcript } = state;
  const isNews = connection !== undefined && path !== state.connection?.path;
  const told = isNews ? withPathNote(transcript, event, at, connection.peerName, state) : transcript;
  return { ...state, connection, transcript: told };
}

function withLost(state: ChatState, event: LostEvent, at: number): ChatState {
  const { transcript, note } = withLostNote(state.transcript, event.reason, at);
  // Reconnecting counts its rounds from the start.
  const files = filesAtRest(state.files);
  return { ...state, files, transcript, lost: { ...event, at, note }, round: undefined, typingAt: undefined };
}

function withResumed(state: ChatState, event: ResumedEvent, at: number): ChatState {
  const connection = state.connection && { ...state.connection, path: event.path, local: undefined };
  const before = { path: state.connection?.path ?? event.path, server: state.server };
  const transcript = withResumedNote(state.transcript, state.lost?.note ?? -1, event, at, before);
  return { ...state, connection, transcript, lost: undefined };
}

function withMessage(state: ChatState, event: MessageEvent, at: number): ChatState {
  const { from, id, text, again, writtenAt } = event;
  const name = from === 'me' ? '' : (state.connection?.peerName ?? '');
  const message = {
    kind: 'message',
    from,
    name,
    id,
    text,
    at,
    delivered: false,
    ...(again && { again }),
    ...(writtenAt !== undefined && { writtenAt }),
  } as const;
  const last = state.transcript.entries.at(-1);
  const isFirst = again === true && !(last?.kind === 'message' && last.again === true);
  const { transcript: before } = isFirst ? withNote(state, againText, at) : state;
  const transcript = appendEntry(before, message);
  return from === 'me'
    ? { ...state, transcript, sent: state.sent + 1 }
    : { ...state, transcript, typingAt: undefined, received: state.received + 1 };
}

function withRenamed(state: ChatState, { name }: RenamedEvent, at: number): ChatState {
  const text = `${nameText(state.connection?.peerName ?? '')} is now ${nameText(name)}`;
  const connection = state.connection && { ...state.connection, peerName: name };
  return withNote(withName({ ...state, connection }, name), text, at);
}

const noteTones: Partial<Record<FriendEvent['state'], NoteEntry['tone']>> = {
  offered: 'accent',
  kept: 'good',
  failed: 'bad',
};

/** The views before the connection tell that a friend is looked for. */
function withFriend(state: ChatState, event: FriendEvent, at: number): ChatState {
  const { state: what, name } = event;
  const friend = what === 'meeting' || what === 'kept' ? name : what === 'removed' ? undefined : state.friend;
  const next = { ...state, friend };
  if (what === 'meeting') {
    return next;
  }
  const tone = noteTones[event.by === 'peer' ? 'failed' : what];
  return withNote(next, friendText(event, state.connection?.peerName), at, tone);
}

function withPast(state: ChatState, event: HistoryEvent & Pick<PunchlineEvent, 'at'>): ChatState {
  const { history, friend = '', transcript } = state;
  if (history === undefined) {
    return state;
  }
  const next = { ...state, history: history + 1, transcript: withHistory(transcript, event, friend) };
  return event.from === 'me' ? next : withName(next, friend);
}

function withName(state: ChatState, name: string): ChatState {
  return { ...state, nameColumns: Math.max(state.nameColumns, widthOf(safeName(name))) };
}

/** Whether the way to the first connection is tried at the moment. */
export function isPunching({ phase, ended }: ChatState): boolean {
  return phase === 'punching' && ended === undefined;
}

/** The end of a chat that was open is noted, because its screen stays. An error was noted before. */
function withEnded(state: ChatState, event: EndedEvent, at: number): ChatState {
  const { reason } = event;
  if (state.connection === undefined || reason === 'quit' || reason === 'interrupted') {
    return state;
  }
  const name = nameText(state.connection.peerName);
  const left = reason === 'peer-left' ? [`${name} has left`] : [];
  const lacking = undeliveredText(event);
  const text = [...left, lacking].filter(Boolean).join('; ');
  const isLost = lacking !== '' && event.waitsFor === undefined;
  return text === '' ? state : withNote(state, text, at, isLost ? 'bad' : undefined);
}

/** The peer repeats that it is typing every 3 s. If two repetitions are missing, it has stopped. */
const TYPING_MS = 7000;

/** The state at time `now`. The peer does not say that it has stopped typing, so this follows from the time. */
export function afterTyping(state: ChatState, now: number): ChatState {
  const { typingAt } = state;
  return typingAt === undefined || now - typingAt < TYPING_MS ? state : { ...state, typingAt: undefined };
}
