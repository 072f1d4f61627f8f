/**
 * Every bound of the server, with its meaning and its reason. Durations are in
 * milliseconds. They are options because a test cannot wait for them, and because
 * an operator may know better values.
 */
export interface Limits extends RelayLimits {
  /** An IPv4 client that says nothing for this long after the handshake is classic (design 3.1). */
  readonly classicSilenceMs: number;
  /** Bounds the time to a client's first complete line: from the handshake, or from its first byte if it spoke late. */
  readonly firstLineMs: number;
  /** Keeps the mapping of a waiting client alive: home routers forget idle ones after a minute or less. */
  readonly pingMs: number;
  /** A client that sends no complete line for this long is dropped at its next ping: three pings unanswered, and time for the last. */
  readonly silenceMs: number;
  /** TCP keepalive of a waiting classic client. It never speaks, so only this detects that it is gone. */
  readonly classicKeepAliveMs: number;

  /** How long a join waits for its probe. Both left at the same time, so this only has to cover the jitter. */
  readonly probeWaitMs: number;
  /** How late the probe of a waiting client still counts: SYNs are repeated after 1 and 3 s. */
  readonly lateProbeMs: number;
  /** How long a round waits for its probe: a lost SYN is repeated after 1 s, and a round without its probe cannot succeed. */
  readonly roundProbeMs: number;
  /** How long an observation waits for its join: a lost SYN of the client is repeated after 1, 3 and 7 s. */
  readonly observationMs: number;
  /** Observations that wait for a join. A further one replaces the oldest. About 200 bytes each. */
  readonly maxObservations: number;

  /** How long a dial back waits for an answer: SYNs leave at 0, 1 and 3 s, and this leaves 1.5 s for the answer to the second. */
  readonly dialBackMs: number;
  /** Dials back that a connection may ask for: one from the other port, one from the other address, and each again if a SYN was lost. */
  readonly maxDialBacks: number;
  /** Dials back under way at once, for all clients together. Each takes one socket of ours. */
  readonly maxDialBacksAtOnce: number;

  /** A room waits this long for its client to return with its token (design 3.2). */
  readonly returnMs: number;
  /** A guest is held this long for a client that has opened the room but not joined it, or is away. A person waits that long. */
  readonly holdMs: number;
  /**
   * How long the owner of a room may take to answer to a match. Packets may be lost on its line, and TCP repeats them
   * up to 38 s later. Its own end gives the connection up 35 s after it has last heard from us, so no answer comes
   * after that.
   */
  readonly matchAnswerMs: number;
  /** A number under 1000 is not given out again for this long, so that a late guest meets no stranger (design 3.2). */
  readonly numberRestMs: number;
  /** How often the waiting client may use the same code with a fresh share: each time allows one guess (design 3.3). */
  readonly maxRearms: number;

  /**
   * Bounds the unread bytes of a client that has sent more than its share: two of the longest lines, because no client
   * needs more. A client that goes on sending is closed.
   */
  readonly maxUnreadBytes: number;
  /** Bounds the unsent bytes for a client that does not read: several of the longest lines. Beyond that it is dropped. */
  readonly maxUnsentBytes: number;
  /**
   * Bound how long and how much we read and discard after our FIN. To close with unread bytes would send a RST, and
   * the client could lose our last lines.
   */
  readonly lingerMs: number;
  readonly lingerBytes: number;
  /**
   * The same for all connections together. A MiB costs about 1 ms, so this is 2 % of a core. Without it, a thousand
   * connections that flood us would take more than a second, and new clients would wait. A few lines of each
   * connection are free.
   */
  readonly lingerBytesPerSecond: number;

  /**
   * Connections at once. Each can make us keep the bytes that it sent too fast (`maxUnreadBytes`, and a chunk of 64 KiB),
   * the bytes that it did not read (`maxUnsentBytes`, 64 KiB) and about 6 KiB of state. 20,000 of them take 2.9 GiB in
   * the worst case, and 0.2 GiB if they wait as usual.
   */
  readonly maxConnections: number;
  /** Connections at once of one address (IPv6: of one /64). A class of 60 needs 60, and up to 8 dials each after its network was cut. */
  readonly maxConnectionsPerAddress: number;
  /** New connections a minute: 3,000 a second, which one core can handle (`npm run bench:server`). */
  readonly connectionsPerMinute: number;
  /** The same for one address. Each of a class of 60 may connect 30 times, and a flood of 33 a second costs us little. */
  readonly connectionsPerMinutePerAddress: number;
  /** Connections to the probe port at once. Each lasts for a round trip and takes 512 bytes. */
  readonly maxProbes: number;

