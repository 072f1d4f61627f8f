import { expect, test } from 'vitest';
import { parseNftMap, parseNftTable } from '../../../source/lab/nat-table/nft-table.ts';

const internal = `{"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}}, {"map": {"family": "ip", "name": "internal", "table": "site", "type": "inet_service", "handle": 11, "map": "ipv4_addr . inet_service", "size": 65536, "flags": ["timeout"], "timeout": 60, "elem": [[{"elem": {"val": 4000, "expires": 58}}, {"concat": ["192.168.1.2", 4000]}], [54288, {"concat": ["192.168.1.2", 54288]}]]}}]}`;

test('a map has its rows, with the time that is left where there is one', () => {
  expect(parseNftMap(internal, 'internal')).toEqual([
    { key: [4000], value: ['192.168.1.2', 4000], secondsLeft: 58 },
    { key: [54_288], value: ['192.168.1.2', 54_288], secondsLeft: null },
  ]);
  expect(parseNftMap(internal, 'external')).toBeUndefined();
});

test('a key of several parts is read, and an empty map has no rows', () => {
  const elem = '[[{"elem": {"val": {"concat": ["192.168.1.2", 4000, "50.0.0.2"]}, "expires": 7}}, 50000]]';
  const json = `{"nftables": [{"map": {"name": "external", "elem": ${elem}}}, {"map": {"name": "internal"}}]}`;
  expect(parseNftTable(json).maps).toEqual({
    external: [{ key: ['192.168.1.2', 4000, '50.0.0.2'], value: [50_000], secondsLeft: 7 }],
    internal: [],
  });
});

test('a table tells its zone, and whether it lets in new connections', () => {
  const zone =
    '{"rule": {"chain": "zone", "expr": [{"mangle": {"key": {"ct": {"key": "zone"}}, "value": 3}}]}}';
  // nft 1.0.6 writes an update of a map in its own language.
  const other = '{"rule": {"chain": "learn", "expr": ["update @external { ip saddr : tcp sport }"]}}';
  const arriving = '{"rule": {"chain": "arriving", "expr": [{"accept": null}]}}';
  expect(parseNftTable(`{"nftables": [${zone}, ${other}]}`)).toMatchObject({ zone: 3, letsIn: false });
  expect(parseNftTable(`{"nftables": [${arriving}]}`)).toMatchObject({ zone: 0, letsIn: true });
});

test.each(['', '{}', '{"nftables": [{"map": {"name": "internal", "elem": [[1]]}}]}'])(
  'anything else is refused: %j',
  (json) => {
    expect(() => parseNftTable(json)).toThrow(/JSON|Invalid/);
  },
);
