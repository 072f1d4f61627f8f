import { Quota } from './quota.ts';
import { refusal, type Refusal } from './refusal.ts';

export interface TurnstileOptions {
  readonly maxAtOnce: number;
  readonly maxAtOncePerAddress: number;
  readonly perMinute: number;
  readonly perMinutePerAddress: number;
}

/** Bounds the connections to one port: at once and a minute, of one address and in all. */
export class Turnstile {
  readonly #options: TurnstileOptions;
  readonly #rate: Quota;
  readonly #atOnce = new Map<string, number>();
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
    if (key !== undefined && (this.#atOnce.get(key) ?? 0) >= maxAtOncePerAddress) {
      return refusal('address-connections', `${maxAtOncePerAddress} connections at once`, 60_000);
    }
    if (this.#inside >= maxAtOnce) {
      return refusal('connections', `${maxAtOnce} connections at once`, 60_000);
    }
    this.#inside += 1;
    if (key !== undefined) this.#atOnce.set(key, (this.#atOnce.get(key) ?? 0) + 1);
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
    const left = (this.#atOnce.get(key) ?? 0) - 1;
    if (left > 0) this.#atOnce.set(key, left);
    else this.#atOnce.delete(key);
  }
}
