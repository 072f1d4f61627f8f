/**
 * The rows of one router's NAT table, as they come, change and go. Connection
 * tracking tells its events. The mappings tell none, and neither does a packet that
 * only keeps a connection alive, so the whole table is looked at now and then.
 */
import type { Connection } from '../nat-table/conntrack-line.ts';
import { connectionRow, mappingRows, type NatRow, type Router } from '../nat-table/nat-rows.ts';
import type { NftTable } from '../nat-table/nft-table.ts';
import type { WatchedRow } from './watch-events.ts';

/** All that a look finds. */
export interface NatTable {
  readonly nft: NftTable;
  readonly connections: readonly Connection[];
  /** The address that the router has outside by now; null without a NAT. */
  readonly external: string | null;
  /** When it began: what has come since may be missing. */
  readonly since: number;
}

/** The tools tell whole seconds, so a row that has not changed may seem to differ by one. */
const SAME_SECONDS = 1.5;

/** Bounds memory, as a NAT does: it has no more ports. */
const MAX_ROWS = 131_072;

interface Known {
  readonly row: NatRow;
  readonly at: number;
  readonly zone: number;
}

export class RowChanges {
  readonly #place: string;
  readonly #inside: readonly string[];
  readonly #rows = new Map<string, Known>();
  #zone = 0;

  /** `inside` are the networks behind the router. */
  constructor(place: string, inside: readonly string[]) {
    this.#place = place;
    this.#inside = inside;
  }

  /** An event of connection tracking. */
  change(connection: Connection, now: number): WatchedRow[] {
    const { change, protocol, zone } = connection;
    if (protocol !== 'tcp' || zone < this.#zone) {
      return [];
    }
    const at = connection.at ?? now;
    const row = connectionRow(this.#router(null), connection);
    const forgotten = this.#enterZone(zone, at);
    return change === 'gone'
      ? [...forgotten, ...this.#remove(row.id, at)]
      : [...forgotten, ...this.#put({ row, at, zone })];
  }

  /** The whole table. */
  look({ connections, external, nft, since }: NatTable, now: number): WatchedRow[] {
    const router = this.#router(external);
    const forgotten = this.#enterZone(nft.zone, now);
    const rows = [
      ...mappingRows(router, nft),
      ...connections
        .filter(({ protocol, zone }) => protocol === 'tcp' && zone === nft.zone)
        .map((connection) => connectionRow(router, connection)),
    ];
    const changed = rows
      .filter((row) => !this.#isSame(row, now))
      .flatMap((row) => this.#put({ row, at: now, zone: nft.zone }));
    const listed = new Set(rows.map(({ id }) => id));
    const gone = [...this.#rows].filter(([id, { at }]) => !listed.has(id) && at < since);
    return [...forgotten, ...changed, ...gone.flatMap(([id]) => this.#remove(id, now))];
  }

  #router(external: string | null): Router {
    return { external, inside: this.#inside };
  }

  /** A router that has forgotten everything begins a new zone. The rows of the old one no longer hold. */
  #enterZone(zone: number, at: number): WatchedRow[] {
    if (zone <= this.#zone) {
      return [];
    }
    this.#zone = zone;
    const old = [...this.#rows].filter(([, known]) => known.zone < zone);
    return old.flatMap(([id]) => this.#remove(id, at));
  }

  #isSame(row: NatRow, now: number): boolean {
    const known = this.#rows.get(row.id);
    if (known === undefined || known.row.state !== row.state || known.row.outside !== row.outside) {
      return false;
    }
    const expected = (known.row.secondsLeft ?? 0) - (now - known.at) / 1000;
    return Math.abs(expected - (row.secondsLeft ?? 0)) <= SAME_SECONDS;
  }

  #put(known: Known): WatchedRow[] {
    const { at, row } = known;
    const change = this.#rows.has(row.id) ? 'changed' : 'new';
    if (change === 'new' && this.#rows.size >= MAX_ROWS) {
      return [];
    }
    this.#rows.set(row.id, known);
    return [this.#event(row, change, at)];
  }

  #remove(id: string, at: number): WatchedRow[] {
    const known = this.#rows.get(id);
    this.#rows.delete(id);
    return known === undefined ? [] : [this.#event({ ...known.row, secondsLeft: null }, 'gone', at)];
  }

  #event(row: NatRow, change: WatchedRow['change'], at: number): WatchedRow {
    const { id, inside, outside, remote, secondsLeft, state } = row;
    return {
      v: 1,
      event: 'row',
      // In microseconds; the rest comes from counting in binary numbers.
      at: Math.round(at * 1000) / 1000,
      place: this.#place,
      change,
      id: id.slice(0, 64),
      inside,
      outside,
      remote,
      state,
      secondsLeft,
    };
  }
}
