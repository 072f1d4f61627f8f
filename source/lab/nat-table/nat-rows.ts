/**
 * The rows of a router's NAT table, in the words of a student: which endpoint
 * inside is seen as which outside, by whom, and for how long. A row is a mapping,
 * which the lab's rules keep in a map of nft, or a connection, which connection
 * tracking keeps.
 */
import ipaddr from 'ipaddr.js';
import { formatEndpoint } from '../../network/endpoint.ts';
import type { Connection } from './conntrack-line.ts';
import type { MapRow, NftTable } from './nft-table.ts';

export interface NatRow {
  /** The same row has the same one. */
  readonly id: string;
  readonly protocol: string;
  /** The endpoint of the host inside. Of a protocol without ports, the address alone. */
  readonly inside: string;
  /** The same endpoint as the outside sees it. A firewall changes nothing. */
  readonly outside: string;
  /** The other end. Null of a mapping that holds for all of them; an address alone if it holds for all its ports. */
  readonly remote: string | null;
  /** Null of a mapping. */
  readonly state: string | null;
  /** Until the router forgets it without a packet. */
  readonly secondsLeft: number | null;
}

/** A site's router, as far as its rows depend on it. */
export interface Router {
  /** Its external address; null without a NAT. */
  readonly external: string | null;
  /** The networks inside, `192.168.1.0/24`. */
  readonly inside: readonly string[];
}

/** All rows of a router that are valid: first the mappings, then the connections. */
export function natRows(
  router: Router,
  table: NftTable,
  connections: readonly Connection[],
): readonly NatRow[] {
  return [
    ...mappingRows(router, table),
    ...connections
      .filter(({ zone }) => zone === table.zone)
      .map((connection) => connectionRow(router, connection)),
  ];
}

/**
 * The mappings. With a mapping for each connection the map `external` is missing,
 * and the map `internal` only counts where it can let somebody in.
 */
export function mappingRows({ external }: Router, { letsIn, maps }: NftTable): NatRow[] {
  if (external === null) {
    return [];
  }
  const rows = maps['external'];
  if (rows !== undefined) {
    return rows.map(({ key: [address = '', port = 0, remote], secondsLeft, value: [outside = 0] }) =>
      mapping(external, { address, port, outside, remote, secondsLeft }),
    );
  }
  return (letsIn ? (maps['internal'] ?? []) : []).map(({ key: [outside = 0], secondsLeft, value }) => {
    const [address = '', port = 0] = value;
    return mapping(external, { address, port, outside, remote: undefined, secondsLeft });
  });
}

function mapping(
  external: string,
  one: {
    readonly address: string | number;
    readonly port: string | number;
    readonly outside: string | number;
    readonly remote: string | number | undefined;
    readonly secondsLeft: MapRow['secondsLeft'];
  },
): NatRow {
  const inside = formatEndpoint({ address: String(one.address), port: Number(one.port) });
  const remote = one.remote === undefined ? null : String(one.remote);
  return {
    id: ['mapping', inside, ...(remote === null ? [] : [remote])].join(' '),
    protocol: 'tcp',
    inside,
    outside: formatEndpoint({ address: external, port: Number(one.outside) }),
    remote,
    state: null,
    secondsLeft: one.secondsLeft,
  };
}

/** A connection as a row. The host inside has sent its first packet, or got it. */
export function connectionRow(router: Router, connection: Connection): NatRow {
  const { id, original, protocol, reply, secondsLeft, state } = connection;
  const ends = isInbound(router, connection)
    ? { inside: reply.source, outside: original.target, remote: original.source }
    : { inside: original.source, outside: reply.target, remote: original.target };
  return {
    id,
    protocol,
    inside: endText(ends.inside),
    outside: endText(ends.outside),
    remote: endText(ends.remote),
    // Connection tracking has states of TCP alone. Of the others it knows whether an answer came.
    state: state ?? (connection.isReplied ? 'REPLIED' : 'UNREPLIED'),
    secondsLeft,
  };
}

function isInbound({ inside }: Router, { original, reply }: Connection): boolean {
  return !isIn(inside, original.source.address) && isIn(inside, reply.source.address);
}

function isIn(networks: readonly string[], address: string): boolean {
  if (!ipaddr.isValid(address)) {
    return false;
  }
  const one = ipaddr.parse(address);
  return networks.some((network) => {
    const [base, bits] = ipaddr.parseCIDR(network);
    return base.kind() === one.kind() && one.match(base, bits);
  });
}

function endText({ address, port }: Connection['original']['source']): string {
  return port === null ? address : formatEndpoint({ address, port });
}
