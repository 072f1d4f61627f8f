import type { Socket } from 'node:net';
import { SingleSource } from './admission/single-source.ts';
import { type ClassicPairing, createClassicPairing } from './classic-pairing.ts';
import type { ClientContext } from './client/client-context.ts';
import { ModernClient } from './client/client.ts';
import { detectProtocol } from './client/detect-protocol.ts';
import type { MappedEndpoint } from '../protocol/rendezvous-messages.ts';

const singleSourceWarning =
  'all clients come from one private address: a port proxy or the like in front of this server hides their real ones, ' +
  'so that they all share the limits of one address, and nobody can punch to them';

/** All clients of one server, classic and modern, from admission to the close of the socket. */
export class Clients {
  readonly #context: ClientContext;
  readonly #classic: ClassicPairing;
  readonly #singleSource = new SingleSource();
  /** Every connection to the main port. The value is undefined for a classic client and before the first byte. */
  readonly #clients = new Map<Socket, ModernClient | undefined>();

  constructor(context: ClientContext) {
    const { log, shown } = context;
    this.#context = context;
    this.#classic = createClassicPairing((first, second) => {
      log.info({ first: shown(first.mapped), second: shown(second.mapped) }, 'classic pair');
    });
  }

  accept(socket: Socket, mapped: MappedEndpoint): void {
    const { limits, lingering, log, shown } = this.#context;
    if (this.#singleSource.seen(mapped.address)) {
      log.warn({ from: shown(mapped) }, singleSourceWarning);
    }
    this.#clients.set(socket, undefined);
    socket.once('close', () => this.#clients.delete(socket));
    detectProtocol(socket, mapped, {
      limits,
      classic: this.#context.hosted === undefined ? this.#classic : undefined,
      lingering,
      onModern: (chunk) => {
        const client = new ModernClient(socket, mapped, this.#context);
        this.#clients.set(socket, client);
        client.receive(chunk);
      },
    });
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
    for (const [socket, client] of this.#clients) {
      if (client === undefined) {
        this.#context.lingering.close(socket);
      }
    }
  }

  /** Tells modern clients to come back, each after another time. */
  sendAway(isDue: (client: ModernClient) => boolean): void {
    for (const client of this.#clients.values()) {
      if (client !== undefined && isDue(client)) {
        client.retry(Math.round(this.#context.limits.retryMs * (1 + 2 * Math.random())));
      }
    }
  }
}
