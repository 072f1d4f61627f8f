import { randomBytes } from 'node:crypto';
import type { RelayLimits } from '../limits.ts';
import type { RelayOffer, RelaySide } from './relay-offer.ts';
import type { SpliceEnd } from './splice.ts';
import { RunningRelays, type RelayTotals, type RunningRelaysOptions } from './running-relays.ts';

interface Waiting {
  readonly side: RelaySide;
  readonly timer: NodeJS.Timeout;
}

interface Expecting extends Waiting {
  readonly session: string;
  readonly peerClient: string;
}

export interface RelayOptions extends RunningRelaysOptions {
  /** False: this server does not relay. */
  readonly isOn: boolean;
  /** HOST[:PORT] at which clients of other servers reach this one; undefined if none is configured. */
  readonly advertised: () => string | undefined;
}

/**
 * The relay of one server: the pairs of which one side has asked, and the pairs
 * that run. Two sides at this server find each other by the name of their match;
 * one that comes from another server brings a ticket.
 */
export class Relays {
  readonly #limits: RelayLimits;
  readonly #waiting = new Map<string, Waiting>();
  /** By ticket. */
  readonly #expecting = new Map<string, Expecting>();
  readonly #running: RunningRelays;
  /** Matches of which one side is this very program, by name. */
  readonly #takers = new Map<string, (end: SpliceEnd) => void>();
  readonly #advertised: RelayOptions['advertised'];
  #off: string | undefined;

  constructor({ isOn, advertised, ...options }: RelayOptions) {
    this.#limits = options.limits;
    this.#advertised = advertised;
    this.#running = new RunningRelays(options);
    if (!isOn) {
      this.#off = 'this rendezvous does not relay';
    }
  }

  counts(): { readonly relays: number; readonly relaysWaiting: number } {
    return { relays: this.#running.size, relaysWaiting: this.#waiting.size + this.#expecting.size };
  }

  totals(): RelayTotals {
    return this.#running.totals;
  }

  /** Asks for the relay of a match, for which the other side must ask, too. Returns a function that withdraws the request. */
  ask(session: string, side: RelaySide): () => void {
    const { relayWaitMs } = this.#limits;
    const taker = this.#takers.get(session);
    if (taker !== undefined) {
      this.#takers.delete(session);
      taker(side.begin());
      return () => undefined;
    }
    const other = this.#waiting.get(session);
    if (this.#off !== undefined) {
      side.refuse('ERR_RELAY_OFF', this.#off);
    } else if (other === undefined) {
      const alone = `the peer has not asked for the relay within ${relayWaitMs / 1000} s`;
      const timer = setTimeout(() => {
        this.#waiting.delete(session);
        side.refuse('ERR_RELAY_ALONE', alone);
      }, relayWaitMs);
      this.#waiting.set(session, { side, timer });
    } else {
      this.#forget(session, other);
      this.#running.begin(session, [other.side, side]);
    }
    return () => {
      const waiting = this.#waiting.get(session);
      if (waiting?.side === side) {
        this.#forget(session, waiting);
      }
    };
  }

  /**
   * One side of a match is in this program. It takes the connection of the other side as soon as that asks for the
   * relay. Returns a function that withdraws the request.
   */
  take(session: string, taker: (end: SpliceEnd) => void): () => void {
    const other = this.#waiting.get(session);
    if (other !== undefined) {
      this.#forget(session, other);
      taker(other.side.begin());
      return () => undefined;
    }
    this.#takers.set(session, taker);
    return () => this.#takers.delete(session);
  }

  /** The offer of this server to a client whose peer is at another server. */
  offer(side: RelaySide): Pick<RelayOffer, 'server' | 'refusal'> {
    if (this.#off !== undefined) {
      return { refusal: { code: 'ERR_RELAY_OFF', message: this.#off } };
    }
    const refusal = this.#running.refusalFor([side]);
    if (refusal !== undefined) {
      return { refusal };
    }
    const server = this.#advertised();
    return server === undefined ? { refusal: apart } : { server };
  }

  /**
   * One side of a match is here, and the other shall come from another server. It
   * may do so once, within a bounded time, with a ticket that nobody can guess.
   */
  expect(
    session: string,
    peerClient: string,
    side: RelaySide,
  ): { readonly ticket: string; readonly withdraw: () => void } {
    const ticket = randomBytes(16).toString('base64url');
    const { relayComeMs } = this.#limits;
    const timer = setTimeout(() => {
      this.#expecting.delete(ticket);
      side.refuse('ERR_RELAY_ALONE', `the peer has not come to this server within ${relayComeMs / 1000} s`);
    }, relayComeMs);
    this.#expecting.set(ticket, { session, peerClient, side, timer });
    return {
      ticket,
      withdraw: () => {
        clearTimeout(timer);
        this.#expecting.delete(ticket);
      },
    };
  }

  /** Takes the side that comes from another server. */
  claim(ticket: string, side: RelaySide): void {
    const expecting = this.#expecting.get(ticket);
    if (expecting === undefined) {
      side.refuse('ERR_RELAY_TICKET', 'the ticket for the relay is unknown or has expired');
      return;
    }
    this.#expecting.delete(ticket);
    clearTimeout(expecting.timer);
    if (this.#off !== undefined) {
      for (const one of [expecting.side, side]) {
        one.refuse('ERR_RELAY_OFF', this.#off);
      }
      return;
    }
    const { session, peerClient: client } = expecting;
    this.#running.begin(session, [expecting.side, { ...side, client }]);
  }

  /** Starts no more pairs. Running ones may go on for a while. */
  drain(): void {
    this.#off = 'this rendezvous is going down';
    for (const [session, waiting] of this.#waiting) {
      this.#forget(session, waiting);
      waiting.side.refuse('ERR_RELAY_OFF', this.#off);
    }
    for (const [ticket, { side, timer }] of this.#expecting) {
      clearTimeout(timer);
      this.#expecting.delete(ticket);
      side.refuse('ERR_RELAY_OFF', this.#off);
    }
    this.#running.drain();
  }

  /** Drops everything. */
  close(): void {
    for (const [session, waiting] of this.#waiting) {
      this.#forget(session, waiting);
    }
    for (const { timer } of this.#expecting.values()) {
      clearTimeout(timer);
    }
    this.#expecting.clear();
    this.#running.close();
  }

  #forget(session: string, { timer }: Waiting): void {
    clearTimeout(timer);
    this.#waiting.delete(session);
  }
}

const apart = {
  code: 'ERR_RELAY_APART',
  message:
    'the two of you are at different servers, which do not say where they can be reached (serve --advertise)',
} as const;
