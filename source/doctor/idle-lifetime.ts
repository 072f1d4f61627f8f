import type { Socket } from 'node:net';
import { ProtocolError } from '../errors.ts';
import type { Family } from '../events.ts';
import type { IdleLifetime } from '../nat/doctor-report.ts';
import type { Server } from '../network/endpoint.ts';
import { manyListeners } from '../network/waiting.ts';
import { createLineDecoder } from '../protocol/framing/line-decoder.ts';
import { formatMessage, parseServerMessage, RENDEZVOUS_VERSION } from '../protocol/rendezvous-messages.ts';
import { dialServer } from '../connect/places/rendezvous/dial-server.ts';

/** Each is about a quarter longer than the last. A safe keepalive is far below the result, so finer steps help nobody. */
const stepsS = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 360, 480, 600,
];
/** TCP sends a lost packet again after about 0.3, 0.9 and 2.1 s. */
const GRACE_MS = 3000;

export interface IdleLifetimeOptions {
  /** The host must be an address and not a name. */
  readonly server: Server;
  readonly family: Family;
  /** The longest silence that is tried. */
  readonly upToMs: number;
  readonly onProgress?: ((idleMs: number, isAlive: boolean) => void) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Finds out how long our NAT remembers an idle connection. It opens many
 * connections at once, each idle for another time. Then the server sends first: a
 * NAT that has forgotten the connection drops the packet, whereas a packet of
 * ours would make it learn the connection anew. The first connection that stays
 * silent ends the test. Throws ERR_RENDEZVOUS_UNREACHABLE, or the signal's reason.
 */
export async function idleLifetime({
  upToMs,
  onProgress,
  signal,
  ...target
}: IdleLifetimeOptions): Promise<IdleLifetime> {
  const over = new AbortController();
  const until = manyListeners(AbortSignal.any([signal, over.signal]));
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
      // If a longer idle connection still works, this one was not lost with its mapping, so it does not count.
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
    // Another connection has ended the test.
    if (target.signal.aborted) {
      return undefined;
    }
    throw error;
  }
}

/** Whether the server's line arrives in time. Destroys the socket. */
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
