/**
 * The language in which an exercise says what has to be seen. A check is a list
 * of assertions, and each compares two values. A value is read from the evidence:
 * from the packets and NAT rows of a watched lab, from the events of chats, or
 * from what the learner has typed. readme.md explains every word.
 */
import * as v from 'valibot';

const MAX_TEXT = 400;
const MAX_LIST = 12;

/** A host, `rendezvous`, or `SITE.router`. */
const place = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,13}(?:\.router)?$/));
const sentence = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_TEXT));

function oneOrMore<Schema extends v.GenericSchema>(schema: Schema) {
  return v.union([schema, v.pipe(v.array(schema), v.minLength(1), v.maxLength(MAX_LIST))]);
}

const flags = v.pipe(v.string(), v.regex(/^(?:S?A?P?F?R?|unreachable|\d{1,3}\/\d{1,3})$/), v.minLength(1));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const port = v.pipe(count, v.maxValue(65_535));

/** Every field that is given must match. */
const packetSelector = v.strictObject({
  from: v.exactOptional(oneOrMore(place)),
  /** A host stands for the router of its site, too, because a packet that is stopped there names no host. */
  to: v.exactOptional(oneOrMore(place)),
  flags: v.exactOptional(oneOrMore(flags)),
  fate: v.exactOptional(oneOrMore(v.picklist(['delivered', 'stopped', 'answered', 'kept', 'lost']))),
  /** How a NAT has answered. */
  by: v.exactOptional(v.picklist(['rst', 'icmp'])),
  /** Where it ended. */
  at: v.exactOptional(oneOrMore(place)),
  /** A place at which it was seen, and the side there. */
  seen: v.exactOptional(
    v.strictObject({
      place,
      side: v.exactOptional(v.picklist(['inside', 'outside', 'loop'])),
    }),
  ),
  /** The port from which, and to which, it was sent. */
  source: v.exactOptional(port),
  target: v.exactOptional(port),
  /** Bytes of payload. */
  least: v.exactOptional(count),
  most: v.exactOptional(count),
  family: v.exactOptional(v.picklist([4, 6])),
  protocol: v.exactOptional(v.picklist(['tcp', 'icmp'])),
});

const rowSelector = v.strictObject({
  /** The router. */
  place: v.exactOptional(oneOrMore(place)),
  change: v.exactOptional(oneOrMore(v.picklist(['new', 'changed', 'gone']))),
  state: v.exactOptional(oneOrMore(v.pipe(v.string(), v.maxLength(16)))),
  /** The place at the other end. */
  remote: v.exactOptional(oneOrMore(place)),
  /** The port at the other end. */
  target: v.exactOptional(port),
  /** The local port. */
  source: v.exactOptional(port),
});

export type PacketSelector = v.InferOutput<typeof packetSelector>;
export type RowSelector = v.InferOutput<typeof rowSelector>;

const which = v.exactOptional(v.picklist(['first', 'last']));
const part = v.exactOptional(v.picklist(['address', 'port']));

/** A value that is read from the evidence. It is missing where the evidence does not hold it. */
export type Value =
  | { readonly number: number }
  | { readonly text: string }
  /** What the learner has predicted: all, or a row of it, or `ROW.COLUMN`. */
  | { readonly typed: string }
  /** How many packets. One that was sent again counts once, unless `again` is there. */
  | { readonly packets: PacketSelector; readonly again?: true | undefined }
  /** How many rows of NAT tables. */
  | { readonly rows: RowSelector }
  /** An endpoint of a packet, as it was when it was sent, or when it was last seen. */
  | {
      readonly endpoint: 'source' | 'target';
      readonly of: PacketSelector;
      readonly when: 'sent' | 'last seen';
      readonly which?: 'first' | 'last' | undefined;
      readonly part?: 'address' | 'port' | undefined;
    }
  /** An endpoint of a row of a NAT table. */
  | {
      readonly mapping: 'inside' | 'outside' | 'remote';
      readonly of: RowSelector;
      readonly which?: 'first' | 'last' | undefined;
      readonly part?: 'address' | 'port' | undefined;
    }
  /** What came of dials: `connected`, `refused`, `unreachable` or `silence`. */
  | { readonly outcome: { readonly from: string; readonly to: string; readonly target?: number | undefined } }
  /** The flags of the first packets of the connection between two hosts, `S S SA SA`. */
  | { readonly opening: readonly [string, string]; readonly packets: number }
  /** Seconds between the first packets of two kinds; with `which`, up to the last one of the second kind. */
  | {
      readonly seconds: {
        readonly from: PacketSelector;
        readonly to: PacketSelector;
        readonly which?: 'first' | 'last' | undefined;
      };
    }
  | { readonly percent: { readonly of: Value; readonly in: Value } }
  | { readonly sum: readonly Value[] }
  /** The first less the second. */
  | { readonly less: readonly [Value, Value] }
  /** A field of an event of a chat, as `path` of `connected`. */
  | {
      readonly chat: string;
      readonly event: string;
      readonly field: string;
      readonly which?: 'first' | 'last' | undefined;
    }
  /** How many events of a kind a chat has told. */
  | { readonly events: string; readonly named: string }
  /** How many numbers are missing in the heartbeats or messages that a chat has received. */
  | { readonly gaps: string }
  /** How many of them it has received. */
  | { readonly received: string }
  /** The text of the first comparison that holds. */
  | {
      readonly cases: readonly { readonly when: Comparison; readonly give: string }[];
      readonly otherwise?: string | undefined;
    };

