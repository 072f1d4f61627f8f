import type { Socket } from 'node:net';
import { SingleSource } from './admission/single-source.ts';
import { type ClassicPairing, createClassicPairing } from './classic-pairing.ts';
import type { ClientContext } from './client/client-context.ts';
import { ModernClient } from './client/client.ts';
import { detectProtocol } from './client/detect-protocol.ts';
import type { MappedEndpoint } from '../protocol/rendezvous-messages.ts';

const loneSourceWarning =
  'all clients come from one private address: something in front of this server hides them, such as a port proxy, ' +
  'so that the limits by address hold for all together, and none of them can be punched to';

/** All clients of one server, classic and modern, from their admission to the close of their socket. */
export class Clients {
  readonly #context: ClientContext;
  readonly #classic: ClassicPairing;
  readonly #loneSource = new SingleSource();
  /** Every connection to the main port; without a value where it is not modern, or not yet. */
  readonly #clients = new Map<Socket, ModernClient | undefined>();

  constructor(context: ClientContext) {
    const { log, shown } = context;
    this.#context = context;
    this.#classic = createClassicPairing((first, second) => {
      log.info({ first: shown(first.mapped), second: shown(second.mapped) }, 'classic pair');
    });
  }

  accept(socket: Socket, mapped: MappedEndpoint): void {
    const { limits, gentle, log, shown } = this.#context;
    if (this.#loneSource.seen(mapped.address)) {
      log.warn({ from: shown(mapped) }, loneSourceWarning);
    }
    this.#clients.set(socket, undefined);
    socket.once('close', () => this.#clients.delete(socket));
    detectProtocol(socket, mapped, {
      limits,
      classic: this.#classic,
      gentle,
      onModern: (chunk) => {
        const client = new ModernClient(socket, mapped, this.#context);
        this.#clients.set(socket, client);
        client.receive(chunk);
      },
    });
  }

  get sockets(): readonly Socket[] {
    return [...this.#clients.keys()];
  }

  counts(): { readonly connections: number; readonly classicWaiting: number } {
    return { connections: this.#clients.size, classicWaiting: this.#classic.waiting };
  }

  get matched(): number {
    return [...this.#clients.values()].filter((client) => client?.isMatched).length;
  }

  /** Closes those that are classic, or have said nothing yet. */
  closeClassic(): void {
    this.#classic.close();
    for (const [socket, client] of this.#clients) {
      if (client === undefined) {
        this.#context.gentle.close(socket);
      }
    }
  }

  /** Tells modern clients to come again, each after a time of its own. */
  sendAway(isDue: (client: ModernClient) => boolean): void {
    for (const client of this.#clients.values()) {
      if (client !== undefined && isDue(client)) {
        client.retry(Math.round(this.#context.limits.retryMs * (1 + 2 * Math.random())));
      }
    }
  }
}
