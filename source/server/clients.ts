import type { Socket } from 'node:net';
import { SingleSource } from './admission/single-source.ts';
import { type ClassicPairing, createClassicPairing } from './classic-pairing.ts';
import type { ClientContext } from './client/client-context.ts';
import { ModernClient } from './client/client.ts';
import { detectProtocol } from './client/detect-protocol.ts';
import type { MappedEndpoint } from '../protocol/rendezvous-messages.ts';
import type { ClientStream } from './sockets/client-stream.ts';
import type { Arrived, WebDoor } from './web/web-door.ts';

const singleSourceWarning =
  'all clients come from one private address: a port proxy or the like in front of this server hides their real ones, ' +
  'so that they all share the limits of one address, and nobody can punch to them';

/** What a server for everybody has besides the clients themselves. */
export interface ClientsOptions {
  /** Opens what answers TLS, HTTP and WebSockets. */
  readonly openDoor?: (onArrived: (arrived: Arrived) => void) => WebDoor;
  /** Whether an address is that of a reverse proxy. */
  readonly isForwarder?: (address: string) => boolean;
  /** Admits a client that such a proxy has brought, or refuses it. */
  readonly admit?: (stream: ClientStream, from: MappedEndpoint, onAdmitted: () => void) => void;
}

/** All clients of one server, classic and modern, from admission to the close of the socket. */
export class Clients {
  readonly #context: ClientContext;
  readonly #options: ClientsOptions;
  readonly door: WebDoor | undefined;
  readonly #classic: ClassicPairing;
  readonly #singleSource = new SingleSource();
  /** Every connection to the main port. The value is undefined for a classic client and before the first byte. */
  readonly #clients = new Map<Socket, ModernClient | undefined>();

  constructor(context: ClientContext, options: ClientsOptions = {}) {
    const { log, shown } = context;
    this.#context = context;
    this.#options = options;
    this.door = options.openDoor?.((arrived) => this.#admit(arrived));
    this.#classic = createClassicPairing((first, second) => {
      log.info({ first: shown(first.mapped), second: shown(second.mapped) }, 'classic pair');
    });
  }

  accept(tcp: Socket, from: MappedEndpoint): void {
    const { hosted, limits, lingering, log, shown } = this.#context;
    const isForwarded = this.#options.isForwarder?.(from.address) === true;
    if (!isForwarded && this.#singleSource.seen(from.address)) {
      log.warn({ from: shown(from) }, singleSourceWarning);
    }
    this.#clients.set(tcp, undefined);
    tcp.once('close', () => {
      const client = this.#clients.get(tcp);
      this.#clients.delete(tcp);
      if (client !== undefined) {
        log.debug({ from: client.shown }, 'left');
      }
    });
    detectProtocol(tcp, from, {
      limits,
      classic: hosted === undefined && !isForwarded ? this.#classic : undefined,
      lingering,
      onModern: (chunk) => {
        if (this.door?.takes(chunk) === true) {
          this.door.take(tcp, chunk, from);
          return;
        }
        const arrived = { tcp, stream: tcp, source: from, isMapped: !isForwarded, isForwarded };
        if (isForwarded) {
          tcp.pause();
          tcp.unshift(chunk);
          this.#admit(arrived);
        } else {
          // Nearly all clients come this way. To put their bytes back first would cost each of them a turn.
          this.#enter(arrived).receive(chunk);
        }
      },
    });
  }

  /** Those that no proxy has brought were admitted when they connected. */
  #admit(arrived: Arrived): void {
    if (arrived.isForwarded) {
      this.#options.admit?.(arrived.stream, arrived.source, () => this.#enter(arrived));
    } else {
      this.#enter(arrived);
    }
  }

  #enter({ tcp, stream, source, isMapped }: Arrived): ModernClient {
    const client = new ModernClient(stream, { source, isMapped }, this.#context);
    this.#clients.set(tcp, client);
    this.#context.log.debug({ from: client.shown }, 'came');
    stream.resume();
    return client;
  }

  /** All but those that are the host's now. */
  get sockets(): readonly Socket[] {
    return [...this.#clients].filter(([, client]) => client?.isReleased !== true).map(([socket]) => socket);
  }

  counts(): { readonly connections: number; readonly classicWaiting: number } {
    return { connections: this.#clients.size, classicWaiting: this.#classic.waiting };
  }

  get matched(): number {
    return [...this.#clients.values()].filter((client) => client?.isMatched).length;
  }

  /** Closes classic clients, and those that have sent nothing yet. */
  closeClassic(): void {
    this.#classic.close();
    this.door?.close();
    for (const [socket, client] of this.#clients) {
      if (client === undefined) {
        this.#context.lingering.close(socket);
      }
    }
  }

  /** Tells those modern clients to come back that are not matched, each after another time. */
  sendWaitingAway(): void {
    for (const client of this.#clients.values()) {
      client?.retryUnlessMatched(this.#retryMs());
    }
  }

  /** Tells all modern clients to come back. */
  sendAllAway(): void {
    for (const client of this.#clients.values()) {
      client?.retry(this.#retryMs());
    }
  }

  #retryMs(): number {
    return Math.round(this.#context.limits.retryMs * (1 + 2 * Math.random()));
  }
}
