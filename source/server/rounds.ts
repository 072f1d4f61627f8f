/** Agreement on the next round of punching: it starts when both have asked for the same one. */
export interface Rounds {
  /** The peer's round trip as last told, in ms. */
  readonly peerRttMs: number;
  /** A new match: what was asked before is void. */
  reset(peerRttMs: number): void;
  /** Returns the round to start now, if this was the second of both wishes. */
  ownAsks(n: number): number | undefined;
  peerAsks(n: number, rttMs: number): number | undefined;
}

export const createRounds = (): Rounds => {
  let own: number | undefined;
  let peer: number | undefined;
  let peerRttMs = 0;

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
    reset(rttMs) {
      own = undefined;
      peer = undefined;
      peerRttMs = rttMs;
    },
    ownAsks(n) {
      own = n;
      return agreed();
    },
    peerAsks(n, rttMs) {
      peer = n;
      peerRttMs = rttMs;
      return agreed();
    },
  };
};
