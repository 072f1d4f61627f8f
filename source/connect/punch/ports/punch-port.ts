import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Endpoint, Family, AttemptOutcome } from '../../../events.ts';
import { formatEndpoint } from '../../../network/endpoint.ts';
import { dial, type DialResult, type SocketOrigin } from '../../../network/dial.ts';
import { anyAddress } from '../../../network/nat64/translation.ts';
import { remoteEndpoint } from '../../../network/sockets.ts';
import { pause } from '../../../network/waiting.ts';

interface PunchPortOptions {
  readonly family: Family;
  /** By default the one that the kernel chooses. */
  readonly localAddress?: string | undefined;
  readonly localPort: number;
  /** How long a dial waits for an answer. */
  readonly patienceMs: number;
  /** A connection, dialled or accepted, that has proven nothing yet. The receiver owns it. */
  readonly onSocket: (socket: Socket, origin: SocketOrigin) => void;
  /** Called for each dial that could not leave, because no more files may be open. */
  readonly onLack?: () => void;
  /** Ends everything here, except sockets that were handed on. */
  readonly signal: AbortSignal;
}

/**
 * One local port that dials peers and listens for them. A dial from a port on
 * which something listens fails (EADDRINUSE). So each time the dials go first,
 * and the listener follows.
 */
export class PunchPort {
  readonly #options: PunchPortOptions;
  /** Dials that have no answer yet. A second one to the same endpoint would fail (EADDRNOTAVAIL). */
  readonly #pending = new Map<string, Promise<DialResult>>();
  /** Endpoints with which we have a connection, dialled by either side. They cannot be dialled while it lives. */
  readonly #connected = new Set<string>();
  readonly #onFree: (() => void)[] = [];
  #listener: Server | undefined;

  constructor(options: PunchPortOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', () => this.close(), { once: true });
  }

  /** Listens on a free port, from which dials leave afterwards. Rejects with the system's error. */
  static open(options: Omit<PunchPortOptions, 'localPort'>): Promise<PunchPort> {
    return new Promise((resolve, reject) => {
      const probe = net.createServer();
      probe.on('error', reject);
      probe.listen(
        { host: options.localAddress, port: 0, ipv6Only: options.family === 6, exclusive: true },
        () => {
          const { port } = probe.address() as AddressInfo;
          probe.close(() => {
            const opened = new PunchPort({ ...options, localPort: port });
            opened.#listen();
            resolve(opened);
          });
        },
      );
    });
  }

  get localPort(): number {
    return this.#options.localPort;
  }

  /**
   * Dials all targets at once, then listens. A dial that still waits for an
   * answer is not repeated. A target with a connection counts as connected.
   */
  dial(targets: readonly Endpoint[]): Promise<DialResult>[] {
    this.close();
    const dials = targets.map((to) => this.#dial(to));
    // The dials bind in the next tick, the listener in the turn after it.
    setImmediate(() => this.#listen());
    return dials;
  }

  /** Resolves when this port has no connection any more. */
  async free(): Promise<void> {
    if (this.#connected.size === 0) {
      return;
    }
    await new Promise<void>((resolve) => {
      this.#onFree.push(resolve);
    });
  }

  /** Stops listening, so that the port can dial. Connections stay. */
  close(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  #dial(to: Endpoint): Promise<DialResult> {
    const { localAddress, localPort, patienceMs, onLack, signal } = this.#options;
    const key = formatEndpoint(to);
    if (this.#connected.has(key)) {
      return Promise.resolve({ outcome: 'connected', ms: 0 });
    }
    const pending = this.#pending.get(key);
    if (pending !== undefined) {
      return pending;
    }
    const local = localAddress === undefined ? {} : { localAddress };
    const dialling = dial({ to, localPort, patienceMs, signal, ...local }).then((result) => {
      this.#pending.delete(key);
      if (result.lacksFile === true) {
        onLack?.();
      }
      if (result.socket !== undefined) {
        this.#give(key, result.socket, 'dialled');
      }
      return this.#connected.has(key) ? { ...result, outcome: 'connected' as const } : result;
    });
    this.#pending.set(key, dialling);
    return dialling;
  }

  #give(key: string, socket: Socket, origin: SocketOrigin): void {
    this.#connected.add(key);
    socket.once('close', () => {
      this.#connected.delete(key);
      if (this.#connected.size === 0) {
        for (const tell of this.#onFree.splice(0)) {
          tell();
        }
      }
    });
    this.#options.onSocket(socket, origin);
  }

  #listen(): void {
    const { family, localAddress, localPort, signal } = this.#options;
    if (signal.aborted || this.#listener !== undefined) {
      return;
    }
    const server = net.createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      this.#give(formatEndpoint(remoteEndpoint(socket)), socket, 'accepted');
    });
    // Another program may listen on this port at another address. Then the dials must do without a listener.
    server.on('error', () => undefined);
    // A server that is closed while its address is looked up listens all the same.
    server.on('listening', () => {
      if (this.#listener !== server) {
        server.close();
      }
    });
    server.listen({
      host: localAddress ?? anyAddress(family),
      port: localPort,
      ipv6Only: family === 6,
      exclusive: true,
    });
    this.#listener = server;
  }
}

/** How long we dial again after refusals. Within this time the SYNs of both sides cross, or they never do. */
const REDIAL_MS = 400;
/**
 * A refusal this fast means that the peer is so near that two SYNs hardly ever
 * cross. Then a dial must meet a listener. So each side listens between its
 * dials, for a random time, so that the two do not stay in step.
 */
const NEAR_MS = 10;
const nearPauseMs = { min: 5, spread: 25 };

export interface Dialled {
  readonly outcome: Exclude<AttemptOutcome, 'started'>;
  readonly ms: number;
  readonly dials: number;
}

/** Dials all targets, and for a while dials them again if all were refused. */
export async function dialAgain(
  port: PunchPort,
  targets: readonly Endpoint[],
  signal: AbortSignal,
): Promise<Dialled> {
  const startedAt = performance.now();
  for (let dials = targets.length; ; dials += targets.length) {
    const { outcome, ms } = await firstOf(port.dial(targets));
    const elapsed = Math.round(performance.now() - startedAt);
    if (outcome !== 'refused' || elapsed >= REDIAL_MS || signal.aborted) {
      return { outcome, ms: elapsed, dials };
    }
    if (ms < NEAR_MS) {
      await pause(nearPauseMs.min + Math.random() * nearPauseMs.spread, signal);
    }
  }
}

/** Resolves with the first dial that connects. If none does, resolves with how the first one ended, when all have ended. */
export async function firstOf(dials: readonly Promise<DialResult>[]): Promise<DialResult> {
  const connected = dials.map(async (dialling) => {
    const result = await dialling;
    if (result.outcome !== 'connected') {
      throw new Error(result.outcome);
    }
    return result;
  });
  try {
    return await Promise.any(connected);
  } catch {
    const [first] = dials;
    if (first === undefined) {
      throw new Error('nothing was dialled');
    }
    return first;
  }
}
