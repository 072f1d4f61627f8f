import { addressBytes, networkMatcher } from '../core/address.ts';
import type { Limits } from './limits.ts';
import { Quota } from './quota.ts';
import { refusal, type Refusal } from './refusal.ts';
import { Turnstile } from './turnstile.ts';

const minuteMs = 60_000;

/** Of an address, or of its network; undefined where it is exempt from what holds for addresses. */
export type ShareKey = string | undefined;

/** An IPv6 customer is given a /64 at least, and has as many addresses as it likes in it. */
export const addressKey = (address: string): string =>
  !address.includes(':') ? address : Buffer.from(addressBytes(address).subarray(0, 8)).toString('hex');

/** What a join may do to others. */
export interface JoinRisks {
  /** Find out whether there is such a room. */
  readonly mayMiss: boolean;
  /** Spend the room of two others. */
  readonly mayBurn: boolean;
}

/**
 * Who may come in and join, of all who come: shares by address, and in all.
 * Networks that are exempt have no share of their own; what holds in all holds
 * for them, too.
 */
export class Admission {
  readonly #limits: Limits;
  readonly #isExempt: (address: string) => boolean;
  readonly #clients: Turnstile;
  readonly #probes: Turnstile;
  readonly #joins: Quota;
  readonly #opens: Quota;
  readonly #misses: Quota;
  readonly #burns: Quota;
  readonly #slowed: Quota;

  constructor(limits: Limits, exempt: readonly string[]) {
    this.#limits = limits;
    this.#isExempt = networkMatcher(exempt);
    const perMinutePerAddress = limits.connectionsPerMinutePerAddress;
    const perMinute = limits.connectionsPerMinute;
    const maxAtOncePerAddress = limits.maxConnectionsPerAddress;
    const lineBurst = limits.addressLineBurst;
    const lineEveryMs = limits.addressLineEveryMs;
    const shares = { maxAtOncePerAddress, perMinute, perMinutePerAddress, lineBurst, lineEveryMs };
    this.#clients = new Turnstile({ ...shares, maxAtOnce: limits.maxConnections });
    this.#probes = new Turnstile({ ...shares, maxAtOnce: limits.maxProbes });
    const inAll = limits.joinsPerMinute;
    this.#joins = new Quota({ windowMs: minuteMs, perKey: limits.joinsPerMinutePerAddress, inAll });
    this.#opens = new Quota({ windowMs: 10 * minuteMs, perKey: limits.opensPerAddress, inAll: 10 * inAll });
    this.#misses = new Quota({ windowMs: minuteMs, perKey: limits.missesPerMinutePerAddress, inAll });
    const blockMs = limits.burnerOutMs;
    this.#burns = new Quota({ windowMs: 10 * minuteMs, perKey: limits.maxBurns, inAll: 10 * inAll, blockMs });
    this.#slowed = new Quota({ windowMs: limits.burnerWaitMs, perKey: 1, inAll });
  }

  /** Whose share one from this address uses, canonical as sockets of ours tell it. Worked out once for each connection. */
  keyOf(address: string): ShareKey {
    return this.#isExempt(address) ? undefined : addressKey(address);
  }

  enter(key: ShareKey): Promise<Refusal | undefined> {
    return this.#clients.enter(key);
  }

  leave(key: ShareKey): void {
    this.#clients.leave(key);
  }

  /** Whether one who is in may send another line now. */
  takeLine(key: ShareKey, now: number): boolean {
    return this.#clients.takeLine(key, now);
  }

  enterProbe(key: ShareKey): Promise<Refusal | undefined> {
    return this.#probes.enter(key);
  }

  leaveProbe(key: ShareKey): void {
    this.#probes.leave(key);
  }

  /** A room is asked for: a new one, or one that may have to be made again. */
  async open(key: ShareKey): Promise<Refusal | undefined> {
    const exceeded = await this.#opens.take(key);
    if (exceeded === undefined) return undefined;
    return refusal(
      'address-open-rate',
      `${this.#limits.opensPerAddress} rooms in 10 min`,
      exceeded.comeAgainMs,
    );
  }

  async join(key: ShareKey, { mayMiss, mayBurn }: JoinRisks): Promise<Refusal | undefined> {
    if (key !== undefined) {
      const held =
        (mayMiss ? await this.#afterMisses(key) : undefined) ??
        (mayBurn ? await this.#afterBurns(key) : undefined);
      if (held !== undefined) return held;
    }
    const exceeded = await this.#joins.take(key);
    if (exceeded === undefined) return undefined;
    const { joinsPerMinute, joinsPerMinutePerAddress } = this.#limits;
    return exceeded.by === 'key'
      ? refusal('address-join-rate', `${joinsPerMinutePerAddress} joins a minute`, exceeded.comeAgainMs)
      : refusal('join-rate', `${joinsPerMinute} joins a minute`, exceeded.comeAgainMs);
  }

  /** A guest has named a room that does not exist. */
  async missed(key: ShareKey): Promise<void> {
    if (key !== undefined) await this.#misses.take(key);
  }

  /** A guest was matched, and its peer has not seen it hold the code. */
  async burnt(key: ShareKey): Promise<void> {
    if (key !== undefined) await this.#burns.take(key);
  }

  async #afterMisses(key: string): Promise<Refusal | undefined> {
    const limit = this.#limits.missesPerMinutePerAddress;
    const { taken, comeAgainMs } = await this.#misses.look(key);
    if (taken < limit) return undefined;
    return refusal('missing-rooms', `${limit} joins a minute to rooms that do not exist`, comeAgainMs);
  }

  async #afterBurns(key: string): Promise<Refusal | undefined> {
    const { freeBurns, maxBurns } = this.#limits;
    const { taken, comeAgainMs } = await this.#burns.look(key);
    if (taken < freeBurns) return undefined;
    if (taken >= maxBurns) return refusal('burnt-rooms', `${maxBurns} rooms joined in vain`, comeAgainMs);
    const slowed = await this.#slowed.take(key);
    if (slowed === undefined) return undefined;
    return refusal('burnt-rooms', `${freeBurns} rooms joined in vain`, slowed.comeAgainMs);
  }
}
