import ipaddr from 'ipaddr.js';
import { destinationOf } from '../network/address.ts';

interface LogLine {
  (message: string): void;
  (fields: object, message: string): void;
}

/** What the server needs of a logger; one of pino's will do. */
export interface Log {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

function drop() {}

/** For a server inside another program that asked for no log. */
export const silentLog: Log = { debug: drop, info: drop, warn: drop, error: drop };

/**
 * An endpoint for the log. Without `whole` the network is kept and the host is not: /24 and /48, of 6to4 the /24 of
 * the IPv4 address that its /48 would show.
 */
export function loggedEndpoint(
  { address, port }: { readonly address: string; readonly port: number },
  whole = false,
): string {
  if (whole) {
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  }
  const parsed = ipaddr.parse(destinationOf(address));
  return parsed instanceof ipaddr.IPv4
    ? `${parsed.octets.slice(0, 3).join('.')}.x`
    : `${parsed.parts
        .slice(0, 3)
        .map((part) => part.toString(16))
        .join(':')}::x`;
}
