/**
 * Finds the router of this machine. All that depends on the operating system is
 * here. Linux: its tables below /proc, tried. macOS, the BSDs and Windows: what
 * their own programs print, in the form that the manuals show; nothing was tried
 * there, and Windows is not asked for IPv6. Where nothing is found, no router is
 * asked.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { endianness, networkInterfaces, platform } from 'node:os';
import type { Family } from '../../events.ts';
import { addressClass, canonicalAddress, familyOf } from '../address.ts';
import {
  bsdRoutes,
  linuxRoutes,
  linuxRoutes6,
  windowsRoutes,
  type DefaultRoute,
} from './wire/route-tables.ts';

/** The router that a machine sends to what it has no other route for. */
export interface Gateway {
  readonly family: Family;
  /** An IPv6 link-local address has its zone. */
  readonly address: string;
  /** Our own address on the way to it. */
  readonly local: string;
  /** Where it takes questions, if not at the ports of the standards. */
  readonly ports?: { readonly mapping: number; readonly ssdp: number };
}

/** How long another program may take to print its table, and how long the table may be. */
const COMMAND_TIMEOUT_MS = 2000;
const MAX_TABLE_BYTES = 1024 * 1024;

/** `local`: our address, if it is known. Only a router on the same interface counts then. Undefined if there is none. */
export async function findGateway(family: Family, local?: string): Promise<Gateway | undefined> {
  const routes = await defaultRoutes(family).catch(() => []);
  const candidates = routes
    .toSorted((one, other) => one.metric - other.metric)
    .flatMap((route): Gateway[] => {
      const own = route.local === undefined ? addressesOf(route.device, family) : [route.local];
      const chosen = local === undefined ? own[0] : own.find((one) => one === canonicalAddress(local));
      return chosen === undefined ? [] : [{ family, address: route.gateway, local: chosen }];
    });
  return candidates.find(({ address }) => addressClass(address) !== 'loopback');
}

function defaultRoutes(family: Family): Promise<DefaultRoute[]> {
  const system = platform();
  if (system === 'linux') {
    return family === 4
      ? readFile('/proc/net/route', 'utf8').then((table) => linuxRoutes(table, endianness()))
      : readFile('/proc/net/ipv6_route', 'utf8').then(linuxRoutes6);
  }
  if (system === 'win32') {
    return family === 4
      ? output('route', ['print', '-4', '0.0.0.0']).then(windowsRoutes)
      : Promise.resolve([]);
  }
  return output('netstat', ['-rn', '-f', family === 4 ? 'inet' : 'inet6']).then(bsdRoutes);
}

function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      args,
      { timeout: COMMAND_TIMEOUT_MS, maxBuffer: MAX_TABLE_BYTES, windowsHide: true },
      (error, stdout) => {
        if (error === null) {
          resolve(stdout);
        } else {
          reject(error);
        }
      },
    );
  });
}

/** Our addresses on an interface that a router can map a port to. */
function addressesOf(device: string | undefined, family: Family): string[] {
  const infos = device === undefined ? [] : (networkInterfaces()[device] ?? []);
  return infos
    .map(({ address }) => canonicalAddress(address))
    .filter((address) => {
      const reach = addressClass(address);
      return familyOf(address) === family && (family === 4 ? reach !== 'loopback' : reach === 'global');
    });
}
