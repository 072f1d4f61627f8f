import { performance } from 'node:perf_hooks';
import { TokenBucket } from '../../network/token-bucket.ts';
import { formatMessage, type MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import type { LingeringClose } from '../sockets/lingering-close.ts';
import type { Limits } from '../limits.ts';
import type { Refusal } from './refusal.ts';
import type { Shares } from './shares.ts';
import type { ClientStream } from '../sockets/client-stream.ts';

/** The limits of one port. */
export interface PortAdmission {
  sharesOf(address: string): Shares;
  enter(shares: Shares): Promise<Refusal | undefined>;
  leave(shares: Shares): void;
  onRefused(refusal: Refusal, from: MappedEndpoint): void;
}

/**
 * Admits connections, or refuses them before a byte of theirs is read. A bounded
 * number of them is told the reason; the rest of a flood is reset.
 */
export class ConnectionAdmission {
  readonly #limits: Limits;
  readonly #lingering: LingeringClose;
  readonly #told = new Set<ClientStream>();
  readonly #toldRate: TokenBucket;

  constructor(limits: Limits, lingering: LingeringClose) {
    this.#limits = limits;
    this.#lingering = lingering;
    this.#toldRate = new TokenBucket(limits.maxToldRefusals, limits.toldRefusalEveryMs);
  }

  async admit(
    socket: ClientStream,
    from: MappedEndpoint,
    port: PortAdmission,
    onAdmitted: () => void,
  ): Promise<void> {
    const shares = port.sharesOf(from.address);
    const refused = await port.enter(shares);
    if (refused !== undefined) {
      this.#refuse(socket, refused);
      port.onRefused(refused, from);
      return;
    }
    if (socket.destroyed) {
      port.leave(shares);
      return;
    }
    socket.once('close', () => port.leave(shares));
    onAdmitted();
  }

  /** Refuses a connection and is rid of it on return: its descriptor is the last one. */
  refuseAtOnce(socket: ClientStream, { message }: Refusal): void {
    if (!this.#toldRate.take(performance.now())) {
      socket.resetAndDestroy();
      return;
    }
    // Such a short text is sent before this returns.
    socket.write(formatMessage({ t: 'error', code: 'ERR_RENDEZVOUS_REFUSED', message }));
    socket.destroy();
  }

  destroy(): void {
    for (const socket of this.#told) {
      socket.destroy();
    }
  }

  #refuse(socket: ClientStream, { message }: Refusal): void {
    if (this.#told.size >= this.#limits.maxToldRefusals || !this.#toldRate.take(performance.now())) {
      socket.resetAndDestroy();
      return;
    }
    this.#told.add(socket);
    socket.once('close', () => this.#told.delete(socket));
    socket.write(formatMessage({ t: 'error', code: 'ERR_RENDEZVOUS_REFUSED', message }));
    this.#lingering.close(socket);
  }
}
