import { TokenBucket } from '../../network/token-bucket.ts';
import { Quota } from './quota.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { Share, Shares } from './shares.ts';

export interface ConnectionLimitOptions {
  readonly maxAtOnce: number;
  readonly maxAtOncePerAddress: number;
  readonly perMinute: number;
  readonly perMinutePerAddress: number;
  /** Lines of one address at once, and how often one more. */
  readonly lineBurst: number;
  readonly lineEveryMs: number;
}

/** Those of one share who are in. */
interface Visitors {
  count: number;
  readonly lines: TokenBucket;
}

/** Bounds the connections to one port: at once and a minute, of one address and in all. */
export class ConnectionLimit {
  readonly #options: ConnectionLimitOptions;
  readonly #rate: Quota;
  readonly #atOnce = new Map<string, Visitors>();
  #inside = 0;

  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
    const { perMinute, perMinutePerAddress } = options;
    this.#rate = new Quota({ windowMs: 60_000, perAddress: perMinutePerAddress, inAll: perMinute });
  }

  /** Lets one in, or says why not. Without a share, only what is bounded in all counts. Each who is in must `leave`. */
  async enter(shares: Shares): Promise<Refusal | undefined> {
    const { maxAtOnce, maxAtOncePerAddress } = this.#options;
    // What costs nothing goes first: a flood from one address is refused here.
    for (const share of shares) {
      const limit = maxAtOncePerAddress * share.times;
      if ((this.#atOnce.get(share.key)?.count ?? 0) >= limit) {
        const full = { share, limit, comeAgainMs: 60_000 };
        return refusal('address-connections', full, 'connections at once');
      }
    }
    if (this.#inside >= maxAtOnce) {
      const full = { share: undefined, limit: maxAtOnce, comeAgainMs: 60_000 };
      return refusal('connections', full, 'connections at once');
    }
    this.#inside += 1;
    for (const share of shares) {
      this.#visitors(share).count += 1;
    }
    const exceeded = await this.#rate.take(shares);
    if (exceeded === undefined) {
      return undefined;
    }
    this.leave(shares);
    const reason = exceeded.share === undefined ? 'connection-rate' : 'address-connection-rate';
    return refusal(reason, exceeded, 'connections a minute');
  }

  leave(shares: Shares): void {
    this.#inside -= 1;
    for (const share of shares) {
      const visitors = this.#visitors(share);
      visitors.count -= 1;
      if (visitors.count === 0) {
        this.#atOnce.delete(share.key);
      }
    }
  }

  /** The connections of these shares have sent so many lines. Whether they may send another one now. */
  chargeLines(shares: Shares, now: number, lines: number): boolean {
    // Each is charged, also where one before it owes something.
    const debtsMs = shares.map((share) => this.#visitors(share).lines.charge(now, lines));
    return debtsMs.every((ms) => ms === 0);
  }

  #visitors({ key, times }: Share): Visitors {
    const known = this.#atOnce.get(key);
    if (known !== undefined) {
      return known;
    }
    const { lineBurst, lineEveryMs } = this.#options;
    const visitors = { count: 0, lines: new TokenBucket(lineBurst * times, lineEveryMs / times) };
    this.#atOnce.set(key, visitors);
    return visitors;
  }
}
