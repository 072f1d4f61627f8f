import {
  type ClientMessage,
  type MessageOf,
  type ServerMessage,
  MAX_START_IN_MS,
} from '../../protocol/rendezvous-messages.ts';
import type { ClientLine } from './client-line.ts';
import type { PeerMessage } from '../rooms/matchmaker.ts';
import type { ObservedMapping } from './observed-mapping.ts';

type RoundOfPeer = Extract<PeerMessage, { t: 'round' }>;

/** The rounds of one client. When it and its peer have asked for the same round, both are told to start together. */
export class ClientRounds {
  readonly #line: ClientLine;
  readonly #mapping: ObservedMapping;
  /** Sends to the peer. */
  readonly #say: (message: RoundOfPeer) => void;
  readonly #rounds = createRounds();
  #rttMs = 0;

  constructor(line: ClientLine, mapping: ObservedMapping, say: (message: RoundOfPeer) => void) {
    this.#line = line;
    this.#mapping = mapping;
    this.#say = say;
  }

  /** Begins a new match. Each side has measured its own round trip. */
  reset(rttMs: number, peerRttMs: number): void {
    this.#rttMs = rttMs;
    this.#rounds.reset(peerRttMs);
  }

  ask({ n, rttMs, probeToken }: MessageOf<ClientMessage, 'round'>): void {
    this.#rttMs = rttMs ?? this.#rttMs;
    const ask = (probePort: number | undefined) => {
      this.#say({ t: 'round', n, rttMs: this.#rttMs, probePort });
      this.#start(this.#rounds.ownAsks(n));
    };
    this.#mapping.stop();
    if (probeToken === undefined) {
      ask(undefined);
    } else {
      this.#mapping.awaitRoundProbe(probeToken, (port) => this.#line.guard(() => ask(port)));
    }
  }

  peerAsks({ n, rttMs, probePort }: RoundOfPeer): void {
    this.#start(this.#rounds.peerAsks(n, rttMs, probePort));
  }

  /** `n`: the round for which both have asked by now, if any. */
  #start(n: number | undefined): void {
    if (n === undefined) {
      return;
    }
    const { peerProbePort, peerRttMs } = this.#rounds;
    const start: ServerMessage = {
      t: 'start',
      n,
      startInMs: startInMs(this.#rttMs, peerRttMs),
      probePort: peerProbePort,
    };
    this.#line.send(start);
  }
}

/** The agreement on the next round of punching, which starts when both have asked for it. */
interface Rounds {
  /** The peer's latest round trip in ms. */
  readonly peerRttMs: number;
  /** The source port of the peer's probe for the round. */
  readonly peerProbePort: number | undefined;
  /** Begins a new match and forgets earlier requests. */
  reset(peerRttMs: number): void;
  /** Returns the round to start now if the peer has asked for it already. */
  ownAsks(n: number): number | undefined;
  peerAsks(n: number, rttMs: number, probePort?: number): number | undefined;
}

export function createRounds(): Rounds {
  let own: number | undefined;
  let peer: number | undefined;
  let peerRttMs = 0;
  let peerProbePort: number | undefined;

  function agreed(): number | undefined {
    if (own === undefined || own !== peer) {
      return undefined;
    }
    const n = own;
    own = undefined;
    peer = undefined;
    return n;
  }

  return {
    get peerRttMs() {
      return peerRttMs;
    },
    get peerProbePort() {
      return peerProbePort;
    },
    reset(rttMs) {
      own = undefined;
      peer = undefined;
      peerRttMs = rttMs;
      peerProbePort = undefined;
    },
    ownAsks(n) {
      own = n;
      return agreed();
    },
    peerAsks(n, rttMs, probePort) {
      peer = n;
      peerRttMs = rttMs;
      peerProbePort = probePort;
      return agreed();
    },
  };
}

/**
 * How long a client waits after our answer so that both SYNs leave at the same
 * moment. Both answers leave here at time 0 and arrive at x after rtt_x / 2.
 * The common moment is the later arrival, max(rtt_a, rtt_b) / 2: the farther
 * client starts at once, the nearer one waits for half the difference.
 */
export function startInMs(ownRttMs: number, peerRttMs: number): number {
  const waitMs = Math.max(0, (peerRttMs - ownRttMs) / 2);
  // Timers of Node are not finer than a tenth of a millisecond.
  return Math.min(MAX_START_IN_MS, Math.round(waitMs * 10) / 10);
}