export interface Comparison {
  readonly left: Value;
  readonly is: 'same' | 'different' | 'at least' | 'at most' | 'within';
  readonly right: Value;
  /** For `within`: by how much they may differ. */
  readonly by?: number | undefined;
}

const hostName = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,13}$/));
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(40));

const valueSchema: v.GenericSchema<Value> = v.lazy(() =>
  v.union([
    v.strictObject({ number: v.pipe(v.number(), v.finite()) }),
    v.strictObject({ text: sentence }),
    v.strictObject({ typed: v.pipe(v.string(), v.maxLength(MAX_TEXT)) }),
    v.strictObject({ packets: packetSelector, again: v.exactOptional(v.literal(true)) }),
    v.strictObject({ rows: rowSelector }),
    v.strictObject({
      endpoint: v.picklist(['source', 'target']),
      of: packetSelector,
      when: v.picklist(['sent', 'last seen']),
      which,
      part,
    }),
    v.strictObject({
      mapping: v.picklist(['inside', 'outside', 'remote']),
      of: rowSelector,
      which,
      part,
    }),
    v.strictObject({
      outcome: v.strictObject({ from: hostName, to: hostName, target: v.exactOptional(port) }),
    }),
    v.strictObject({
      opening: v.strictTuple([hostName, hostName]),
      packets: v.pipe(count, v.minValue(1), v.maxValue(MAX_LIST)),
    }),
    v.strictObject({ seconds: v.strictObject({ from: packetSelector, to: packetSelector, which }) }),
    v.strictObject({ percent: v.strictObject({ of: valueSchema, in: valueSchema }) }),
    v.strictObject({ sum: v.pipe(v.array(valueSchema), v.minLength(1), v.maxLength(MAX_LIST)) }),
    v.strictObject({ less: v.strictTuple([valueSchema, valueSchema]) }),
    v.strictObject({ events: hostName, named: word }),
    v.strictObject({ chat: hostName, event: word, field: word, which }),
    v.strictObject({ gaps: hostName }),
    v.strictObject({ received: hostName }),
    v.strictObject({
      cases: v.pipe(
        v.array(v.strictObject({ when: comparisonSchema, give: word })),
        v.minLength(1),
        v.maxLength(MAX_LIST),
      ),
      otherwise: v.exactOptional(word),
    }),
  ]),
);

const comparisonFields = {
  left: valueSchema,
  is: v.picklist(['same', 'different', 'at least', 'at most', 'within']),
  right: valueSchema,
  by: v.exactOptional(v.pipe(v.number(), v.finite(), v.minValue(0))),
} as const;

const comparisonSchema: v.GenericSchema<Comparison> = v.lazy(() => v.strictObject(comparisonFields));

const assertionSchema = v.strictObject({
  /** What has to be seen, as a sentence. */
  says: sentence,
  ...comparisonFields,
  /** What it means where something else is seen, and what to do then. */
  wrong: v.exactOptional(sentence),
});

export const checkSchema = v.pipe(v.array(assertionSchema), v.minLength(1), v.maxLength(MAX_LIST));

/** For other parts of an exercise. */
export { hostName, sentence, valueSchema, word };

export type Assertion = v.InferOutput<typeof assertionSchema>;
export type Check = readonly Assertion[];
