import type { Socket } from 'node:net';
import { ProtocolError } from '../errors.ts';
import type { Family } from '../events.ts';
import type { IdleLifetime } from '../nat/doctor-report.ts';
import type { Server } from '../network/endpoint.ts';
import { createLineDecoder } from '../protocol/line-decoder.ts';
import { formatMessage, parseServerMessage, RENDEZVOUS_VERSION } from '../protocol/rendezvous-messages.ts';
import { dialServer } from '../connect/rendezvous/dial-server.ts';

/** Steps of about a quarter: a keepalive that is to be safe is chosen far below what is found. */
const stepsS = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360, 480, 600,
];
/** What is lost on the way is sent again after about 0.3, 0.9 and 2.1 s. */
const GRACE_MS = 3000;

export interface IdleLifetimeOptions {
  /** An address, not a name. */
  readonly server: Server;
  readonly family: Family;
  /** The longest silence that is tried. */
  readonly upToMs: number;
  readonly onProgress?: ((idleMs: number, isAlive: boolean) => void) | undefined;
  readonly signal: AbortSignal;
}

/**
 * How long our NAT remembers a connection on which nothing passes. Many
 * connections at once, each idle for another time, after which the server
 * speaks first: a NAT that has forgotten has nobody to give that to, whereas
 * our own packet would make it learn the connection anew. The first one that
 * stays silent ends it. Throws ERR_RENDEZVOUS_UNREACHABLE, or the signal's reason.
 */
export async function idleLifetime({
  upToMs,
  onProgress,
  signal,
  ...target
}: IdleLifetimeOptions): Promise<IdleLifetime> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const silences = [...stepsS.map((step) => step * 1000).filter((step) => step < upToMs), upToMs];
  let atLeastMs = 0;
  let lessThanMs: number | null = null;
  await Promise.all(
    silences.map(async (idleMs) => {
      const socket = await connect({ ...target, signal: until });
      const isAlive = socket !== undefined && (await isWoken(socket, idleMs, until));
      if (until.aborted) {
        return;
      }
      onProgress?.(idleMs, isAlive);
      if (isAlive) {
        atLeastMs = Math.max(atLeastMs, idleMs);
      }
      // One that was idle for longer has spoken meanwhile: what was lost here was not the mapping.
      else if (idleMs > atLeastMs) {
        lessThanMs = idleMs;
        over.abort();
      }
    }),
  );
  signal.throwIfAborted();
  return { atLeastMs, lessThanMs };
}

async function connect(target: {
  server: Server;
  family: Family;
  signal: AbortSignal;
}): Promise<Socket | undefined> {
  try {
    const { socket } = await dialServer(target);
    // A keepalive is a packet, too.
    socket.setKeepAlive(false);
    return socket;
  } catch (error) {
    // Another connection has decided it.
    if (target.signal.aborted) {
      return undefined;
    }
    throw error;
  }
}

/** Resolves when the server has spoken, or was silent for too long; destroys the socket. */
function isWoken(socket: Socket, idleMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const decoder = createLineDecoder();
    function end(isAlive: boolean) {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(isAlive);
    }
    function onAbort() {
      return end(false);
    }
    const timer = setTimeout(() => end(false), idleMs + GRACE_MS);
    signal.addEventListener('abort', onAbort);
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', (chunk) => {
      try {
        decoder.push(chunk);
        const line = decoder.next();
        if (line !== undefined) {
          end(parseServerMessage(line).t === 'awake');
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) {
          throw error;
        }
        end(false);
      }
    });
    socket.write(formatMessage({ t: 'wake', v: RENDEZVOUS_VERSION, afterMs: idleMs }));
    if (signal.aborted) {
      end(false);
    }
  });
}
