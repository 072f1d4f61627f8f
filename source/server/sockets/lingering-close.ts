import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { TokenBucket } from '../../network/token-bucket.ts';
import type { Limits } from '../limits.ts';

/** The lines that were under way when we closed: never grudged, however many others pour. */
const COURTESY_BYTES = 16_384;

/** Closes connections so that our last words arrive, within what all of them together may cost. */
export class LingeringClose {
  readonly #limits: Limits;
  /** For reading what nobody wants: else a thousand that pour take all our time, and the newcomers wait. */
  readonly #waste: TokenBucket;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#waste = TokenBucket.ofBytes(limits.lingerBytesPerSecond);
  }

  /**
   * Sends what was written and a FIN, then throws away what still comes until
   * the client closes too. Bounded in time and bytes; then the socket is dropped.
   */
  close(socket: Socket): void {
    const { lingerMs, lingerBytes } = this.#limits;
    let thrownAway = 0;
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => {
      thrownAway += chunk.length;
      const isCourtesy = thrownAway <= COURTESY_BYTES;
      if (thrownAway > lingerBytes || !(this.#mayWaste(chunk.length) || isCourtesy)) {
        socket.destroy();
      }
    });
    socket.resume();
    socket.end();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
  }

  /** One that is refused takes nothing: else a flood would leave a debt behind. */
  #mayWaste(bytes: number): boolean {
    const now = performance.now();
    if (this.#waste.charge(now, 0) > 0) {
      return false;
    }
    this.#waste.charge(now, bytes);
    return true;
  }
}
