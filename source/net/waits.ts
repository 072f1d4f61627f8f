/** How long we wait for others on the way to a channel, in ms. Options, because a test cannot wait for them. */
export interface Waits {
  /** How long a server may take to answer a line: it holds a joiner for 10 s who comes before the opener has joined. */
  readonly answerMs: number;
  /** `a` seals at once: who has said nothing for so long was no peer. */
  readonly sealMs: number;
  /** For what is under way when the rounds are over, or the rendezvous is gone. */
  readonly graceMs: number;
  /** For the peer's hello where a channel was won before it came. */
  readonly lateHelloMs: number;
  /** For punching to succeed, before the rendezvous is asked to relay: a lost SYN is repeated after 1 s, and after 3. */
  readonly relayMs: number;
  /** The same between two NATs that let no direct connection through, as far as is known. */
  readonly hopelessMs: number;
}

export const defaultWaits: Waits = {
  answerMs: 15_000,
  sealMs: 5000,
  graceMs: 3000,
  lateHelloMs: 2000,
  relayMs: 3000,
  hopelessMs: 1000,
};
