import { TokenBucket } from '../../network/token-bucket.ts';
import { Quota } from './quota.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { Share, Shares } from './shares.ts';

export interface ConnectionLimitOptions {
  readonly maxAtOnce: number;
  readonly maxAtOncePerAddress: number;
  readonly perMinute: number;
  readonly perMinutePerAddress: number;
  /** One address may send this many lines at once, and then one more each `lineEveryMs`. */
  readonly lineBurst: number;
  readonly lineEveryMs: number;
}

/** The use of one share by its open connections. */
interface ShareUsage {
  count: number;
  readonly lines: TokenBucket;
}

/** Bounds the connections to one port: at once and a minute, for one address and for all. */
export class ConnectionLimit {
  readonly #options: ConnectionLimitOptions;
  readonly #rate: Quota;
  readonly #atOnce = new Map<string, ShareUsage>();
  #inside = 0;

  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
    const { perMinute, perMinutePerAddress } = options;
    this.#rate = new Quota({ windowMs: 60_000, perAddress: perMinutePerAddress, inAll: perMinute });
  }

  /** Admits a connection, or returns the reason why not. Without shares only the limits for all count. Call `leave` when it closes. */
  async enter(shares: Shares): Promise<Refusal | undefined> {
    const { maxAtOnce, maxAtOncePerAddress } = this.#options;
    // The cheapest checks come first, so that they refuse a flood from one address.
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
      this.#usageOf(share).count += 1;
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
      const usage = this.#usageOf(share);
      usage.count -= 1;
      if (usage.count === 0) {
        this.#atOnce.delete(share.key);
      }
    }
  }

  /** Charges the shares for this many lines. Returns whether none of them owes anything. */
  chargeLines(shares: Shares, now: number, lines: number): boolean {
    // Every share is charged, even if one before it owes something.
    const debtsMs = shares.map((share) => this.#usageOf(share).lines.charge(now, lines));
    return debtsMs.every((ms) => ms === 0);
  }

  #usageOf({ key, times }: Share): ShareUsage {
    const known = this.#atOnce.get(key);
    if (known !== undefined) {
      return known;
    }
    const { lineBurst, lineEveryMs } = this.#options;
    const usage = { count: 0, lines: new TokenBucket(lineBurst * times, lineEveryMs / times) };
    this.#atOnce.set(key, usage);
    return usage;
  }
}
