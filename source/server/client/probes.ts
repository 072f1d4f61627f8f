import type { Socket } from 'node:net';
import { createLineDecoder } from '../../protocol/line-decoder.ts';
import { formatMessage, parseProbeMessage, type MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import { ProtocolError } from '../../errors.ts';
import type { GentleClose } from '../sockets/lingering-close.ts';
import type { Limits } from '../limits.ts';

/** The one line of a probe: a token of at most 64 bytes, and room for fields to come. */
const MAX_PROBE_LINE_BYTES = 512;

/**
 * What the second port sees. A probe and a join name the same token; whichever
 * comes first waits here for the other.
 */
export interface Probes {
  accept(socket: Socket, from: MappedEndpoint): void;
  /**
   * Calls back once with the endpoint that a probe with this token was seen
   * from, at once where it is known, or with undefined after `waitMs`.
   * Returns a function that forgets the call.
   */
  wait(token: string, waitMs: number, callback: (seen: MappedEndpoint | undefined) => void): () => void;
  counts(): { readonly sockets: number; readonly observations: number };
  close(): void;
}

export function createProbes(limits: Limits, gentle: GentleClose): Probes {
  const sockets = new Set<Socket>();
  const observations = new Map<string, { endpoint: MappedEndpoint; timer: NodeJS.Timeout }>();
  const waiting = new Map<string, (seen: MappedEndpoint) => void>();

  function forget(token: string) {
    clearTimeout(observations.get(token)?.timer);
    observations.delete(token);
  }

  function observe(token: string, endpoint: MappedEndpoint) {
    const waits = waiting.get(token);
    if (waits !== undefined) {
      waits(endpoint);
      return;
    }
    forget(token);
    const [oldest] = observations.keys();
    if (oldest !== undefined && observations.size >= limits.maxObservations) {
      forget(oldest);
    }
    observations.set(token, { endpoint, timer: setTimeout(() => forget(token), limits.observationMs) });
  }

  return {
    accept(socket, endpoint) {
      const decoder = createLineDecoder({ maxBytes: MAX_PROBE_LINE_BYTES });
      // We close first: TIME_WAIT then stays here, and the client's port is free for its next dial.
      function close() {
        clearTimeout(timer);
        gentle.close(socket);
      }
      const timer = setTimeout(close, limits.firstLineMs);
      sockets.add(socket);
      socket.on('close', () => {
        clearTimeout(timer);
        sockets.delete(socket);
      });
      socket.on('data', (chunk) => {
        try {
          decoder.push(chunk);
          const line = decoder.next();
          if (line === undefined) {
            return;
          }
          observe(parseProbeMessage(line).token, endpoint);
          socket.write(formatMessage({ t: 'observed', you: endpoint }));
        } catch (error) {
          if (!(error instanceof ProtocolError)) {
            throw error;
          }
        }
        close();
      });
    },

    wait(token, waitMs, callback) {
      const known = observations.get(token);
      if (known !== undefined) {
        forget(token);
        callback(known.endpoint);
        return () => {};
      }
      function cancel() {
        clearTimeout(timer);
        if (waiting.get(token) === answer) {
          waiting.delete(token);
        }
      }
      function answer(seen?: MappedEndpoint) {
        cancel();
        callback(seen);
      }
      const timer = setTimeout(answer, waitMs);
      waiting.set(token, answer);
      return cancel;
    },

    counts: () => ({ sockets: sockets.size, observations: observations.size }),

    close() {
      for (const socket of sockets) {
        socket.destroy();
      }
      for (const token of observations.keys()) {
        forget(token);
      }
    },
  };
}
