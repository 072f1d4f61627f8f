import { randomBytes } from 'node:crypto';
import net, { type Socket } from 'node:net';
import { ProtocolError } from '../errors.ts';
import type { Endpoint, Family } from '../events.ts';
import { createLineDecoder } from '../core/line-decoder.ts';
import { formatMessage, parseServerMessage } from '../core/rendezvous-messages.ts';
import type { DialTarget } from './dial-server.ts';
import { dial } from './dial.ts';

/** The server closes probes first; this is for one that does not. */
const PROBE_TIMEOUT_MS = 5000;

export interface ProbeOptions {
  readonly to: Endpoint;
  readonly family: Family;
  readonly localPort: number;
  /** Bounds the handshake, and then the wait for the answer. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/** From where a probe port of the rendezvous sees one of our local ports; undefined where it did not say so. */
export async function probe({ patienceMs, ...options }: ProbeOptions): Promise<Endpoint | undefined> {
  const { socket } = await dial({ patienceMs, ...options });
  return socket === undefined ? undefined : ask(socket, patienceMs, options.signal);
}

/** Shows the server the same local port from a second destination. Its failure is a finding, not an error. */
export function sendProbe(target: DialTarget, token: string): Socket {
  const socket = net.connect(target, () => socket.write(formatMessage({ t: 'probe', token })));
  socket.on('error', () => socket.destroy());
  socket.setTimeout(PROBE_TIMEOUT_MS, () => socket.destroy());
  socket.resume();
  socket.unref();
  return socket;
}

/** What a probe port says on a connection to it; undefined where that ends without a word. */
export function readObserved(socket: Socket): Promise<Endpoint | undefined> {
  return new Promise((resolve) => {
    const decoder = createLineDecoder();
    socket.once('close', () => resolve(undefined));
    socket.on('data', (chunk) => {
      try {
        decoder.push(chunk);
        const line = decoder.next();
        if (line === undefined) return;
        const message = parseServerMessage(line);
        resolve(
          message.t === 'observed' ? { address: message.you.address, port: message.you.port } : undefined,
        );
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        resolve(undefined);
      }
    });
  });
}

function ask(socket: Socket, patienceMs: number, signal: AbortSignal): Promise<Endpoint | undefined> {
  return new Promise((resolve) => {
    const end = (seen?: Endpoint) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      // The server closes first, so that the port is free for its next dial; this is for one that does not.
      if (seen === undefined || signal.aborted) socket.destroy();
      else socket.setTimeout(patienceMs, () => socket.destroy());
      resolve(seen);
    };
    const onAbort = () => end();
    const timer = setTimeout(end, patienceMs);
    signal.addEventListener('abort', onAbort);
    void readObserved(socket).then(end);
    socket.write(formatMessage({ t: 'probe', token: randomBytes(16).toString('base64url') }));
    if (signal.aborted) end();
  });
}
