import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { destroyIn, readObserved } from '../connect/places/rendezvous/probe.ts';
import type { Endpoint } from '../events.ts';
import { dial } from '../network/dial.ts';
import { formatMessage } from '../protocol/rendezvous-messages.ts';

interface ProbeOptions {
  readonly to: Endpoint;
  readonly localPort: number;
  /** Bounds the handshake, and after it the wait for the answer. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/** Asks a probe port of the rendezvous at which endpoint it sees one of our local ports; undefined without an answer. */
export async function askProbePort({ patienceMs, ...options }: ProbeOptions): Promise<Endpoint | undefined> {
  const { socket } = await dial({ patienceMs, ...options });
  return socket === undefined ? undefined : ask(socket, patienceMs, options.signal);
}

function ask(socket: Socket, patienceMs: number, signal: AbortSignal): Promise<Endpoint | undefined> {
  return new Promise((resolve) => {
    function end(seen?: Endpoint) {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      // The server closes first, so that our port is free for the next dial. A timer ends one that does not.
      if (seen === undefined || signal.aborted) {
        socket.destroy();
      } else {
        destroyIn(patienceMs, socket);
      }
      resolve(seen);
    }
    function onAbort() {
      return end();
    }
    const timer = setTimeout(end, patienceMs);
    signal.addEventListener('abort', onAbort);
    void readObserved(socket).then(end);
    socket.write(formatMessage({ t: 'probe', token: randomBytes(16).toString('base64url') }));
    if (signal.aborted) {
      end();
    }
  });
}
