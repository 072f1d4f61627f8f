import { Allowance } from '../core/allowance.ts';
import { Quota } from './quota.ts';
import { refusal, type Refusal } from './refusal.ts';

export interface TurnstileOptions {
  readonly maxAtOnce: number;
  readonly maxAtOncePerAddress: number;
  readonly perMinute: number;
  readonly perMinutePerAddress: number;
  /** Lines of one address at once, and how often one more. */
  readonly lineBurst: number;
  readonly lineEveryMs: number;
}

/** Those of one address who are in. */
interface Visitors {
  count: number;
  readonly lines: Allowance;
}

/** Bounds the connections to one port: at once and a minute, of one address and in all. */
export class Turnstile {
  readonly #options: TurnstileOptions;
  readonly #rate: Quota;
  readonly #atOnce = new Map<string, Visitors>();
  #inside = 0;

  constructor(options: TurnstileOptions) {
    this.#options = options;
    const { perMinute, perMinutePerAddress } = options;
    this.#rate = new Quota({ windowMs: 60_000, perKey: perMinutePerAddress, inAll: perMinute });
  }

  /** Lets one in, or says why not. Without a key, only what is bounded in all counts. Each who is in must `leave`. */
  async enter(key: string | undefined): Promise<Refusal | undefined> {
    const { maxAtOnce, maxAtOncePerAddress, perMinute, perMinutePerAddress } = this.#options;
    // What costs nothing goes first: a flood from one address is refused here.
    if (key !== undefined && (this.#atOnce.get(key)?.count ?? 0) >= maxAtOncePerAddress) {
      return refusal('address-connections', `${maxAtOncePerAddress} connections at once`, 60_000);
    }
    if (this.#inside >= maxAtOnce) {
      return refusal('connections', `${maxAtOnce} connections at once`, 60_000);
    }
    this.#inside += 1;
    if (key !== undefined) this.#visitors(key).count += 1;
    const exceeded = await this.#rate.take(key);
    if (exceeded === undefined) return undefined;
    this.leave(key);
    const { by, comeAgainMs } = exceeded;
    return by === 'key'
      ? refusal('address-connection-rate', `${perMinutePerAddress} connections a minute`, comeAgainMs)
      : refusal('connection-rate', `${perMinute} connections a minute`, comeAgainMs);
  }

  leave(key: string | undefined): void {
    this.#inside -= 1;
    if (key === undefined) return;
    const visitors = this.#visitors(key);
    visitors.count -= 1;
    if (visitors.count === 0) this.#atOnce.delete(key);
  }

  /** Whether the connections of this address may send another line now; then it counts. */
  takeLine(key: string | undefined, now: number): boolean {
    return key === undefined || this.#visitors(key).lines.take(now);
  }

  #visitors(key: string): Visitors {
    const { lineBurst, lineEveryMs } = this.#options;
    const visitors = this.#atOnce.get(key) ?? { count: 0, lines: new Allowance(lineBurst, lineEveryMs) };
    this.#atOnce.set(key, visitors);
    return visitors;
  }
}
