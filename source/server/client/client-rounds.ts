import type { ClientMessage, MessageOf, ServerMessage } from '../../protocol/rendezvous-messages.ts';
import type { ClientLine } from './client-line.ts';
import type { PeerMessage } from '../rooms/matchmaker.ts';
import type { ObservedMapping } from './observed-mapping.ts';
import { createRounds } from '../rounds.ts';
import { startInMs } from '../start-times.ts';

type RoundOfPeer = Extract<PeerMessage, { t: 'round' }>;

/** The rounds of one client: when it and its peer have asked for one, both are told to start together. */
export class ClientRounds {
  readonly #line: ClientLine;
  readonly #mapping: ObservedMapping;
  /** To the peer. */
  readonly #say: (message: RoundOfPeer) => void;
  readonly #rounds = createRounds();
  #rttMs = 0;

  constructor(line: ClientLine, mapping: ObservedMapping, say: (message: RoundOfPeer) => void) {
    this.#line = line;
    this.#mapping = mapping;
    this.#say = say;
  }

  /** A new match; both round trips as each side has measured its own. */
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
    if (probeToken === undefined) ask(undefined);
    else this.#mapping.awaitRoundProbe(probeToken, (port) => this.#line.guard(() => ask(port)));
  }

  peerAsks({ n, rttMs, probePort }: RoundOfPeer): void {
    this.#start(this.#rounds.peerAsks(n, rttMs, probePort));
  }

  /** `n`: the round that both have asked for by now, if any. */
  #start(n: number | undefined): void {
    if (n === undefined) return;
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
