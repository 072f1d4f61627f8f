import { TokenBucket } from '../../../network/token-bucket.ts';

/** One host asks or answers a few times a second at most, also with several runs of the program. */
const AT_ONCE = 32;
/** Then one in so many ms. */
const EVERY_MS = 100;
/** More hosts than this are not on one link by chance: somebody invents them. */
const MAX_SOURCES = 256;

/** Bounds what each source may make us read, so that a flood costs little and shuts out nobody else. */
export class SourceLimit {
  readonly #buckets = new Map<string, TokenBucket>();

  /** `now` in ms. */
  allows(source: string, now: number): boolean {
    let bucket = this.#buckets.get(source);
    if (bucket === undefined) {
      const [oldest] = this.#buckets.keys();
      if (this.#buckets.size >= MAX_SOURCES && oldest !== undefined) {
        this.#buckets.delete(oldest);
      }
      bucket = new TokenBucket(AT_ONCE, EVERY_MS);
      this.#buckets.set(source, bucket);
    }
    return bucket.take(now);
  }
}
