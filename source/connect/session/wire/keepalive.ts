/**
 * Whether a channel still carries both ways: a pure state machine. Time comes
 * in as `now` (ms, any monotonic origin) and goes out as the time to wake up.
 *
 *           sent data, or silence           due              suspect for
 *   quiet ───────────────────────▶ asking ───────▶ suspect ───────────────▶ lost
 *     ▲           answered            │                │  asks again           │
 *     └───────────────────────────────┴────────────────┴───────────────────────┘
 *
 * A doubt, such as after the computer has slept, makes it suspect at once.
 *
 * What the peer says by itself shows only that its direction works. Its answer
 * to what we sent, an ack or a pong, shows that both do. Once a channel is
 * suspect, data and older answers may have been under way since before, held up
 * by a cut that may begin again. Then only the pong to a newer ping counts.
 *
 * An answer comes behind all that the peer had written before it, which may be
 * a window of data. So no answer is late as long as more data comes. A peer
 * that gets no acks from us uses up its window, and then silence counts.
 */
export type KeepaliveState =
  | { readonly name: 'quiet'; readonly heardAt: number }
  /** A ping or data is out and its answer is due at `dueAt`. */
  | { readonly name: 'asking'; readonly dueAt: number }
  /** It becomes lost at `lostAt`. The next ping goes out at `askAt`. */
  | ({ readonly name: 'suspect'; readonly lostAt: number } & Questions)
  | ({ readonly name: 'lost' } & Questions);

interface Questions {
  readonly askAt: number;
  /** The number of the first ping that left since the channel became suspect. Numbers count up. */
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
  /** This computer stood still, or its network changed, so that the channel may be gone. */
  | { readonly type: 'doubted'; readonly now: number }
  /** The time to wake up has come. */
  | { readonly type: 'woken'; readonly now: number };

export type KeepaliveEffect = 'ping' | 'suspect' | 'revived' | 'lost';

export interface KeepaliveTimes {
  /** Silence after which a ping goes out. */
  readonly pingAfterMs: number;
  /** How long an ack or a pong may take. */
  readonly dueMs: number;
  /** How long a suspect channel may stay suspect. */
  readonly suspectMs: number;
  /** How often a suspect or lost channel is pinged. A channel that carries again is noticed that late. */
  readonly askAgainMs: number;
}

/** Design 3.4: NATs forget idle connections, some home routers within a minute. The pings come before that. */
export const keepaliveTimes: KeepaliveTimes = {
  pingAfterMs: 5000,
  dueMs: 2000,
  suspectMs: 3000,
  askAgainMs: 1000,
};
/** For metered links. This is still well under the 240 s of the strictest NAT of a large cloud. */
export const quietKeepaliveTimes: KeepaliveTimes = { ...keepaliveTimes, pingAfterMs: 25_000 };

export interface KeepaliveStep {
  readonly state: KeepaliveState;
  readonly effects: readonly KeepaliveEffect[];
}

export function startKeepalive(now: number): KeepaliveState {
  return { name: 'quiet', heardAt: now };
}

/** Every pair of state and event has its line. A pair that changes nothing says why. */
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
      // The answer comes behind this data.
      return { state: { name: 'asking', dueAt: now + times.dueMs }, effects: [] };
    case 'heard':
      // The answer is still due.
      return stay;
    case 'sent':
    case 'pinged':
      // The answer to the earlier question is due first.
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
      // The answer to an older ping may have been under way since before.
      if (!isAnswer(state, event.id)) {
        return stay;
      }
      return { state: { name: 'quiet', heardAt: now }, effects: ['revived'] };
    case 'acknowledged':
    case 'read':
      // Data moves, if only for the moment, and the answer may come behind it.
      return { state: { ...state, lostAt: now + times.suspectMs }, effects: [] };
    case 'pinged':
      return { state: { ...state, first: state.first ?? event.id }, effects: [] };
    case 'heard':
      // The peer may speak, and still hear nothing from us.
      return stay;
    case 'sent':
      // More data does not make a silent channel more or less suspect.
      return stay;
    case 'doubted':
      // While we stood still, no answer could be read. Answers from before that say nothing any more.
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
      // A lost channel may revive as long as no other one was nominated.
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
      // None of these answers a ping that left since.
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

/** When the state machine is to be woken. */
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
