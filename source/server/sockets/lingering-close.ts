import { performance } from 'node:perf_hooks';
import { TokenBucket } from '../../network/token-bucket.ts';
import type { Limits } from '../limits.ts';
import type { ClientStream } from './client-stream.ts';

/** We always read this much of each connection: lines that were under way when we closed. */
const FREE_BYTES = 16_384;

/** Closes connections so that our last lines arrive, within bounds for each one and for all together. */
export class LingeringClose {
  readonly #limits: Limits;
  /** Bounds how much we discard. Without it, a thousand connections that flood us would take all our time, and new clients would wait. */
  readonly #discarding: TokenBucket;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#discarding = TokenBucket.ofBytes(limits.lingerBytesPerSecond);
  }

  /**
   * Sends the pending bytes and a FIN. Then discards what still comes until the
   * client closes, too. When its time or bytes are used up, the socket is dropped.
   */
  close(socket: ClientStream): void {
    const { lingerMs, lingerBytes } = this.#limits;
    let discarded = 0;
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => {
      discarded += chunk.length;
      const isFree = discarded <= FREE_BYTES;
      if (discarded > lingerBytes || !(this.#mayDiscard(chunk.length) || isFree)) {
        socket.destroy();
      }
    });
    socket.resume();
    socket.end();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
  }

  /** Charges only if there is no debt, so that a flood cannot leave a large one behind. */
  #mayDiscard(bytes: number): boolean {
    const now = performance.now();
    if (this.#discarding.charge(now, 0) > 0) {
      return false;
    }
    this.#discarding.charge(now, bytes);
    return true;
  }
}
