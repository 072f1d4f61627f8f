/**
 * Whether a channel still carries both ways: a pure machine. Time comes in as
 * `now` (ms, any monotonic origin) and leaves as the wish to be woken.
 *
 *           sent data, or silence           due              suspect for
 *   quiet ───────────────────────▶ asking ───────▶ suspect ───────────────▶ lost
 *     ▲           answered            │                │                      │
 *     └───────────────────────────────┴────────────────┴──────────────────────┘
 *
 * A doubt, such as after a sleep of the machine, makes it suspect at once.
 * What the peer says by itself shows one way alone: only its answer to what we
 * sent, an ack or a pong, shows both.
 */
export type KeepaliveState =
  | { readonly name: 'quiet'; readonly heardAt: number }
  /** A ping or data is out and its answer is due at `dueAt`. */
  | { readonly name: 'asking'; readonly dueAt: number }
  | { readonly name: 'suspect'; readonly since: number }
  | { readonly name: 'lost' };

export type KeepaliveEvent =
  /** Anything arrived on the channel. */
  | { readonly type: 'heard'; readonly now: number }
  /** An ack of new data, or a pong. */
  | { readonly type: 'answered'; readonly now: number }
  /** Data was sent, for which an ack is due. */
  | { readonly type: 'sent'; readonly now: number }
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
}

/** Design 3.4: NATs forget idle connections, some home routers within a minute; the ping outlives them. */
export const keepaliveTimes: KeepaliveTimes = { pingAfterMs: 5000, dueMs: 2000, suspectMs: 3000 };
/** For metered links: still well under the 240 s of the strictest large cloud NAT. */
export const quietKeepaliveTimes: KeepaliveTimes = { ...keepaliveTimes, pingAfterMs: 25_000 };

export interface KeepaliveStep {
  readonly state: KeepaliveState;
  readonly effects: readonly KeepaliveEffect[];
}

export const startKeepalive = (now: number): KeepaliveState => ({ name: 'quiet', heardAt: now });

/** Every pair of state and event has its line; the ignored ones say why. */
export function stepKeepalive(
  state: KeepaliveState,
  event: KeepaliveEvent,
  times: KeepaliveTimes,
): KeepaliveStep {
  const stay: KeepaliveStep = { state, effects: [] };
  const { now } = event;
  switch (state.name) {
    case 'quiet':
      switch (event.type) {
        case 'heard':
        case 'answered':
          return { state: { name: 'quiet', heardAt: now }, effects: [] };
        case 'sent':
          return { state: { name: 'asking', dueAt: now + times.dueMs }, effects: [] };
        case 'doubted':
          return { state: { name: 'suspect', since: now }, effects: ['ping', 'suspect'] };
        case 'woken':
          if (now < state.heardAt + times.pingAfterMs) return stay;
          return { state: { name: 'asking', dueAt: now + times.dueMs }, effects: ['ping'] };
      }
    case 'asking':
      switch (event.type) {
        case 'answered':
          return { state: { name: 'quiet', heardAt: now }, effects: [] };
        case 'heard':
          // The answer is still due.
          return stay;
        case 'sent':
          // The earlier question is due earlier.
          return stay;
        case 'doubted':
          return { state: { name: 'suspect', since: now }, effects: ['ping', 'suspect'] };
        case 'woken':
          if (now < state.dueAt) return stay;
          return { state: { name: 'suspect', since: now }, effects: ['suspect'] };
      }
    case 'suspect':
      switch (event.type) {
        case 'answered':
          return { state: { name: 'quiet', heardAt: now }, effects: ['revived'] };
        case 'heard':
          // The peer may speak and yet hear nothing of us.
          return stay;
        case 'sent':
          // More data does not make a silent channel more or less suspect.
          return stay;
        case 'doubted':
          // While we stood still, no answer could be read.
          return { state: { name: 'suspect', since: now }, effects: ['ping'] };
        case 'woken':
          if (now < state.since + times.suspectMs) return stay;
          return { state: { name: 'lost' }, effects: ['lost'] };
      }
    case 'lost':
      switch (event.type) {
        case 'answered':
          // A channel that was given up may revive as long as no other was nominated.
          return { state: { name: 'quiet', heardAt: now }, effects: ['revived'] };
        case 'heard':
        case 'sent':
        case 'doubted':
        case 'woken':
          // Nothing more can be learnt from silence.
          return stay;
      }
  }
}

/** When the machine wants to be woken, or undefined where only the channel can wake it. */
export function keepaliveWakeAt(state: KeepaliveState, times: KeepaliveTimes): number | undefined {
  switch (state.name) {
    case 'quiet':
      return state.heardAt + times.pingAfterMs;
    case 'asking':
      return state.dueAt;
    case 'suspect':
      return state.since + times.suspectMs;
    case 'lost':
      return undefined;
  }
}
