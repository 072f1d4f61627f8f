/**
 * Every bound of the server, each with what it bounds and why. Durations are
 * in milliseconds. They are options because a test cannot wait for them, and
 * because an operator may know better.
 */
export interface Limits extends RelayLimits {
  /** An IPv4 client that says nothing for this long after the handshake is classic (design 3.1). */
  readonly classicSilenceMs: number;
  /** From the handshake, or for a client that spoke late from its first byte, to its first complete line. */
  readonly firstLineMs: number;
  /** Keeps the mapping of a waiting client alive: home routers forget idle ones after a minute or less. */
  readonly pingMs: number;
  /** A client without a complete line for this long is gone by its next ping: three unanswered, and time for the last. */
  readonly silenceMs: number;
  /** TCP keepalive of a classic client that waits: it never speaks, so only this finds out that it is gone. */
  readonly classicKeepAliveMs: number;

  /** How long a join waits for its probe. Both left in one tick, so jitter is all there is to wait for. */
  readonly probeWaitMs: number;
  /** How long a waiting client's probe may still come: SYNs are repeated after 1 and 3 s. */
  readonly lateProbeMs: number;
  /** How long a round waits for its probe: a lost SYN is repeated after 1 s, and without it the round would be in vain. */
  readonly roundProbeMs: number;
  /** How long an observation waits for its join: a lost SYN of the client's is repeated after 1, 3 and 7 s. */
  readonly observationMs: number;
  /** Observations that wait for a join; beyond it the oldest goes. About 200 bytes each. */
  readonly maxObservations: number;

  /** How long a dial back waits for an answer: SYNs leave at 0, 1 and 3 s; the answer to the second has 1.5 s left. */
  readonly dialBackMs: number;
  /** Dials back that a connection may ask for: each side of a filter once, and once more where a SYN was lost. */
  readonly maxDialBacks: number;
  /** Dials back that are under way at once, for all: each holds one socket of ours. */
  readonly maxDialBacksAtOnce: number;

  /** A room stays this long for the return of its client with its token (design 3.2). */
  readonly returnMs: number;
  /** A joiner is held this long for one who has opened the room and not joined it: within what a person waits for. */
  readonly holdMs: number;
  /** A number under 1000 is not given again for this long, so that a late guest meets no stranger (design 3.2). */
  readonly numberRestMs: number;
  /** How often the one who waits may put a fresh share under the same code: each time is one guess (design 3.3). */
  readonly maxRearms: number;

  /**
   * What may lie unread of a client that has sent more than its share: two of the longest lines, for no client has use
   * for more. One that pours is cut off.
   */
  readonly maxUnreadBytes: number;
  /** What may lie unsent for a client that does not read: several of the longest lines; beyond it, it is dropped. */
  readonly maxUnsentBytes: number;
  /**
   * After our FIN: how long, and how much, is read and thrown away. Closing with bytes unread would send a RST, and
   * with it lose our last words.
   */
  readonly lingerMs: number;
  readonly lingerBytes: number;
  /**
   * The same of all together. A MiB costs about 1 ms, so that this is 2 % of a core: without it a thousand that pour
   * have more than a second of it, and whoever comes meanwhile waits. Some lines are free for everybody.
   */
  readonly lingerBytesPerSecond: number;

  /**
   * Connections at once. Each can make us keep what it has said too fast (`maxUnreadBytes`, and a chunk of 64 KiB), what
   * it has not read (`maxUnsentBytes`, 64 KiB) and about 6 KiB of its own: 20,000 of them 2.9 GiB if every one did
   * its worst, 0.2 GiB as they wait.
   */
  readonly maxConnections: number;
  /** Connections at once of one address (IPv6: of one /64). A class of 60 needs 60, and up to 8 dials each when its network was cut. */
  readonly maxConnectionsPerAddress: number;
  /** New connections a minute: 3,000 a second, which one core can serve (`npm run bench:server`). */
  readonly connectionsPerMinute: number;
  /** Of one address. A class of 60 may come, go and be cut off 30 times each; a flood of 33 a second is nothing to us. */
  readonly connectionsPerMinutePerAddress: number;
  /** Connections to the probe port at once. Each lives for a round trip, and keeps 512 bytes. */
  readonly maxProbes: number;

