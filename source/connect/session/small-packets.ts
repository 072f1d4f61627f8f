import { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Duplex } from 'node:stream';

/**
 * What the smallest MTU of IPv6 leaves in a packet (RFC 8200, section 5): 1280 bytes without 40 of IPv6, 20 of TCP and
 * 12 of its timestamps.
 */
const SLICE_BYTES = 1208;
/**
 * The kernel makes full packets of what it cannot send at once. So no more is under way than it sends at once on a new
 * connection (RFC 6928: 10 packets), also after a loss has taken 30 % of that.
 */
const UNDER_WAY = 6;
/** Between two packets as long as the round trip is not known. */
const FIRST_GAP_MS = 10;
/** Two writes that follow at once may become one packet, even if nothing waits (Linux: tcp_autocorking). */
const MIN_GAP_MS = 1;

/**
 * Sends what is written to a connection in packets of at most 1280 bytes, a few in each round trip. For a way on which
 * full packets get lost, and nobody is told (RFC 2923): TCP would send the same packet again and again. Node cannot set
 * the segment size of a socket (TCP_MAXSEG).
 */
export class SmallPackets extends Duplex {
  readonly #carrier: Duplex;
  #areWhole = false;
  /** The last bytes left at this time, by performance.now(). */
  #sentAt: number | undefined;
  #roundTripMs: number | undefined;
  #next: NodeJS.Timeout | undefined;

  /** Takes ownership of the connection. */
  constructor(carrier: Duplex) {
    super({ allowHalfOpen: true });
    this.#carrier = carrier;
    if (carrier instanceof Socket) {
      carrier.setNoDelay(true);
    }
    carrier.on('data', (chunk: Uint8Array) => {
      // The first answer of a handshake comes after one round trip. Later bytes may answer nothing.
      this.#roundTripMs ??= this.#sentAt === undefined ? undefined : performance.now() - this.#sentAt;
      if (!this.push(chunk)) {
        carrier.pause();
      }
    });
    carrier.on('end', () => this.push(null));
    carrier.on('error', (error) => this.destroy(error));
    carrier.on('close', () => this.destroy());
    carrier.pause();
  }

  /** From now on packets are as long as the kernel makes them. */
  sendWhole(): void {
    this.#areWhole = true;
  }

  override _read(): void {
    this.#carrier.resume();
  }

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#areWhole) {
      this.#carrier.write(bytes, done);
      return;
    }
    this.#sendSlice(bytes, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#carrier.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#next);
    this.#carrier.destroy();
    done(error);
  }

  #sendSlice(bytes: Uint8Array, done: (error?: Error | null) => void): void {
    const now = performance.now();
    const waitMs = this.#sentAt === undefined ? 0 : this.#sentAt + this.#gapMs - now;
    if (waitMs > 0) {
      this.#next = setTimeout(() => this.#sendSlice(bytes, done), Math.ceil(waitMs));
      return;
    }
    this.#sentAt = now;
    const rest = bytes.subarray(SLICE_BYTES);
    this.#carrier.write(bytes.subarray(0, SLICE_BYTES), (error) => {
      if (error !== undefined && error !== null) {
        done(error);
      } else if (rest.length === 0) {
        done();
      } else {
        this.#sendSlice(rest, done);
      }
    });
  }

  get #gapMs(): number {
    return this.#roundTripMs === undefined
      ? FIRST_GAP_MS
      : Math.max(MIN_GAP_MS, this.#roundTripMs / UNDER_WAY);
  }
}
