/** Agreement on the next round of punching: it starts when both have asked for the same one. */
export interface Rounds {
  /** The peer's round trip as last told, in ms. */
  readonly peerRttMs: number;
  /** The port in which the peer's probe for the round was seen. */
  readonly peerProbePort: number | undefined;
  /** A new match: what was asked before is void. */
  reset(peerRttMs: number): void;
  /** Returns the round to start now, if this was the second of both wishes. */
  ownAsks(n: number): number | undefined;
  peerAsks(n: number, rttMs: number, probePort?: number): number | undefined;
}

export const createRounds = (): Rounds => {
  let own: number | undefined;
  let peer: number | undefined;
  let peerRttMs = 0;
  let peerProbePort: number | undefined;

  const agreed = (): number | undefined => {
    if (own === undefined || own !== peer) return undefined;
    const n = own;
    own = undefined;
    peer = undefined;
    return n;
  };

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
};