  /** Joins a minute: as connections, because a connection joins once as a rule. */
  readonly joinsPerMinute: number;
  readonly joinsPerMinutePerAddress: number;
  /**
   * Numbers that an address may have at once, of rooms that it has opened and of those that rest afterwards. There
   * are 999 for all: with this, eight addresses cannot use them up, nor two IPv6 /48 with four times as many. A
   * class of 60 may have one in use each, and one at rest.
   */
  readonly numbersPerAddress: number;
  /** Joins a minute and address to rooms that do not exist: all 60 of a class mistype their number twice. More is a search for rooms. */
  readonly missesPerMinutePerAddress: number;

  /**
   * Rooms that an address may burn in `burnWindowMs`. A wrong guess spends the room of two others, so that an open
   * room is a target. A mistyped word burns one, too: a class of 60 may do so. A punch that fails burns none.
   */
  readonly freeBurns: number;
  /** From then on its guests are let in one by one, each after so long. */
  readonly burnerWaitMs: number;
  /** With so many burnt rooms they are shut out, until the oldest of these counts no more. */
  readonly maxBurns: number;
  /** How long a burnt room counts. */
  readonly burnWindowMs: number;

  /**
   * Lines of one connection that are read at once, and how often one more from then on: a busy client sends some
   * dozens in all. A line costs about 10 µs, so that a burst holds up the others for 1 ms. What is said beyond it is
   * owed: nothing is read until it is paid.
   */
  readonly lineBurst: number;
  readonly lineEveryMs: number;
  /** A line counts once for each so many of its bytes: to read those of a text takes up to 10 µs. */
  readonly lineChargeBytes: number;
  /**
   * And once for each so many of its fields. A name that the parser has not met before, and its value, take it 5 µs:
   * it keeps each, and each object of new names makes a class of its own.
   */
  readonly lineChargeFields: number;
  /** A dial back counts as so many lines: its socket, its timer and its close take 300 µs and more. */
  readonly dialBackLines: number;
  /** The same for all connections of an address together: 5,000 a second, 5 % of a core. */
  readonly addressLineBurst: number;
  readonly addressLineEveryMs: number;
  /** How long a connection that has said too much is not read, and one whose address has: that may be a thousand, each with a timer. */
  readonly lineRestMs: number;
  readonly addressLineRestMs: number;

  /**
   * Refused connections that are told why at once, and how often one more from then on; beyond it they are dropped
   * without a word, which spares us a write, a wait and a timer for each.
   */
  readonly maxToldRefusals: number;
  readonly toldRefusalEveryMs: number;

  /** How long a drain waits for matched pairs to finish punching. */
  readonly drainMs: number;
  /** After a drain clients come back between once and three times this, not all at once. */
  readonly retryMs: number;
}

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

const defaultRelayLimits: RelayLimits = {
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

export const defaultLimits: Limits = {
  classicSilenceMs: 1000,
  firstLineMs: 5000,
  pingMs: 20_000,
  silenceMs: 65_000,
  classicKeepAliveMs: 20_000,
  probeWaitMs: 15,
  lateProbeMs: 5000,
  roundProbeMs: 1500,
  observationMs: 10_000,
  maxObservations: 10_000,
  dialBackMs: 2500,
  maxDialBacks: 4,
  maxDialBacksAtOnce: 200,
  returnMs: 30_000,
  holdMs: 10_000,
  numberRestMs: 600_000,
  maxRearms: 10,
  maxUnreadBytes: 16_384,
  maxUnsentBytes: 65_536,
  lingerMs: 2000,
  lingerBytes: 1_310_720,
  lingerBytesPerSecond: 16 * 1_048_576,
  maxConnections: 20_000,
  maxConnectionsPerAddress: 1000,
  connectionsPerMinute: 180_000,
  connectionsPerMinutePerAddress: 2000,
  maxProbes: 10_000,
  joinsPerMinute: 180_000,
  joinsPerMinutePerAddress: 2000,
  numbersPerAddress: 120,
  missesPerMinutePerAddress: 120,
  freeBurns: 100,
  burnerWaitMs: 2000,
  maxBurns: 200,
  burnWindowMs: 600_000,
  lineBurst: 100,
  lineEveryMs: 5,
  lineChargeBytes: 64,
  lineChargeFields: 2,
  dialBackLines: 20,
  addressLineBurst: 2000,
  addressLineEveryMs: 0.2,
  lineRestMs: 100,
  addressLineRestMs: 1000,
  maxToldRefusals: 200,
  toldRefusalEveryMs: 10,
  drainMs: 3000,
  retryMs: 1000,
  ...defaultRelayLimits,
};
