/**
 * What a watched lab tells, one object a line: its places, the packets with their
 * fates, and the rows of its NAT tables. A recording is a file of these lines, so
 * that a ladder can be drawn and an exercise checked without a lab.
 */
import * as v from 'valibot';

/** Milliseconds since the epoch, with microseconds behind the point. All places share one clock. */
const at = v.pipe(v.number(), v.finite());
/** `192.168.1.2:4000`, `[2a00:5000::2]:8877`; of ICMP, the address alone. */
const endpoint = v.pipe(v.string(), v.maxLength(64));
const placeName = v.pipe(v.string(), v.maxLength(32));
/** A reason in words: the comment of the rule that decided. */
const reason = v.pipe(v.string(), v.maxLength(200));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const places = v.pipe(
  v.array(
    v.strictObject({
      /** A host's name, `rendezvous`, or `SITE.router`. */
      name: placeName,
      kind: v.picklist(['host', 'router', 'rendezvous']),
      addresses: v.pipe(v.array(endpoint), v.maxLength(16)),
      /** A router's NAT, in words. */
      about: v.exactOptional(v.pipe(v.string(), v.maxLength(300))),
    }),
  ),
  v.maxLength(500),
);

/** The first line. The places are in the order in which a ladder shows them. */
const watchSchema = v.strictObject({
  v: v.literal(1),
  event: v.literal('watch'),
  at,
  lab: placeName,
  places,
});

/** One look at a packet, at one side of a router. Its endpoints are as they were there: a NAT changes them. */
const sightingSchema = v.strictObject({
  at,
  /** `SITE.router`, or `internet`, which joins all sites and is outside for all of them. */
  place: placeName,
  side: v.picklist(['inside', 'outside', 'loop']),
  way: v.picklist(['in', 'out']),
  source: endpoint,
  target: endpoint,
});

/** How a packet ended. `place` is a router, or `internet` for a lost packet. */
const fateSchema = v.variant('kind', [
  /** It left the last router towards the host that it was for. */
  v.strictObject({ kind: v.literal('delivered') }),
  /** A router let it in to nobody, and said nothing. */
  v.strictObject({ kind: v.literal('stopped'), place: placeName, reason: v.exactOptional(reason) }),
  /** A router let it in to nobody, and answered itself. */
  v.strictObject({
    kind: v.literal('answered'),
    place: placeName,
    by: v.picklist(['rst', 'icmp']),
    reason: v.exactOptional(reason),
  }),
  /** It never left its own router. */
  v.strictObject({ kind: v.literal('kept'), place: placeName, reason: v.exactOptional(reason) }),
  /** It left a router and was seen nowhere after that: a line lost it, or no route leads on. */
  v.strictObject({ kind: v.literal('lost'), place: placeName }),
]);

/** A packet, told when its fate is known. */
const packetSchema = v.strictObject({
  v: v.literal(1),
  event: v.literal('packet'),
  /** From 1, in the order of their first sightings. */
  id: count,
  /** The first sighting. */
  at,
  /** The place that sent it: a host, the rendezvous, or a router that answers itself. */
  from: placeName,
  /** The place for which it was meant, as far as it got; null if nobody knows. */
  to: v.nullable(placeName),
  protocol: v.picklist(['tcp', 'icmp']),
  /** Of TCP, in this order: S, A, P, F, R, as in `SA`. Of ICMP, `unreachable`, or `TYPE/CODE` in numbers. */
  flags: v.pipe(v.string(), v.maxLength(16)),
  /** Of TCP; 0 otherwise. */
  seq: count,
  ack: count,
  /** Bytes of payload. */
  length: count,
  sightings: v.pipe(v.array(sightingSchema), v.minLength(1), v.maxLength(64)),
  fate: fateSchema,
});

/** A row of a router's NAT table has appeared, changed or gone. */
const rowSchema = v.strictObject({
  v: v.literal(1),
  event: v.literal('row'),
  at,
  place: placeName,
  change: v.picklist(['new', 'changed', 'gone']),
  /** The same row has the same one. */
  id: v.pipe(v.string(), v.maxLength(64)),
  /** The endpoint of the host inside. */
  inside: endpoint,
  /** Its endpoint as the outside sees it. */
  outside: endpoint,
  /** The other end. Null where the mapping holds for all of them. */
  remote: v.nullable(endpoint),
  /** Of a connection: `SYN_SENT`, `SYN_SENT2`, `SYN_RECV`, `ESTABLISHED` and so on. Null for a mapping. */
  state: v.nullable(v.pipe(v.string(), v.maxLength(16))),
  /** Until the router forgets it without a packet. Null if it is gone. */
  secondsLeft: v.nullable(v.pipe(v.number(), v.minValue(0))),
});

export const watchEventSchema = v.variant('event', [watchSchema, packetSchema, rowSchema]);

export type WatchEvent = v.InferOutput<typeof watchEventSchema>;
export type WatchedLab = v.InferOutput<typeof watchSchema>;
export type WatchedPacket = v.InferOutput<typeof packetSchema>;
export type WatchedRow = v.InferOutput<typeof rowSchema>;
export type Sighting = v.InferOutput<typeof sightingSchema>;
export type Fate = v.InferOutput<typeof fateSchema>;
