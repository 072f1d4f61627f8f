import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { TokenBucket } from '../../network/token-bucket.ts';
import { formatMessage, type MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import type { LingeringClose } from '../sockets/lingering-close.ts';
import type { Limits } from '../limits.ts';
import type { Refusal } from './refusal.ts';
import type { Shares } from './shares.ts';

export interface Entrance {
  sharesOf(address: string): Shares;
  enter(shares: Shares): Promise<Refusal | undefined>;
  leave(shares: Shares): void;
  onRefused(refusal: Refusal, from: MappedEndpoint): void;
}

/**
 * Admits connections, or refuses them before a byte of theirs is read. A bounded
 * number of them is told the reason; the rest of a flood is reset.
 */
export class Reception {
  readonly #limits: Limits;
  readonly #lingering: LingeringClose;
  readonly #told = new Set<Socket>();
  readonly #tellings: TokenBucket;

  constructor(limits: Limits, lingering: LingeringClose) {
    this.#limits = limits;
    this.#lingering = lingering;
    this.#tellings = new TokenBucket(limits.maxToldRefusals, limits.toldRefusalEveryMs);
  }

  async receive(
    socket: Socket,
    from: MappedEndpoint,
    entrance: Entrance,
    onAdmitted: () => void,
  ): Promise<void> {
    const shares = entrance.sharesOf(from.address);
    const refused = await entrance.enter(shares);
    if (refused !== undefined) {
      this.#turnAway(socket, refused);
      entrance.onRefused(refused, from);
      return;
    }
    if (socket.destroyed) {
      entrance.leave(shares);
      return;
    }
    socket.once('close', () => entrance.leave(shares));
    onAdmitted();
  }

  destroy(): void {
    for (const socket of this.#told) {
      socket.destroy();
    }
  }

  #turnAway(socket: Socket, { message }: Refusal): void {
    if (this.#told.size >= this.#limits.maxToldRefusals || !this.#tellings.take(performance.now())) {
      socket.resetAndDestroy();
      return;
    }
    this.#told.add(socket);
    socket.once('close', () => this.#told.delete(socket));
    socket.write(formatMessage({ t: 'error', code: 'ERR_RENDEZVOUS_REFUSED', message }));
    this.#lingering.close(socket);
  }
}
