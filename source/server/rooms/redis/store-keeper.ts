import { FIRST_OWN_NUMBER } from '../../../protocol/rendezvous-messages.ts';
import { randomBytes } from 'node:crypto';
import type { StoreAddress } from './store-url.ts';
import { PunchlineError } from '../../../errors.ts';
import type { Limits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { StoreHealth } from '../matchmaker.ts';
import { openStoreLink, type StoreLink } from './store-link.ts';

/** Of what stands in the store: processes with another one must not share it. */
const STORE_VERSION = 1;
/** How often a process says that it is there. A store that has not answered by the next time is lost. */
const BEAT_MS = 3000;
/** Who has not said so for this long is dead: three beats, and time for the last. */
const LIFE_MS = 10_000;
/** Who has missed a beat and listens no more is dead, too: a process that was killed holds no connection. */
const MISSED_MS = 4000;
/** Who has just come back is not yet the one to say that others have not: they try every two seconds. */
const GRACE_MS = 5000;
/** How long a room outlives its process where nobody is left to notice. */
const TTL_MS = 120_000;
/** How long it is remembered how many numbers an address has, where no more is heard of it: a room may stay for hours. */
const NUMBERS_MS = 86_400_000;
/** After all was lost, rooms are given back to those who had them, before new ones are opened. */
const RESTORE_MS = 3000;
const backoffMs = { first: 100, most: 2000 } as const;
/** What a close waits for. */
const CLOSE_MS = 1000;

export interface StoreOptions {
  readonly address: StoreAddress;
  readonly limits: Limits;
  readonly log: Log;
  /** In ms, the same for all processes; default: the store's own. */
  readonly clock?: (() => number) | undefined;
}

export interface StoreKeeperEvents {
  onMessage(text: string): void;
  /** The store is there, for the first time or again: what it holds may be old, or nothing, if `isLost`. */
  onBack(isLost: boolean): void;
  /** Every few seconds, while it is there. */
  onBeat(): void;
}

interface BeatReply {
  readonly version: number;
  readonly id: string;
  readonly isKnown: boolean;
  readonly limits: Readonly<Record<string, number>>;
  readonly next: number;
  readonly dead?: readonly string[];
}

/** Keeps one process in touch with its store: connects again and again, says that it lives, and buries those who do not. */
export class StoreKeeper {
  readonly process = randomBytes(9).toString('base64url');
  readonly #options: StoreOptions;
  readonly #events: StoreKeeperEvents;
  readonly #scriptLimits: Readonly<Record<string, number>>;
  #link: StoreLink | undefined;
  #health: StoreHealth = { isUp: false, reason: undefined };
  #isClosed = false;
  /** Which contents of the store we know: another id means that all was lost. */
  #space: string | undefined;
  #next = 0;
  #upSince = 0;
  #isBeating = false;
  #beatTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(options: StoreOptions, events: StoreKeeperEvents) {
    this.#options = options;
    this.#events = events;
    const { returnMs, holdMs, numberRestMs, numbersPerAddress, maxRearms } = options.limits;
    this.#scriptLimits = {
      returnMs,
      holdMs,
      numberRestMs,
      numbersPerAddress,
      maxRearms,
      firstOwnNumber: FIRST_OWN_NUMBER,
    };
  }

  get health(): StoreHealth {
    return this.#health;
  }

  /** Resolves when the store is there; from then on it is tried again and again. Throws PunchlineError. */
  async open(): Promise<void> {
    const link = await openStoreLink(this.#options.address, this.process, {
      onMessage: (text) => this.#events.onMessage(text),
      onLost: (reason) => this.#lose(link, reason),
    });
    this.#link = link;
    // Before the first beat, which may stay without an answer like any other.
    this.#beatTimer = setInterval(() => this.#onBeatDue(link), BEAT_MS);
    try {
      this.#isBeating = true;
      const isLost = await this.#beat(link);
      if (this.#isClosed) {
        throw new PunchlineError('ERR_STORE', 'this server closes');
      }
      this.#failures = 0;
      this.#upSince = performance.now();
      this.#health = { isUp: true, reason: undefined };
      this.#events.onBack(isLost);
    } catch (error) {
      link.destroy();
      this.#forget(link);
      throw error;
    } finally {
      this.#isBeating = false;
    }
  }

  /** Asks the script, in the order of the calls. Nothing where the store is away, or goes away. */
  async run(request: object, onReply: (reply: unknown) => void = () => undefined): Promise<void> {
    const link = this.#link;
    if (link === undefined || !this.#health.isUp) {
      return;
    }
    try {
      onReply(await link.run({ ...this.#common(), ...request }));
    } catch (error) {
      // What the store does to us ends the link, and is told there.
      if (!(error instanceof PunchlineError)) {
        throw error;
      }
    }
  }

  publish(process: string, message: object): void {
    if (this.#health.isUp) {
      this.#link?.publish(process, message);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    clearInterval(this.#beatTimer);
    clearTimeout(this.#retryTimer);
    const link = this.#link;
    if (link === undefined) {
      return;
    }
    void this.run({ op: 'retire' });
    this.#link = undefined;
    await link.close(CLOSE_MS);
  }

  #common() {
    return {
      process: this.process,
      limits: this.#scriptLimits,
      ttlMs: TTL_MS,
      numbersMs: NUMBERS_MS,
      now: this.#options.clock?.(),
      fresh: randomBytes(16).toString('base64url'),
    };
  }

  /** Resolves with whether all that was in the store is lost. */
  async #beat(link: StoreLink): Promise<boolean> {
    const { address, log } = this.#options;
    const reply = (await link.run({
      ...this.#common(),
      op: 'beat',
      version: STORE_VERSION,
      known: this.#space,
      next: this.#next,
      lifeMs: LIFE_MS,
      missedMs: MISSED_MS,
      restoreMs: RESTORE_MS,
      keepMs: this.#options.limits.numberRestMs + TTL_MS,
    })) as BeatReply;
    if (reply.version !== STORE_VERSION) {
      throw new PunchlineError(
        'ERR_STORE',
        `the store ${address.shown} is used by another version (${reply.version}) of this program`,
        {
          hint: 'Stop the servers of the other version first, or give this one another database: redis://HOST/1.',
        },
      );
    }
    const isNew = this.#space !== reply.id;
    const isLost = isNew && this.#space !== undefined;
    if (isNew) {
      this.#compareLimits(reply.limits);
    }
    this.#space = reply.id;
    this.#next = reply.next;
    if (isLost) {
      log.warn({ store: address.shown }, 'the store has lost our rooms: they are put back');
    }
    if (this.#health.isUp) {
      // Buried alive, where it is the same store: others took us for dead.
      if (isLost || !reply.isKnown) {
        this.#events.onBack(isLost);
      }
      if (performance.now() - this.#upSince > GRACE_MS) {
        for (const process of reply.dead ?? []) {
          await this.#bury(link, process);
        }
      }
    }
    return isLost;
  }

  async #bury(link: StoreLink, process: string): Promise<void> {
    this.#options.log.info({ process }, 'a server of this store has died: its clients leave');
    while (Number(await link.run({ ...this.#common(), op: 'bury', process })) > 0) {}
  }

  #onBeatDue(link: StoreLink): void {
    if (this.#isBeating) {
      const { shown } = this.#options.address;
      link.destroy();
      this.#lose(link, new PunchlineError('ERR_STORE', `the store ${shown} does not answer`));
      return;
    }
    this.#isBeating = true;
    this.#beat(link)
      .catch((error: unknown) => {
        if (!(error instanceof PunchlineError)) {
          throw error;
        }
        link.destroy();
        this.#lose(link, error);
      })
      .finally(() => {
        this.#isBeating = false;
      });
    this.#events.onBeat();
  }

  #lose(link: StoreLink, reason: PunchlineError): void {
    // One that is not up yet is still awaited in `open`, which throws.
    if (this.#forget(link) && this.#health.isUp) {
      this.#fail(reason);
    }
  }

  #forget(link: StoreLink): boolean {
    if (this.#link !== link) {
      return false;
    }
    clearInterval(this.#beatTimer);
    this.#link = undefined;
    return true;
  }

  #fail(reason: PunchlineError): void {
    if (this.#health.reason !== reason.message) {
      this.#options.log.error({ reason: reason.message, hint: reason.hint }, 'the store is lost');
    }
    this.#health = { isUp: false, reason: reason.message };
    if (this.#isClosed) {
      return;
    }
    const delayMs = Math.min(backoffMs.most, backoffMs.first * 2 ** this.#failures);
    this.#failures += 1;
    this.#retryTimer = setTimeout(
      () => {
        this.open().then(
          () => this.#options.log.info({ store: this.#options.address.shown }, 'the store is back'),
          (error: unknown) => {
            if (!(error instanceof PunchlineError)) {
              throw error;
            }
            this.#fail(error);
          },
        );
      },
      delayMs * (0.5 + Math.random() / 2),
    );
  }

  #compareLimits(theirs: Readonly<Record<string, number>>): void {
    const different = Object.entries(this.#scriptLimits).filter(([name, value]) => theirs[name] !== value);
    if (different.length === 0) {
      return;
    }
    this.#options.log.warn(
      {
        different: different.map(
          ([name, value]) => `${name}: ${value} here, ${theirs[name] ?? 'none'} there`,
        ),
      },
      'another server of this store has other limits: each room is under those of whoever acts in it',
    );
  }
}
