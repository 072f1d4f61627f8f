/** Reads Linux's table of TCP sockets. */
import type { PortsInUse } from './trial-evidence.ts';

/** States of a socket, as the kernel numbers them in include/net/tcp_states.h. */
const established = '01';
const listening = '0A';

const row = /^ *\d+: [\dA-F]{8}:(?<local>[\dA-F]{4}) [\dA-F]{8}:(?<remote>[\dA-F]{4}) (?<state>[\dA-F]{2}) /;

/**
 * The ports of `/proc/net/tcp`, whose rows begin with
 * `0: 0100007F:22AD 00000000:0000 0A`. Rows that look otherwise are left out.
 */
export function parsePortsInUse(table: string): PortsInUse {
  const rows = table.split('\n').flatMap((line) => {
    const groups = row.exec(line)?.groups;
    return groups === undefined ? [] : [groups];
  });
  return {
    listens: rows.filter(({ state }) => state === listening).map(({ local }) => portOf(local)),
    remotes: rows.filter(({ state }) => state === established).map(({ remote }) => portOf(remote)),
  };
}

function portOf(digits = ''): number {
  return Number.parseInt(digits, 16);
}
