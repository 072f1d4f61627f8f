import { randomBytes } from 'node:crypto';
import net, { type Socket } from 'node:net';
import { ProtocolError } from '../../errors.ts';
import type { Endpoint, Family } from '../../events.ts';
import { createLineDecoder } from '../../protocol/line-decoder.ts';
import { formatMessage, parseServerMessage } from '../../protocol/rendezvous-messages.ts';
import type { DialTarget } from './dial-server.ts';
import { dial } from '../../network/dial.ts';
import type { Server } from '../../network/endpoint.ts';
import { anyAddress } from '../../network/sockets.ts';
import type { SentProbe } from '../place.ts';

/** The server closes probes first, so that the port is free for its next dial; this is for one that does not. */
const PROBE_TIMEOUT_MS = 5000;

interface ProbeOptions {
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
        if (hasAnswered) {
          throw new ProtocolError('more than one line');
        }
        decoder.push(chunk);
        const line = decoder.next();
        if (line === undefined) {
          return;
        }
        const message = parseServerMessage(line);
        if (message.t !== 'observed') {
          throw new ProtocolError(message.t);
        }
        hasAnswered = true;
        resolve({ address: message.you.address, port: message.you.port });
        if (decoder.rest().length > 0) {
          throw new ProtocolError('more than one line');
        }
      } catch (error) {
        socket.destroy();
        if (!(error instanceof ProtocolError)) {
          throw error;
        }
      }
    });
  });
}

function ask(socket: Socket, patienceMs: number, signal: AbortSignal): Promise<Endpoint | undefined> {
  return new Promise((resolve) => {
    function end(seen?: Endpoint) {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      // The server closes first, so that the port is free for its next dial; this is for one that does not.
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

const MAX_PORT = 65_535;
const TOKEN_BYTES = 16;

/** How a connection to the rendezvous has it see our NAT: by probes from the connection's own port, and from new ones. */
export class Probing {
  /** By it, the server knows the probe and the join for one client's. */
  readonly token = newToken();
  #seen: Promise<Endpoint | undefined> = Promise.resolve(undefined);
  readonly #guess: number;
  readonly #isGiven: boolean;
  #port: number;

  /** `given`: where the user says that the server listens for probes; else it is looked for beside the server's own port. */
  constructor(server: Server, given: number | undefined) {
    this.#isGiven = given !== undefined;
    this.#guess = given ?? server.port + 1;
    this.#port = this.#guess;
  }

  /** Where the server listens for probes, as far as is known. */
  get port(): number {
    return this.#port;
  }

  /** From where the probe of our own port was seen, whenever that is known; undefined where it never will be. */
  get seen(): Promise<Endpoint | undefined> {
    return this.#seen;
  }

  /** Whether the probe of our own port went where the server has no probe port, as we know by now. */
  get missed(): boolean {
    return this.#port !== this.#guess;
  }

  /** The server names its probe port. The user knows better: a router in front of it may show another one. */
  told(port: number): void {
    if (!this.#isGiven) {
      this.#port = port;
    }
  }

  /** Bound, and the SYN about to leave: the probe goes from the same port at the same moment, and so costs nothing. */
  beside(target: DialTarget): void {
    if (this.#port > MAX_PORT) {
      return;
    }
    this.#seen = sendProbe({ ...target, port: this.#port }, this.token).seen;
  }

  /** Probes from a new port, which a counting NAT maps to the next one. Throws where there is no port to be had. */
  anew({ remote, family }: { readonly remote: Endpoint; readonly family: Family }): Promise<SentProbe> {
    const token = newToken();
    const target = { host: remote.address, port: this.#port, localAddress: anyAddress(family), localPort: 0 };
    return new Promise((resolve, reject) => {
      const { socket } = sendProbe(target, token);
      socket.once('connectionAttempt', () => resolve({ localPort: socket.localPort ?? 0, token }));
      socket.once('error', reject);
    });
  }
}

function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}
