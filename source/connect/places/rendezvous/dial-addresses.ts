import net, { type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../../errors.ts';
import type { Family } from '../../../events.ts';
import { formatServer, type Server } from '../../../network/endpoint.ts';
import { AllFailed, firstToSucceed } from '../../../network/happy-eyeballs.ts';
import type { Proxy } from '../../../network/proxy/proxy.ts';
import { resolve, type ResolvedAddress } from '../../../network/resolve.ts';
import { wayTo } from '../../../network/nat64/translation.ts';
import { connectError } from '../../../network/sockets.ts';

/** Bounds the TCP handshake. The kernel sends its SYN at 0, 1, 3 and 7 s. */
const DIAL_TIMEOUT_MS = 8000;
/** Bounds the dials to a name that somebody else has filled. */
const MAX_ADDRESSES = 32;

/** A bound socket, and what it is about to dial. Behind a NAT64 that is the translated address. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export interface DialledServer {
  readonly socket: Socket;
  readonly family: Family;
  /** The duration of the TCP handshake, or of the answer of a proxy that has made it. */
  readonly rttMs: number;
}

export interface DialServerOptions {
  readonly server: Server;
  /** What leads to the server. It looks the name up, and all that is said here of addresses is about its own. */
  readonly proxy?: Proxy | undefined;
  readonly family?: Family | undefined;
  /** How many addresses are dialled at most; by default 32. */
  readonly maxAddresses?: number | undefined;
  /** The address that has worked last. If the server still has it, it is dialled first. */
  readonly preferred?: string | undefined;
  readonly signal: AbortSignal;
  /** Called for each address that is dialled, when the local port is known and the SYN is about to leave. */
  readonly onBound?: (target: DialTarget) => void;
  /** Returns why an address of the server is not dialled; by default all are. */
  readonly refusal?: ((address: string) => string | undefined) | undefined;
  /** What to call it and what to check if it cannot be reached; by default a rendezvous. */
  readonly words?: { readonly what: string; readonly hint: string };
}

/**
 * Connects to a server from a port that later dials may use again. Dials its
 * addresses as RFC 8305 says: the next one as soon as one fails, or has not
 * answered for 250 ms. The first that connects ends the others. The first SYN
 * leaves in this turn, unless a name or a NAT64 has to be looked up. Throws
 * ERR_RENDEZVOUS_UNREACHABLE, or the signal's reason.
 */
export async function dialAddresses(options: DialServerOptions): Promise<DialledServer> {
  const { server, family, maxAddresses = MAX_ADDRESSES, preferred, signal, refusal } = options;
  const found = await resolve(server.host, family, signal);
  const first = found.filter(({ address }) => address === preferred);
  const others = found.filter(({ address }) => address !== preferred);
  const addresses = [...first, ...others].slice(0, maxAddresses);
  try {
    return await firstToSucceed(addresses, {
      attempt: async (one, until) => {
        const why = refusal?.(one.address);
        if (why !== undefined) {
          throw new Error(`${why}, not dialled`);
        }
        return dialAddress(one.address, one.family, { ...options, signal: until });
      },
      discard: ({ socket }) => socket.destroy(),
      signal,
    });
  } catch (error) {
    throw error instanceof AllFailed ? unreachable(options, addresses, error.failures) : error;
  }
}

export function unreachable(
  { server, words }: DialServerOptions,
  addresses: readonly ResolvedAddress[],
  failures: readonly unknown[],
): PunchlineError {
  const { what, hint } = words ?? {
    what: `the rendezvous ${formatServer(server)}`,
    hint: `Check the address, that "punchline serve" runs there, and that port ${server.port} is open.`,
  };
  const texts = addresses.map(({ address }, index) => `${address}: ${connectError(failures[index])}`);
  return new PunchlineError('ERR_RENDEZVOUS_UNREACHABLE', `${what} cannot be reached (${texts.join('; ')})`, {
    hint,
    cause: failures.at(-1),
  });
}

function dialAddress(
  host: string,
  family: Family,
  { server: { port }, signal, onBound }: DialServerOptions,
): Promise<DialledServer> {
  const startedAt = performance.now();
  return new Promise((resolvePromise, reject) => {
    const way = wayTo(host);
    const socket = net.connect({
      // libuv sets SO_REUSEADDR on an explicit bind alone; without it no later dial could use this port.
      ...way,
      port,
      autoSelectFamily: false,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 25_000,
    });
    function fail(error: unknown) {
      finish();
      socket.destroy();
      reject(error);
    }
    function onAbort() {
      return fail(signal.reason);
    }
    const timer = setTimeout(
      () => fail(new Error(`no answer within ${DIAL_TIMEOUT_MS / 1000} s`)),
      DIAL_TIMEOUT_MS,
    );
    function finish() {
      clearTimeout(timer);
      socket.off('error', fail);
      signal.removeEventListener('abort', onAbort);
    }
    socket.once('connectionAttempt', () => {
      if (socket.localPort !== undefined) {
        onBound?.({ ...way, port, localPort: socket.localPort });
      }
    });
    socket.once('connect', () => {
      finish();
      resolvePromise({ socket, family, rttMs: performance.now() - startedAt });
    });
    socket.once('error', fail);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) {
      onAbort();
    }
  });
}
