import net, { type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { errorCode, outOfFiles } from '../errors.ts';
import type { AttemptOutcome, Endpoint } from '../events.ts';
import { wayTo } from './nat64/translation.ts';
import { localEndpoint, remoteEndpoint } from './sockets.ts';

/** The origin of a socket of a punch: we dialled it, we accepted it from anybody, or the relay gave it to us. */
export type SocketOrigin = 'dialled' | 'accepted' | 'relayed';

export interface DialResult {
  readonly outcome: Exclude<AttemptOutcome, 'started'>;
  /** Present if the dial connected. The caller owns it. */
  readonly socket?: Socket;
  readonly ms: number;
  /** Whether it could not leave, because no more files may be open. */
  readonly lacksFile?: true;
}

export interface DialOptions {
  readonly to: Endpoint;
  /** The local address to dial from, without a NAT64 on the way; by default the kernel chooses. */
  readonly localAddress?: string;
  /** 0: any. */
  readonly localPort: number;
  /**
   * How long to wait for an answer. A dial that may be half open must not end
   * earlier: closing it sends RST, which kills a connection already won.
   */
  readonly patienceMs: number;
  /** Called when the local port is known and the SYN is about to leave. */
  readonly onBound?: (localPort: number) => void;
  readonly signal: AbortSignal;
}

/** One TCP dial from a chosen local port. Never rejects: a failure is a result, too. */
export function dial({
  to,
  localAddress,
  localPort,
  patienceMs,
  onBound,
  signal,
}: DialOptions): Promise<DialResult> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const way = wayTo(to.address);
    const socket = net.connect({
      host: way.host,
      port: to.port,
      localAddress: localAddress ?? way.localAddress,
      localPort,
      // A punch has one destination: Happy Eyeballs would only delay it.
      autoSelectFamily: false,
      noDelay: true,
    });
    socket.once('connectionAttempt', () => {
      if (socket.localPort !== undefined) {
        onBound?.(socket.localPort);
      }
    });
    function end(outcome: DialResult['outcome'], failure?: Error) {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      const ms = Math.round(performance.now() - startedAt);
      if (outcome === 'connected') {
        socket.off('error', onError);
        // Until the next owner listens, a reset must not become an uncaught exception.
        socket.on('error', () => socket.destroy());
        resolve({ outcome, socket, ms });
        return;
      }
      socket.destroy();
      resolve({ outcome, ms, ...(outOfFiles(failure) !== undefined && { lacksFile: true }) });
    }
    function onAbort() {
      return end('abandoned');
    }
    function onError(error: Error) {
      return end(outcomeOf(error), error);
    }
    const timer = setTimeout(() => end('timeout'), patienceMs);
    socket.on('error', onError);
    socket.once('connect', () => end(isSelf(socket) ? 'refused' : 'connected'));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) {
      onAbort();
    }
  });
}

/** A dial to its own address and port connects to itself, because TCP takes it for a simultaneous open. */
function isSelf(socket: Socket): boolean {
  const local = localEndpoint(socket);
  const remote = remoteEndpoint(socket);
  return local.address === remote.address && local.port === remote.port;
}

function outcomeOf(error: Error): DialResult['outcome'] {
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return 'refused';
    case 'ETIMEDOUT':
      return 'timeout';
    default:
      return 'unreachable';
  }
}
