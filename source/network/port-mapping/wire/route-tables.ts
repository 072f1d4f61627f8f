/**
 * Reads what systems say of their default routes. Tried on Linux. The forms of
 * macOS and Windows are those that their manuals show; nothing ran there.
 */
import { addressOf, canonicalAddress, isAddress } from '../../address.ts';

export interface DefaultRoute {
  /** The router. An IPv6 link-local address has its zone. */
  readonly gateway: string;
  /** The name of the interface, if the table has it. */
  readonly device: string | undefined;
  /** Our own address on that interface, if the table has it. */
  readonly local: string | undefined;
  /** The lower one is preferred. */
  readonly metric: number;
}

/** Bounds what is read of a table. A router with the whole internet in its table has a million lines. */
const MAX_LINES = 4096;
/** RTF_UP and RTF_GATEWAY of linux/route.h. */
const UP_GATEWAY = 0x3;

/** `/proc/net/route`. Its addresses are numbers in the byte order of the machine. */
export function linuxRoutes(table: string, endianness: 'LE' | 'BE'): DefaultRoute[] {
  return rowsOf(table).flatMap(([device, destination, gateway = '', flags = '', , , metric = '', mask]) => {
    if (destination !== '00000000' || mask !== '00000000' || !isUpGateway(flags)) {
      return [];
    }
    const bytes = Buffer.from(gateway, 'hex');
    const address = addressOf(endianness === 'LE' ? bytes.toReversed() : bytes);
    return address === undefined
      ? []
      : [{ gateway: address, device, local: undefined, metric: Number(metric) }];
  });
}

/** `/proc/net/ipv6_route`. */
export function linuxRoutes6(table: string): DefaultRoute[] {
  return rowsOf(table).flatMap(
    ([destination = '', length, , , gateway = '', metric = '', , , flags = '', device]) => {
      if (!/^0{32}$/.test(destination) || length !== '00' || !isUpGateway(flags)) {
        return [];
      }
      const address = addressOf(Buffer.from(gateway, 'hex'));
      return address === undefined
        ? []
        : [{ gateway: zoned(address, device), device, local: undefined, metric: parseInt(metric, 16) }];
    },
  );
}

/** `netstat -rn -f inet` and `-f inet6` of macOS and the BSDs: destination, gateway, flags, interface. */
export function bsdRoutes(table: string): DefaultRoute[] {
  return rowsOf(table).flatMap(([destination, gateway = '', flags = '', device], index) => {
    if (destination !== 'default' || !flags.includes('G') || !isAddress(gateway)) {
      return [];
    }
    return [{ gateway: canonicalAddress(gateway), device, local: undefined, metric: index }];
  });
}

/** `route print -4 0.0.0.0` of Windows: destination, mask, gateway, our own address, metric. */
export function windowsRoutes(table: string): DefaultRoute[] {
  return rowsOf(table).flatMap(([destination, mask, gateway = '', local = '', metric = '']) => {
    if (destination !== '0.0.0.0' || mask !== '0.0.0.0' || !isAddress(gateway) || !isAddress(local)) {
      return [];
    }
    return [{ gateway, device: undefined, local, metric: /^\d+$/.test(metric) ? Number(metric) : 0 }];
  });
}

function rowsOf(table: string): string[][] {
  return table
    .split('\n', MAX_LINES)
    .map((line) => line.split(/\s+/).filter((cell) => cell !== ''))
    .filter((row) => row.length > 0);
}

function isUpGateway(flags: string): boolean {
  return (parseInt(flags, 16) & UP_GATEWAY) === UP_GATEWAY;
}

/** A link-local address means nothing without its interface (RFC 4007). */
function zoned(address: string, device: string | undefined): string {
  return device !== undefined && address.startsWith('fe80:') ? `${address}%${device}` : address;
}
