/**
 * Whether a channel still carries both ways: a pure machine. Time comes in as
 * `now` (ms, any monotonic origin) and leaves as the wish to be woken.
 *
 *           sent data, or silence           due              suspect for
 *   quiet ───────────────────────▶ asking ───────▶ suspect ───────────────▶ lost
 *     ▲           answered            │                │  asks again           │
 *     └───────────────────────────────┴────────────────┴───────────────────────┘
 *
 * A doubt, such as after a sleep of the machine, makes it suspect at once.
 *
 * What the peer says by itself shows one way alone: only its answer to what we
 * sent, an ack or a pong, shows both. And once a channel is suspect, what comes
 * may have been under way since before, out of a cut that has ended and may
 * begin again: then only the pong to a ping that left since shows anything.
 *
 * An answer stands behind what the peer had written before it, up to a window
 * of data: as long as more of that comes, none is late. A peer that hears no
 * acks of ours comes to the end of its window, and then silence counts.
 */
export type KeepaliveState =
  | { readonly name: 'quiet'; readonly heardAt: number }
  /** A ping or data is out and its answer is due at `dueAt`. */
  | { readonly name: 'asking'; readonly dueAt: number }
  /** Lost at `lostAt`; the next ping goes out at `askAt`. */
  | ({ readonly name: 'suspect'; readonly lostAt: number } & Questions)
  | ({ readonly name: 'lost' } & Questions);

interface Questions {
  readonly askAt: number;
  /** The number of the first ping that left since the suspicion began; pings count up. */
  readonly first: number | undefined;
}

type StateNamed<Name extends KeepaliveState['name']> = Extract<KeepaliveState, { readonly name: Name }>;

export type KeepaliveEvent =
  /** Anything arrived on the channel. */
  | { readonly type: 'heard'; readonly now: number }
  /** New bytes of the peer's streams arrived. */
  | { readonly type: 'read'; readonly now: number }
  /** An ack of new data. */
  | { readonly type: 'acknowledged'; readonly now: number }
  /** The answer to the ping of that number. */
  | { readonly type: 'ponged'; readonly now: number; readonly id: number }
  /** Data was sent, for which an ack is due. */
  | { readonly type: 'sent'; readonly now: number }
  /** A ping of that number was sent. */
  | { readonly type: 'pinged'; readonly now: number; readonly id: number }
  /** We stood still, or our network changed: what was known of the channel may be over. */
  | { readonly type: 'doubted'; readonly now: number }
  /** The time that was wished for has come. */
  | { readonly type: 'woken'; readonly now: number };

export type KeepaliveEffect = 'ping' | 'suspect' | 'revived' | 'lost';

export interface KeepaliveTimes {
  /** Silence after which a ping goes out. */
  readonly pingAfterMs: number;
  /** How long an ack or a pong may take. */
  readonly dueMs: number;
  /** How long a suspect channel may stay suspect. */
  readonly suspectMs: number;
  /** How often one that is suspect or lost is asked whether it carries again: how late that is seen. */
  readonly askAgainMs: number;
}

/** Design 3.4: NATs forget idle connections, some home routers within a minute; the ping outlives them. */
export const keepaliveTimes: KeepaliveTimes = {
  pingAfterMs: 5000,
  dueMs: 2000,
  suspectMs: 3000,
  askAgainMs: 1000,
};
/** For metered links: still well under the 240 s of the strictest large cloud NAT. */
export const quietKeepaliveTimes: KeepaliveTimes = { ...keepaliveTimes, pingAfterMs: 25_000 };

export interface KeepaliveStep {
  readonly state: KeepaliveState;
  readonly effects: readonly KeepaliveEffect[];
}

export function startKeepalive(now: number): KeepaliveState {
  return { name: 'quiet', heardAt: now };
}

/** Every pair of state and event has its line; the ignored ones say why. */
export function stepKeepalive(
  state: KeepaliveState,
  event: KeepaliveEvent,
  times: KeepaliveTimes,
): KeepaliveStep {
  switch (state.name) {
    case 'quiet':
      return stepQuiet(state, event, times);
    case 'asking':
      return stepAsking(state, event, times);
    case 'suspect':
      return stepSuspect(state, event, times);
    case 'lost':
      return stepLost(state, event, times);
  }
}

