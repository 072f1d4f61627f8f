import ipaddr from 'ipaddr.js';
import type { Logger } from 'pino';
import type { MappedEndpoint } from '../core/rendezvous-messages.ts';

/** What the server needs of a pino logger. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

const drop = () => {};

/** For a server inside another program that asked for no log. */
export const silentLog: Log = { debug: drop, info: drop, warn: drop, error: drop };

/** An endpoint for the log. Without `whole` the network is kept and the host is not: /24 and /48. */
export const loggedEndpoint = ({ address, port }: MappedEndpoint, whole = false): string => {
  if (whole) return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv4
    ? `${parsed.octets.slice(0, 3).join('.')}.x`
    : `${parsed.parts
        .slice(0, 3)
        .map((part) => part.toString(16))
        .join(':')}::x`;
};
