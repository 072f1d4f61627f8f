import net, { type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../../errors.ts';
import type { Family } from '../../../events.ts';
import { formatServer, type Server } from '../../../network/endpoint.ts';
import { resolve } from '../../../network/resolve.ts';
import { anyAddress, connectError } from '../../../network/sockets.ts';

/** Bounds the TCP handshake. The kernel sends its SYN at 0, 1, 3 and 7 s. */
const DIAL_TIMEOUT_MS = 8000;
/** If three addresses do not answer, further ones are most likely of the same machine. */
const MAX_ADDRESSES = 3;

/** A bound socket, and what it is about to dial. */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export interface DialledServer {
  readonly socket: Socket;
  readonly family: Family;
  /** The duration of the TCP handshake. */
  readonly rttMs: number;
}

export interface DialServerOptions {
  readonly server: Server;
  readonly family?: Family | undefined;
  readonly signal: AbortSignal;
  /** Called when the local port is known and the SYN is about to leave. */
  readonly onBound?: (target: DialTarget) => void;
  /** Returns why an address of the server is not dialled; by default all are. */
  readonly refusal?: ((address: string) => string | undefined) | undefined;
  /** What to call it and what to check if it cannot be reached; by default a rendezvous. */
  readonly words?: { readonly what: string; readonly hint: string };
}

/**
 * Connects to a server from a port that later dials may use again. Tries the
 * server's addresses in turn. Throws ERR_RENDEZVOUS_UNREACHABLE, or the
 * signal's reason.
 */
export async function dialServer(options: DialServerOptions): Promise<DialledServer> {
  const { server, family, signal, refusal } = options;
  const words = options.words ?? {
    what: `the rendezvous ${formatServer(server)}`,
    hint: `Check the address, that "punchline serve" runs there, and that port ${server.port} is open.`,
  };
  const addresses = await resolve(server.host, family, signal);
  const failures: string[] = [];
  let cause: unknown;
  for (const one of addresses.slice(0, MAX_ADDRESSES)) {
    const why = refusal?.(one.address);
    if (why !== undefined) {
      failures.push(`${one.address}: ${why}, not dialled`);
      continue;
    }
    try {
      return await dialAddress(one.address, one.family, options);
    } catch (error) {
      signal.throwIfAborted();
      cause = error;
      failures.push(`${one.address}: ${connectError(error)}`);
    }
  }
  throw new PunchlineError(
    'ERR_RENDEZVOUS_UNREACHABLE',
    `${words.what} cannot be reached (${failures.join('; ')})`,
    { hint: words.hint, cause },
  );
}

function dialAddress(
  host: string,
  family: Family,
  { server: { port }, signal, onBound }: DialServerOptions,
): Promise<DialledServer> {
  const startedAt = performance.now();
  return new Promise((resolvePromise, reject) => {
    const localAddress = anyAddress(family);
    const socket = net.connect({
      host,
      port,
      // libuv sets SO_REUSEADDR on an explicit bind alone; without it no later dial could use this port.
      localAddress,
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
        onBound?.({ host, port, localAddress, localPort: socket.localPort });
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
