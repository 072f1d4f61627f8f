/**
 * Reads the JSON of `nft -j list map …` and `nft -j list table …`: the rows of a
 * map, and what the table of a site says of its NAT. nat-rules.ts makes that table.
 */
import * as v from 'valibot';

/** A row of a map. A key or value of several parts has all of them, in their order. */
export interface MapRow {
  readonly key: readonly (string | number)[];
  readonly value: readonly (string | number)[];
  /** Null if the row stays. */
  readonly secondsLeft: number | null;
}

const word = v.union([v.string(), v.number()]);
const words = v.union([v.object({ concat: v.array(word) }), word]);
/** With a time it is wrapped. */
const timed = v.object({ elem: v.object({ val: words, expires: v.optional(v.number()) }) });
const row = v.tuple([v.union([timed, words]), words]);
const mapSchema = v.object({ name: v.string(), elem: v.optional(v.array(row), []) });
/** A statement that nft cannot put into JSON is a text. */
const ruleSchema = v.object({ chain: v.string(), expr: v.array(v.unknown()) });
const zoneSchema = v.object({
  mangle: v.object({ key: v.object({ ct: v.object({ key: v.literal('zone') }) }), value: v.number() }),
});
const listSchema = v.object({ nftables: v.array(v.record(v.string(), v.unknown())) });

/** What nft knows of a site. */
export interface NftTable {
  /** The rows of each map, by the map's name. */
  readonly maps: Readonly<Record<string, readonly MapRow[]>>;
  /** The zone of connection tracking, which knows the connections since the last rebind. */
  readonly zone: number;
  /** Whether a map can let in a new connection from outside. */
  readonly letsIn: boolean;
}

/** The rows of a map; undefined if the JSON holds no such map. */
export function parseNftMap(json: string, name: string): readonly MapRow[] | undefined {
  return parseNftTable(json).maps[name];
}

/** Reads a table, or a part of one. Throws if it is not nft's JSON. */
export function parseNftTable(json: string): NftTable {
  const { nftables } = v.parse(listSchema, JSON.parse(json));
  const maps = nftables.flatMap(({ map }) => (map === undefined ? [] : [v.parse(mapSchema, map)]));
  const rules = nftables.flatMap(({ rule }) => (rule === undefined ? [] : [v.parse(ruleSchema, rule)]));
  return {
    maps: Object.fromEntries(maps.map(({ elem, name }) => [name, elem.map(rowOf)])),
    zone: rules.flatMap(({ chain, expr }) => (chain === 'zone' ? expr.flatMap(zonesIn) : []))[0] ?? 0,
    letsIn: rules.some(({ chain }) => chain === 'arriving'),
  };
}

function zonesIn(statement: unknown): number[] {
  const result = v.safeParse(zoneSchema, statement);
  return result.success ? [result.output.mangle.value] : [];
}

function rowOf([key, value]: v.InferOutput<typeof row>): MapRow {
  const isTimed = typeof key === 'object' && 'elem' in key;
  return {
    key: partsOf(isTimed ? key.elem.val : key),
    value: partsOf(value),
    secondsLeft: (isTimed ? key.elem.expires : undefined) ?? null,
  };
}

function partsOf(value: v.InferOutput<typeof words>): readonly (string | number)[] {
  return typeof value === 'object' ? value.concat : [value];
}
