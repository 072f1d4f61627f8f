import type { Socket } from 'node:net';
import { formatMessage, type MappedEndpoint } from '../core/rendezvous-messages.ts';
import type { ShareKey } from './admission.ts';
import type { Limits } from './limits.ts';
import type { Refusal } from './refusal.ts';
import { closeGently } from './sockets.ts';

/** A refused client says one line at most, and hears one. */
const refusedLingerBytes = 16_384;

export interface Entrance {
  keyOf(address: string): ShareKey;
  enter(key: ShareKey): Promise<Refusal | undefined>;
  leave(key: ShareKey): void;
  onRefused(refusal: Refusal, from: MappedEndpoint): void;
}

/**
 * Lets connections in, or turns them away before a byte of theirs is read. A
 * bounded number is told why; the rest of a flood is cut off.
 */
export class Reception {
  readonly #limits: Limits;
  readonly #told = new Set<Socket>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  async receive(
    socket: Socket,
    from: MappedEndpoint,
    entrance: Entrance,
    onAdmitted: () => void,
  ): Promise<void> {
    const key = entrance.keyOf(from.address);
    const refused = await entrance.enter(key);
    if (refused !== undefined) {
      this.#turnAway(socket, refused);
      entrance.onRefused(refused, from);
      return;
    }
    if (socket.destroyed) {
      entrance.leave(key);
      return;
    }
    socket.once('close', () => entrance.leave(key));
    onAdmitted();
  }

  destroy(): void {
    for (const socket of this.#told) socket.destroy();
  }

  #turnAway(socket: Socket, { message }: Refusal): void {
    if (this.#told.size >= this.#limits.maxToldRefusals) {
      socket.resetAndDestroy();
      return;
    }
    this.#told.add(socket);
    socket.once('close', () => this.#told.delete(socket));
    socket.write(formatMessage({ t: 'error', code: 'ERR_RENDEZVOUS_REFUSED', message }));
    closeGently(socket, { ...this.#limits, lingerBytes: refusedLingerBytes });
  }
}