  /** Joins a minute: as many as connections, because a connection usually joins once. */
  readonly joinsPerMinute: number;
  readonly joinsPerMinutePerAddress: number;
  /**
   * Numbers that an address may have at once: those of its open rooms, and those that rest afterwards. There are 999
   * for all, so eight addresses cannot use them up, and neither can two IPv6 /48, which have four times as many each.
   * Each of a class of 60 may have one number in use and one at rest.
   */
  readonly numbersPerAddress: number;
  /** Joins a minute of one address to rooms that do not exist: each of a class of 60 may mistype twice. More is a search for rooms. */
  readonly missesPerMinutePerAddress: number;

  /**
   * Rooms that an address may burn in `burnWindowMs`. A wrong guess burns a room: the two people who meant to use it
   * cannot any more. A mistyped word burns one, too, and each of a class of 60 may do that. A failed punch burns none.
   */
  readonly freeBurns: number;
  /** After `freeBurns`, the guests of an address are admitted one by one, each this long after the last. */
  readonly burnerWaitMs: number;
  /** After this many burnt rooms, the guests of an address are refused until the oldest of these expires. */
  readonly maxBurns: number;
  /** How long a burnt room counts. */
  readonly burnWindowMs: number;

  /**
   * One connection may send this many lines at once, and then one more each `lineEveryMs`. A busy client sends some
   * dozens in all. A line costs about 10 µs, so a burst delays other clients by 1 ms. Further lines leave a debt, and
   * nothing more is read until time has paid it.
   */
  readonly lineBurst: number;
  readonly lineEveryMs: number;
  /** A line counts once for this many of its bytes, because a text of that length can take 10 µs to read. */
  readonly lineChargeBytes: number;
  /**
   * A line also counts once for this many of its fields. A field with a new name takes the parser 5 µs: it keeps each
   * name, and makes a hidden class for each object with new names.
   */
  readonly lineChargeFields: number;
  /** A dial back counts as this many lines, because its socket, its timer and its close take 300 µs or more. */
  readonly dialBackLines: number;
  /** The lines of all connections of an address together: 5,000 a second, which are 5 % of a core. */
  readonly addressLineBurst: number;
  readonly addressLineEveryMs: number;
  /** How long we do not read a connection that has a debt, and one whose address has: those may be a thousand, each with a timer. */
  readonly lineRestMs: number;
  readonly addressLineRestMs: number;

  /**
   * This many refused connections are told the reason at once, and then one more each `toldRefusalEveryMs`. Further
   * ones are reset, which saves us a write, a wait and a timer for each.
   */
  readonly maxToldRefusals: number;
  readonly toldRefusalEveryMs: number;

  /**
   * File descriptors that no client gets: one for each scrape of the metrics, each dial back at that moment, the store.
   */
  readonly descriptorReserve: number;
  /** How often we look whether there are file descriptors again. */
  readonly descriptorLookMs: number;
  /** How long the log is silent after it has told that there are none: a flood must not fill it. */
  readonly descriptorLogMs: number;

  /** How long a drain waits for matched pairs to finish punching. */
  readonly drainMs: number;
  /** After a drain, each client comes back after one to three times this, so that not all come at once. */
  readonly retryMs: number;
}

const MIB = 1024 * 1024;

/** Bounds of what the relay may cost the operator of the server. Durations are in milliseconds. */
export interface RelayLimits {
  /** How long the first side that asks waits for the other. Both ask 3 s after the match, which they may see a second or two apart. */
  readonly relayWaitMs: number;
  /** How long a client that another server sends here may take. Its dial lasts 8 s at most, and together with the wait before this is less than the 15 s that a client waits for an answer. */
  readonly relayComeMs: number;
  /** Pairs at once. At 1 MiB/s each, they take 800 Mbit/s in the worst case. */
  readonly maxRelays: number;
  /** Pairs at once with a side at the same address: enough for a class behind one NAT. */
  readonly maxRelaysPerAddress: number;
  /**
   * Bounds the bytes of a pair in a second, in both directions together. A chat needs a thousandth of it. Infinity: no
   * bound. Below 16 KiB/s, a record of a `pipe` takes so long that the session believes its connection lost.
   */
  readonly relayBytesPerSecond: number;
  /** Bounds the bytes of a pair in all. */
  readonly maxRelayBytes: number;
  /** How long a pair may stay: a working day and more. */
  readonly maxRelayMs: number;
  /** A pair that sends nothing for this long is gone: sessions ping each other at least every 25 s. */
  readonly relayIdleMs: number;
  /** How long a pair that has used up its bytes or its time is refused for that reason. */
  readonly relayRestMs: number;
  /** Such pairs that are remembered. A further one replaces the oldest. About 200 bytes each. */
  readonly maxSpentRelays: number;
  /** How long a drain lets relayed pairs go on: enough to say goodbye. They come back to another server, or later. */
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
  returnMs: 600_000,
  holdMs: 10_000,
  matchAnswerMs: 40_000,
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
  descriptorReserve: 8,
  descriptorLookMs: 1000,
  descriptorLogMs: 60_000,
  drainMs: 3000,
  retryMs: 1000,
  ...defaultRelayLimits,
};
