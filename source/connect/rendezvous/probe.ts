import { randomBytes } from 'node:crypto';
import net, { type Socket } from 'node:net';
import { ProtocolError } from '../../errors.ts';
import type { Endpoint, Family } from '../../events.ts';
import { createLineDecoder } from '../../protocol/line-decoder.ts';
import { formatMessage, parseServerMessage } from '../../protocol/rendezvous-messages.ts';
import type { DialTarget } from './dial-server.ts';
import { dial } from '../../network/dial.ts';

/** The server closes probes first, so that the port is free for its next dial; this is for one that does not. */
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

/**
 * Shows the server the same local port from a second destination. Its failure is a finding, not an error. `seen`:
 * from where, undefined where that was not said.
 */
export function sendProbe(
  target: DialTarget,
  token: string,
): { readonly socket: Socket; readonly seen: Promise<Endpoint | undefined> } {
  const socket = net.connect(target, () => socket.write(formatMessage({ t: 'probe', token })));
  socket.on('error', () => socket.destroy());
  destroyIn(PROBE_TIMEOUT_MS, socket);
  const seen = readObserved(socket);
  socket.unref();
  return { socket, seen };
}

/** By the clock: one that goes on talking would never be idle. */
function destroyIn(ms: number, socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), ms);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

/**
 * What a probe port says on a connection to it, in one line; undefined where that ends without a word. Whoever
 * says more, or something else, is not listened to.
 */
function readObserved(socket: Socket): Promise<Endpoint | undefined> {
  return new Promise((resolve) => {
    const decoder = createLineDecoder();
    let hasAnswered = false;
    socket.once('close', () => resolve(undefined));
    socket.on('data', (chunk) => {
      try {
        if (hasAnswered) throw new ProtocolError('more than one line');
        decoder.push(chunk);
        const line = decoder.next();
        if (line === undefined) return;
        const message = parseServerMessage(line);
        if (message.t !== 'observed') throw new ProtocolError(message.t);
        hasAnswered = true;
        resolve({ address: message.you.address, port: message.you.port });
        if (decoder.rest().length > 0) throw new ProtocolError('more than one line');
      } catch (error) {
        socket.destroy();
        if (!(error instanceof ProtocolError)) throw error;
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
      else destroyIn(patienceMs, socket);
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