function stepQuiet(state: StateNamed<'quiet'>, event: KeepaliveEvent, times: KeepaliveTimes): KeepaliveStep {
  const stay: KeepaliveStep = { state, effects: [] };
  const { now } = event;
  switch (event.type) {
    case 'heard':
    case 'read':
    case 'acknowledged':
    case 'ponged':
      return { state: { name: 'quiet', heardAt: now }, effects: [] };
    case 'sent':
    case 'pinged':
      return { state: { name: 'asking', dueAt: now + times.dueMs }, effects: [] };
    case 'doubted':
      return { state: suspectFrom(now, times), effects: ['ping', 'suspect'] };
    case 'woken':
      if (now < state.heardAt + times.pingAfterMs) {
        return stay;
      }
      return { state: { name: 'asking', dueAt: now + times.dueMs }, effects: ['ping'] };
  }
}

function stepAsking(
  state: StateNamed<'asking'>,
  event: KeepaliveEvent,
  times: KeepaliveTimes,
): KeepaliveStep {
  const stay: KeepaliveStep = { state, effects: [] };
  const { now } = event;
  switch (event.type) {
    case 'acknowledged':
    case 'ponged':
      return { state: { name: 'quiet', heardAt: now }, effects: [] };
    case 'read':
      // The answer stands behind it.
      return { state: { name: 'asking', dueAt: now + times.dueMs }, effects: [] };
    case 'heard':
      // The answer is still due.
      return stay;
    case 'sent':
    case 'pinged':
      // The earlier question is due earlier.
      return stay;
    case 'doubted':
      return { state: suspectFrom(now, times), effects: ['ping', 'suspect'] };
    case 'woken':
      if (now < state.dueAt) {
        return stay;
      }
      return { state: suspectFrom(now, times), effects: ['ping', 'suspect'] };
  }
}

function stepSuspect(
  state: StateNamed<'suspect'>,
  event: KeepaliveEvent,
  times: KeepaliveTimes,
): KeepaliveStep {
  const stay: KeepaliveStep = { state, effects: [] };
  const { now } = event;
  switch (event.type) {
    case 'ponged':
      // One to a ping of before may have been under way since then.
      if (!isAnswer(state, event.id)) {
        return stay;
      }
      return { state: { name: 'quiet', heardAt: now }, effects: ['revived'] };
    case 'acknowledged':
    case 'read':
      // It moves, if only for the moment; the answer may stand behind it.
      return { state: { ...state, lostAt: now + times.suspectMs }, effects: [] };
    case 'pinged':
      return { state: { ...state, first: state.first ?? event.id }, effects: [] };
    case 'heard':
      // The peer may speak and yet hear nothing of us.
      return stay;
    case 'sent':
      // More data does not make a silent channel more or less suspect.
      return stay;
    case 'doubted':
      // While we stood still, no answer could be read; and what was answered before that says nothing any more.
      return { state: suspectFrom(now, times), effects: ['ping'] };
    case 'woken':
      if (now >= state.lostAt) {
        return { state: { name: 'lost', askAt: state.askAt, first: state.first }, effects: ['lost'] };
      }
      if (now < state.askAt) {
        return stay;
      }
      return { state: { ...state, askAt: now + times.askAgainMs }, effects: ['ping'] };
  }
}

function stepLost(state: StateNamed<'lost'>, event: KeepaliveEvent, times: KeepaliveTimes): KeepaliveStep {
  const stay: KeepaliveStep = { state, effects: [] };
  const { now } = event;
  switch (event.type) {
    case 'ponged':
      // A channel that was given up may revive as long as no other was nominated.
      if (!isAnswer(state, event.id)) {
        return stay;
      }
      return { state: { name: 'quiet', heardAt: now }, effects: ['revived'] };
    case 'pinged':
      return { state: { ...state, first: state.first ?? event.id }, effects: [] };
    case 'heard':
    case 'read':
    case 'acknowledged':
    case 'sent':
      // Nothing of it answers what was asked since.
      return stay;
    case 'doubted':
      return {
        state: { name: 'lost', askAt: now + times.askAgainMs, first: undefined },
        effects: ['ping'],
      };
    case 'woken':
      if (now < state.askAt) {
        return stay;
      }
      return { state: { ...state, askAt: now + times.askAgainMs }, effects: ['ping'] };
  }
}

function suspectFrom(now: number, times: KeepaliveTimes): KeepaliveState {
  return {
    name: 'suspect',
    lostAt: now + times.suspectMs,
    askAt: now + times.askAgainMs,
    first: undefined,
  };
}

function isAnswer({ first }: Questions, id: number): boolean {
  return first !== undefined && id >= first;
}

/** When the machine wants to be woken. */
export function keepaliveWakeAt(state: KeepaliveState, times: KeepaliveTimes): number {
  switch (state.name) {
    case 'quiet':
      return state.heardAt + times.pingAfterMs;
    case 'asking':
      return state.dueAt;
    case 'suspect':
      return Math.min(state.lostAt, state.askAt);
    case 'lost':
      return state.askAt;
  }
}
