/** Dials with a plain TCP socket from a chosen port, and tells what came back. */
import { readFileSync } from 'node:fs';
import net, { type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { errorCode, PunchlineError } from '../../errors.ts';
import { familyOf } from '../../network/address.ts';
import { anyAddress } from '../../network/nat64/translation.ts';
import { connectError, localEndpoint } from '../../network/sockets.ts';
import { unreachablesIn, type DialReport, type EndpointText } from './socket-report.ts';

export interface DialFromOptions {
  readonly to: EndpointText;
  /** 0: any. */
  readonly port: number;
  readonly timeoutMs: number;
  /** Called when the local port is known. The SYN leaves in this turn of the loop. */
  readonly onBound: (port: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Resolves with what became of the dial; undefined if the signal has ended it.
 * Rejects with ERR_PORT_IN_USE or ERR_PERMISSION if it could not leave. The caller
 * owns the socket of a connection.
 */
export async function dialFrom({
  to,
  port,
  timeoutMs,
  onBound,
  signal,
}: DialFromOptions): Promise<(DialReport & { readonly socket?: Socket }) | undefined> {
  const family = familyOf(to.address);
  const before = unreachables();
  const startedAt = performance.now();
  const socket = net.connect({
    host: to.address,
    port: to.port,
    localAddress: anyAddress(family),
    localPort: port,
    autoSelectFamily: false,
  });
  socket.once('connectionAttempt', () => onBound(socket.localPort ?? port));
  return new Promise((resolve, reject) => {
    function settle(report: Omit<DialReport, 'ms'> | undefined) {
      clearTimeout(timer);
      signal.removeEventListener('abort', abandon);
      const ms = Math.round(performance.now() - startedAt);
      if (report?.outcome !== 'connected') {
        socket.destroy();
      }
      resolve(report === undefined ? undefined : { ...report, ms, ...(socket.destroyed ? {} : { socket }) });
    }
    function abandon() {
      settle(undefined);
    }
    const timer = setTimeout(() => settle({ outcome: 'timeout', by: null, local: null }), timeoutMs);
    signal.addEventListener('abort', abandon);
    socket.on('error', (error) => {
      const refusal = ownRefusal(error, port);
      if (refusal !== undefined) {
        clearTimeout(timer);
        signal.removeEventListener('abort', abandon);
        reject(refusal);
        return;
      }
      const by = unreachables() > before ? 'icmp' : 'rst';
      settle(
        errorCode(error) === 'ECONNREFUSED' || errorCode(error) === 'ECONNRESET'
          ? { outcome: 'refused', by, local: null }
          : {
              outcome: 'unreachable',
              by: by === 'icmp' ? by : null,
              local: null,
              reason: connectError(error),
            },
      );
    });
    socket.once('connect', () => settle({ outcome: 'connected', by: null, local: localEndpoint(socket) }));
  });
}

function ownRefusal(error: unknown, port: number): PunchlineError | undefined {
  if (errorCode(error) === 'EADDRINUSE') {
    return new PunchlineError('ERR_PORT_IN_USE', `another socket uses port ${port} already`, {
      hint: 'A socket may listen on a port from which another has dialled, and not the other way round: dial first, or with --listen.',
      cause: error,
    });
  }
  return errorCode(error) === 'EACCES'
    ? new PunchlineError('ERR_PERMISSION', `this user may not use port ${port}`, {
        hint: 'Ports below 1024 are for root: take a higher one.',
        cause: error,
      })
    : undefined;
}

/** How many ICMP messages have told this host that something cannot be reached. A socket says only that it was refused. */
function unreachables(): number {
  return unreachablesIn(contentOf('/proc/self/net/snmp'), contentOf('/proc/self/net/snmp6'));
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
