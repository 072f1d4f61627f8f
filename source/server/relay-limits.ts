const MIB = 1024 * 1024;

/** What the relay may cost whoever runs the server. Durations are in milliseconds. */
export interface RelayLimits {
  /** How long the first of two who asks waits for the other: both ask 3 s after the match, and may see it differently by a second or two. */
  readonly relayWaitMs: number;
  /** How long a client that another server sends here may take: its dial lasts 8 s at most. With the wait before, less than the 15 s that a client waits for an answer. */
  readonly relayComeMs: number;
  /** Pairs at once: with a rate of 1 MiB/s each, 800 Mbit/s at the very worst. */
  readonly maxRelays: number;
  /** Pairs at once in which a side has the same address: a class behind one NAT fits in. */
  readonly maxRelaysPerAddress: number;
  /**
   * What a pair may send in a second, in both directions together; a chat needs a thousandth of it. Infinity: no bound.
   * With less than 16 KiB/s, a record of a `pipe` takes so long that a session takes it for a lost connection.
   */
  readonly relayBytesPerSecond: number;
  /** What a pair may send in all. */
  readonly maxRelayBytes: number;
  /** How long a pair may stay: longer than a working day. */
  readonly maxRelayMs: number;
  /** A pair of which nothing has come for this long is gone: sessions ping each other every 25 s at least. */
  readonly relayIdleMs: number;
  /** How long a pair that has had its bytes or its time is refused with that reason. */
  readonly relayRestMs: number;
  /** Such pairs that are remembered; beyond it the oldest goes. About 200 bytes each. */
  readonly maxSpentRelays: number;
  /** How long a drain lets relayed pairs go on: enough for a goodbye. They come back elsewhere, or later. */
  readonly relayDrainMs: number;
}

export const defaultRelayLimits: RelayLimits = {
  relayWaitMs: 5000,
  relayComeMs: 8000,
  maxRelays: 100,
  maxRelaysPerAddress: 60,
  relayBytesPerSecond: MIB,
  maxRelayBytes: 1024 * MIB,
  maxRelayMs: 12 * 3_600_000,
  relayIdleMs: 60_000,
  relayRestMs: 600_000,
  maxSpentRelays: 10_000,
  relayDrainMs: 10_000,
};
