import { isIPv4, type Socket } from 'node:net';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import { errorCode } from '../errors.ts';
import { systemWords } from '../text/system-words.ts';
import type { Endpoint } from '../events.ts';
import { canonicalAddress, withoutZone } from './address.ts';
import { meantAddress } from './nat64/translation.ts';

/**
 * Facts and helpers around sockets that depend on the operating system.
 *
 * Linux: libuv sets SO_REUSEADDR at every explicit bind. So dials to different
 * destinations may share a port, and a listener may join them. Once something
 * listens, a further dial from the port fails with EADDRINUSE.
 */

/** One end of a connection, as far as it is known. */
interface LocalEnd {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
}

/**
 * A socket, or a stream that runs over one. The ends are those of the TCP connection. They
 * are undefined if it was gone before anybody asked for them.
 */
export interface Connection extends Duplex, LocalEnd {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Calls back when nothing was sent or received for so long. 0 ends that. */
  setTimeout(idleMs: number, onIdle?: () => void): unknown;
}

/**
 * An IPv4-mapped address, which a dual-stack listener reports, becomes IPv4, and so does one of the NAT64. A closed
 * socket has no address.
 */
function plainAddress(address: string | undefined): string {
  return address === undefined ? '' : meantAddress(canonicalAddress(address));
}

export function localEndpoint(socket: LocalEnd): Endpoint {
  return {
    address: plainAddress(socket.localAddress),
    port: socket.localPort ?? 0,
  };
}

export function remoteEndpoint(socket: Connection): Endpoint {
  return {
    address: plainAddress(socket.remoteAddress),
    port: socket.remotePort ?? 0,
  };
}

/**
 * The endpoint from which a client has connected; undefined if it is gone
 * already. An IPv4 address is told as IPv4 even by a dual-stack listener.
 */
export function clientEndpoint(socket: Socket): Endpoint | undefined {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) {
    return undefined;
  }
  // Most are IPv4 or IPv4-mapped and need no parsing.
  const plain = remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress;
  if (isIPv4(plain)) {
    return { address: plain, port: remotePort };
  }
  return { address: canonicalAddress(withoutZone(remoteAddress)), port: remotePort };
}

/** The endpoint that a client has dialled, in the same spelling. */
export function dialledEndpoint(socket: LocalEnd): Endpoint {
  const { address, port } = localEndpoint(socket);
  return { address: withoutZone(address), port };
}

const words: Partial<Record<string, string>> = {
  ECONNREFUSED: 'it refused the connection',
  ECONNRESET: 'it reset the connection',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to its network',
  ETIMEDOUT: 'it did not answer',
  EPIPE: 'it closed the connection',
  EADDRINUSE: 'the local port is in use',
  EMFILE: 'this process has too many open files (see ulimit -n)',
  ENFILE: 'this machine has too many open files',
};

/** Describes in words why a connection failed. "It" is the other side. */
export function connectError(error: unknown): string {
  return reasonOf(error, words);
}

const lineWords: Partial<Record<string, string>> = {
  ECONNRESET: 'the connection was reset',
  ECONNABORTED: 'this machine broke the connection off',
  EHOSTUNREACH: 'there is no route to the other side',
  ENETDOWN: 'this machine has no network',
  ENETUNREACH: 'this machine has no network',
  ETIMEDOUT: 'the other side did not answer',
  EPIPE: 'the other side closed the connection',
};

/** Describes in words why a channel to the peer has broken. */
export function lineError(error: unknown): string {
  // A record that is not as TLS expects it.
  return errorCode(error)?.startsWith('ERR_SSL') === true ? lineChanged : reasonOf(error, lineWords);
}

export const lineChanged = 'something on the way changed what the two sides send';

/** A person does not know the codes of the system. The message of an error without a code is ours. */
function reasonOf(error: unknown, known: Partial<Record<string, string>>): string {
  const code = errorCode(error);
  if (code === undefined) {
    return error instanceof Error ? error.message : String(error);
  }
  // Those of certificates have a message in words: `self-signed certificate`.
  const ownWords = /^E[A-Z0-9]+$|^ERR_/.test(code) || !(error instanceof Error) ? undefined : error.message;
  return known[code] ?? systemWords(code) ?? ownWords ?? 'the connection broke';
}

/** The addresses of this machine; none if the system does not tell them, or no file is left to ask with (EMFILE). */
export function ownAddresses(): string[] {
  return ownDevices().map(({ address }) => address);
}

/** The same with the names of their interfaces. */
export function ownDevices(): { readonly device: string; readonly address: string }[] {
  return interfaces().map(({ device, address }) => ({ device, address: canonicalAddress(address) }));
}

/** The same with the prefix lengths of their networks, `192.168.1.2/24`. */
export function ownNetworks(): string[] {
  return interfaces().flatMap(({ cidr }) => (cidr === null ? [] : [cidr]));
}

function interfaces(): (NetworkInterfaceInfo & { readonly device: string })[] {
  try {
    return Object.entries(networkInterfaces()).flatMap(([device, infos = []]) =>
      infos.map((info) => ({ ...info, device })),
    );
  } catch {
    return [];
  }
}

/**
 * Hands a connection on to its next reader: removes our listeners, puts back
 * the bytes that we read too far, and leaves it paused.
 */
export function releaseSocket(socket: Connection, rest: Uint8Array): void {
  for (const event of ['data', 'error', 'close', 'timeout']) {
    socket.removeAllListeners(event);
  }
  socket.setTimeout(0);
  socket.pause();
  if (rest.length > 0) {
    socket.unshift(rest);
  }
  // Until the next owner listens, a reset must not become an uncaught exception.
  socket.on('error', () => socket.destroy());
}
