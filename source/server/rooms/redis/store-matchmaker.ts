import type { Matchmaker, Seat, SeatEvent, StoreHealth } from '../matchmaker.ts';
import { numbersRefusal } from '../room-numbers.ts';
import type { Refusal } from '../../admission/refusal.ts';
import type { Share, Shares } from '../../admission/shares.ts';
import type { StoreMessage } from './store-messages.ts';
import { StoreKeeper, type StoreOptions } from './store-keeper.ts';
import { START_MS } from './store-link.ts';
import { StoreSeat } from './store-seat.ts';
import type { Space } from './store-space.ts';

/** How often the rooms of our clients are renewed. Without it they would expire after two minutes. */
const TOUCH_MS = 30_000;
/** Keys that one request renews at most, because nothing else runs in the store beside a script. */
const TOUCH_KEYS = 500;
/** How long a client waits for a store that is away. A longer absence is told to its user. */
const HOLD_MS = 5000;

/**
 * The rooms of all processes that share a store. A script in the store decides
 * what happens in them. This side remembers what each of its seats has asked
 * and been told, and says it again after the store was away.
 */
export class StoreMatchmaker implements Matchmaker, Space<StoreSeat> {
  readonly #keeper: StoreKeeper;
  readonly #options: StoreOptions;
  readonly #seats = new Map<string, StoreSeat>();
  readonly #waits = new Map<StoreSeat, NodeJS.Timeout>();
  /** `done` requests made while the store was away. Their seats may have left since. */
  #missed: object[] = [];
  #lastSeat = 0;
  #touchedAt = 0;

  private constructor(options: StoreOptions) {
    this.#options = options;
    this.#keeper = new StoreKeeper(options, {
      onMessage: (text) => this.#onMessage(text),
      onBack: (isLost) => this.#sync(isLost),
      onBeat: () => this.#touch(),
    });
  }

  /** Connects, and reconnects from then on. Throws PunchlineError with ERR_STORE if the first time fails. */
  static async connect(options: StoreOptions, signal?: AbortSignal): Promise<StoreMatchmaker> {
    const matchmaker = new StoreMatchmaker(options);
    await matchmaker.#keeper.open(START_MS, signal);
    return matchmaker;
  }

  get process(): string {
    return this.#keeper.process;
  }

  get store(): StoreHealth {
    return this.#keeper.health;
  }

  seat(deliver: (event: SeatEvent) => void, shares: Shares): Seat {
    const id = String((this.#lastSeat += 1));
    const seat = new StoreSeat(`${this.process}/${id}`, this, shares, deliver);
    this.#seats.set(id, seat);
    return seat;
  }

  counts() {
    const seats = [...this.#seats.values()];
    return {
      rooms: seats.filter(({ hasRoom }) => hasRoom).length,
      waiting: seats.filter(({ isWaiting }) => isWaiting).length,
      seats: seats.filter(({ isSeated }) => isSeated).length,
    };
  }

  async close(): Promise<void> {
    for (const timer of this.#waits.values()) {
      clearTimeout(timer);
    }
    for (const seat of this.#seats.values()) {
      seat.dispose();
    }
    this.#seats.clear();
    await this.#keeper.close();
  }

  ask(request: { readonly op: string; readonly at: string }, onReply?: (reply: unknown) => void): void {
    if (!this.store.isUp) {
      if (request.op === 'done') {
        this.#missed.push(request);
      }
      return;
    }
    void this.#keeper.run(request, (reply) => {
      // The store has lost everything, and former rooms are made first. Then this is asked again.
      if (isBusy(reply)) {
        setTimeout(() => this.local(request.at)?.sync(false), reply.busyMs);
      }
      onReply?.(reply);
    });
  }

  publish(at: string, message: object): void {
    const [process = '', to] = at.split('/');
    this.#keeper.publish(process, { ...message, to });
  }

  local(at: string): StoreSeat | undefined {
    return this.#seats.get(idOf(at));
  }

  awaits(seat: StoreSeat, isWaiting: boolean): void {
    clearTimeout(this.#waits.get(seat));
    this.#waits.delete(seat);
    if (isWaiting) {
      this.#waits.set(seat, this.#giveUpOn(seat));
    }
  }

  remove(seat: StoreSeat): void {
    this.#seats.delete(idOf(seat.at));
  }

  numbersRefusal(share: Share | undefined): Refusal {
    return numbersRefusal(share, this.#options.limits);
  }

  retryMs(): number {
    return Math.round(this.#options.limits.retryMs * (1 + 2 * Math.random()));
  }

  /** Without an answer for this long, the store is away or too slow. */
  #giveUpOn(seat: StoreSeat): NodeJS.Timeout {
    return setTimeout(() => {
      if (seat.isReturning) {
        seat.retry(this.retryMs());
      } else {
        seat.refuse({
          kind: 'refused',
          code: 'ERR_RENDEZVOUS_REFUSED',
          message: 'the store that this rendezvous needs does not answer',
        });
      }
    }, HOLD_MS);
  }

  #touch(): void {
    if (performance.now() - this.#touchedAt < TOUCH_MS) {
      return;
    }
    this.#touchedAt = performance.now();
    const keys = [...this.#seats.values()].flatMap((seat) => seat.keys);
    for (let from = 0; from < keys.length; from += TOUCH_KEYS) {
      void this.#keeper.run({ op: 'touch', keys: keys.slice(from, from + TOUCH_KEYS) });
    }
  }

  /** Tells the store what it may have missed: which seats are done, which are left, and what these want. */
  #sync(isLost: boolean): void {
    const missed = this.#missed;
    this.#missed = [];
    for (const request of missed) {
      void this.#keeper.run(request);
    }
    void this.#keeper.run({ op: 'prune', living: [...this.#seats.keys()] });
    for (const seat of this.#seats.values()) {
      seat.sync(isLost);
    }
  }

  #onMessage(text: string): void {
    const message = JSON.parse(text) as StoreMessage;
    const seat = this.#seats.get(message.to);
    switch (message.kind) {
      case 'message':
      case 'again':
      case 'absent':
        if (seat !== undefined) {
          seat.onPeer(message);
        } else if (message.kind === 'message' && message.message.t === 'round') {
          this.publish(message.from, { kind: 'absent', session: message.session });
        }
        break;
      default:
        seat?.on(message);
    }
  }
}

function isBusy(reply: unknown): reply is { readonly busyMs: number } {
  return typeof reply === 'object' && reply !== null && 'busyMs' in reply;
}

function idOf(at: string): string {
  return at.split('/')[1] ?? '';
}
