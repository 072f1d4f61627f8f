import ipaddr from 'ipaddr.js';
import { destinationOf } from '../network/address.ts';

interface LogLine {
  (message: string): void;
  (fields: object, message: string): void;
}

/** The methods of a logger that the server calls. A logger of pino has them. */
export interface Log {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

function drop() {}

/** For a server inside another program that wants no log. */
export const silentLog: Log = { debug: drop, info: drop, warn: drop, error: drop };

/**
 * An endpoint for the log. Without `whole`, only the network is shown: the /24 of an IPv4 address, the /48 of an IPv6
 * one. The /48 of a 6to4 address would show a whole IPv4 address, so the /24 of that one is shown.
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
