import { FIRST_OWN_NUMBER } from '../../../protocol/rendezvous-messages.ts';
import { addAbortListener } from 'node:events';
import { randomBytes } from 'node:crypto';
import type { StoreAddress } from './store-url.ts';
import { PunchlineError } from '../../../errors.ts';
import type { Limits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { StoreHealth } from '../matchmaker.ts';
import { openStoreLink, type StoreLink } from './store-link.ts';

/** The version of the keys and events in the store. Processes of different versions must not share it. */
const STORE_VERSION = 1;
/** How often a process tells the store that it lives. If the store has not answered by the next time, it is lost. */
const BEAT_MS = 3000;
/** A process that has sent no beat for this long is dead: three beats, and time for the last one. */
const LIFE_MS = 10_000;
/** A process that has missed a beat and no longer listens is dead, too: a killed process holds no connection. */
const MISSED_MS = 4000;
/** A process that has just come back declares no other dead for this long: the others try again every two seconds. */
const GRACE_MS = 5000;
/** How long a room stays after its process has died, if no other process is there to notice. */
const TTL_MS = 120_000;
/** How long the numbers of an address are remembered after their last change: a room may stay for hours. */
const NUMBERS_MS = 86_400_000;
/** For this long after the store has lost everything, it makes only rooms that it had before. */
const RESTORE_MS = 3000;
const backoffMs = { first: 100, most: 2000 } as const;
/** How long a close waits for open requests. */
const CLOSE_MS = 1000;

export interface StoreOptions {
  readonly address: StoreAddress;
  readonly limits: Limits;
  readonly log: Log;
  /** In ms, the same for all processes. The default is the clock of the store. */
  readonly clock?: (() => number) | undefined;
}

export interface StoreKeeperEvents {
  onMessage(text: string): void;
  /** The store is there, for the first time or again. What it holds may be old; if `isLost`, it has lost everything. */
  onBack(isLost: boolean): void;
  /** Called every few seconds while the store is there. */
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

/** Keeps one process in touch with its store: reconnects, beats, and removes the seats of processes that have died. */
export class StoreKeeper {
  readonly process = randomBytes(9).toString('base64url');
  readonly #options: StoreOptions;
  readonly #events: StoreKeeperEvents;
  readonly #scriptLimits: Readonly<Record<string, number>>;
  #link: StoreLink | undefined;
  #health: StoreHealth = { isUp: false, reason: undefined };
  #isClosed = false;
  /** The id of the contents that we know. Another id means that the store has lost everything. */
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

  /**
   * Resolves when the store is there, within `openMs`. From then on it reconnects by itself. Throws PunchlineError, or
   * the signal's reason.
   */
  async open(openMs?: number, signal?: AbortSignal): Promise<void> {
    const on = {
      onMessage: (text: string) => this.#events.onMessage(text),
      onLost: (reason: PunchlineError) => this.#lose(link, reason),
    };
    const link = await openStoreLink(this.#options.address, this.process, on, { openMs, signal });
    this.#link = link;
    // Started before the first beat, because that may stay without an answer, too.
    this.#beatTimer = setInterval(() => this.#onBeatDue(link), BEAT_MS);
    using _ = signal && addAbortListener(signal, () => link.destroy());
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
      signal?.throwIfAborted();
      throw error;
    } finally {
      this.#isBeating = false;
    }
  }

  /**
   * Asks the script, in the order of the calls. Does nothing while the store is away. If it goes away before its answer,
   * `onReply` is not called.
   */
  async run(request: object, onReply: (reply: unknown) => void = () => undefined): Promise<void> {
    const link = this.#link;
    if (link === undefined || !this.#health.isUp) {
      return;
    }
    try {
      onReply(await link.run({ ...this.#common(), ...request }));
    } catch (error) {
      // A failure of the store has ended the link, which has reported it.
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

  /** Resolves with whether the store has lost everything. */
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
      log.warn({ store: address.shown }, 'the store has lost our rooms: they are made again');
    }
    if (this.#health.isUp) {
      // If the store has lost nothing and yet does not know us, others took us for dead and removed our seats.
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
    // If the store is not up yet, `open` is still waiting for it and throws.
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
      'another server of this store has other limits: each server applies its own to its clients',
    );
  }
}
