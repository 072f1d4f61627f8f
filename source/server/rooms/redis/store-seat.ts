import { randomBytes } from 'node:crypto';
import { ProtocolError } from '../../../errors.ts';
import type { Comer, Joiner, PeerMessage, Seat, SeatEvent } from '../matchmaker.ts';
import type { Shares } from '../../admission/shares.ts';
import { refusedByLimit, refusedFor, type RefusedEvent } from '../room-refusals.ts';
import { PeerMessages, type NumberedMessage, type FromPeer, type StoreEvent } from './store-messages.ts';
import type { Place, Space } from './store-space.ts';

type Match = Extract<SeatEvent, { kind: 'matched' }> & { readonly peerAt: string };

/** One connection at rooms in a store: what it has asked, and what it was told last. */
export class StoreSeat implements Seat {
  readonly at: string;
  readonly #space: Space<StoreSeat>;
  readonly #shares: Shares;
  readonly #deliver: (event: SeatEvent) => void;
  #asks: 'open' | 'join' | 'resume' | undefined;
  #place: Place | undefined;
  #resume: { readonly room: string; readonly slot: 'a' | 'b' } | undefined;
  #comer: Comer | undefined;
  #match: Match | undefined;
  /** The session of its last match before it asked for another room. */
  #formerSession: string | undefined;
  #matches = 0;
  #isDone = false;
  /** In its last match. An owner spends its guess by that. */
  #hasSealed = false;
  #isGone = false;
  #holdTimer: NodeJS.Timeout | undefined;
  #messages = new PeerMessages();

  constructor(at: string, space: Space<StoreSeat>, shares: Shares, deliver: (event: SeatEvent) => void) {
    this.at = at;
    this.#space = space;
    this.#shares = shares;
    this.#deliver = deliver;
  }

  get isSeated(): boolean {
    return this.#place !== undefined;
  }

  /** It owns a room, in which it waits or is matched. A guest is not counted beside its owner. */
  get hasRoom(): boolean {
    const isIn = this.#place !== undefined || this.#resume !== undefined;
    return isIn && !this.#isDone && this.#asks === undefined && this.#match?.role !== 'a';
  }

  get isWaiting(): boolean {
    return this.#asks === undefined && this.#match === undefined && this.#comer !== undefined;
  }

  /** It can come back to its room, so it is told to retry instead of being refused. */
  get isReturning(): boolean {
    return this.#resume !== undefined || this.#place?.token !== undefined;
  }

  /** The keys that the store must keep for it. */
  get keys(): readonly string[] {
    return [
      ...(this.#place === undefined ? [] : [`room:${this.#place.number}`, `client:${this.#place.client}`]),
      ...(this.#resume === undefined ? [] : [`resume:${this.#resume.room}`]),
    ];
  }

  open(client: string): void {
    if (this.#isGone) {
      return;
    }
    this.#begin('open');
    this.#place = { number: 0, client, token: randomId() };
    this.#request('open');
  }

  join(joiner: Joiner): void {
    if (this.#isGone) {
      return;
    }
    this.#begin('join');
    const { number, token, ...comer } = joiner;
    this.#place = { number, token, client: joiner.client };
    this.#comer = comer;
    this.#request('join');
  }

  resume(room: string, slot: 'a' | 'b', comer: Comer): void {
    if (this.#isGone) {
      return;
    }
    this.#begin('resume');
    this.#resume = { room, slot };
    this.#comer = comer;
    this.#request('resume');
  }

  update(mapped: Comer['mapped']): void {
    if (this.#isGone || this.#comer === undefined) {
      return;
    }
    this.#comer = { ...this.#comer, mapped };
    this.#space.ask({ op: 'update', ...this.#facts() });
  }

  send(message: PeerMessage): void {
    if (this.#isDone || this.#isGone) {
      return;
    }
    const { peerAt, session } = this.#match ?? {};
    if (peerAt === undefined) {
      throw new ProtocolError(`${message.t} before a match`);
    }
    this.#hasSealed ||= message.t === 'candidate';
    if (this.#match?.isApart === false) {
      const peer = this.#space.local(peerAt);
      if (peer?.isIn(session) === true) {
        peer.hear(message);
      } else if (message.t === 'round') {
        this.#isUnheard();
      }
      return;
    }
    this.#sendToPeer(this.#messages.number(message));
  }

  done(): void {
    if (this.#isGone) {
      return;
    }
    this.#isDone = true;
    this.#space.ask({ op: 'done', at: this.at });
  }

  leave(): void {
    this.#leave(this.#hasSealed);
  }

  withdraw(onLeft: () => void): void {
    if (this.#isGone) {
      onLeft();
      return;
    }
    // The store decides, because a match may be on its way to us.
    const request = { op: 'withdraw', at: this.at, ...this.#place, spent: this.#hasSealed };
    this.#space.ask(request, (hasLeft) => {
      if (hasLeft !== 1 || this.#isGone) {
        return;
      }
      this.#end();
      onLeft();
    });
  }

  /** `isSpent`: it has sealed in its match, so if it is an owner, its guess is spent. */
  #leave(isSpent: boolean): void {
    if (this.#isGone) {
      return;
    }
    this.#end();
    const request = { op: 'leave', at: this.at, ...this.#place, spent: isSpent };
    this.#space.ask(request);
  }

  /**
   * After the store was away or busy: asks again, or says what it was told last. `isLost`: the store has lost
   * everything.
   */
  sync(isLost: boolean): void {
    if (this.#isDone) {
      this.#space.ask({ op: 'done', at: this.at });
      return;
    }
    const { session, role, peerAt, peer } = this.#match ?? {};
    if (this.#place === undefined && this.#resume === undefined) {
      return;
    }
    this.#space.ask({
      op: 'sync',
      ...this.#facts(),
      ...(this.#asks !== undefined && { asks: this.#asks }),
      ...(session !== undefined && { session, role, peerAt, peerComer: JSON.stringify(peer), isLost }),
    });
    this.#sendToPeer(...this.#messages.after(0));
    this.#askAgain();
  }

  /** An event from the script. */
  on(event: StoreEvent): void {
    switch (event.kind) {
      case 'opened':
        if (this.#asks !== 'open') {
          return;
        }
        this.#answered();
        this.#place = { number: event.number, token: event.token, client: this.#place?.client ?? '' };
        this.#deliver(event);
        break;
      case 'held':
        clearTimeout(this.#holdTimer);
        this.#space.awaits(this, false);
        this.#holdTimer = setTimeout(() => this.#space.ask({ op: 'due', at: this.at }), event.ms);
        break;
      case 'waiting':
        this.#matches = event.matches ?? 0;
        if (this.isWaiting || this.#comer === undefined) {
          return;
        }
        this.#answered();
        this.#deliver({ kind: 'waiting', mapped: this.#comer.mapped });
        break;
      case 'matched':
        this.#matches = event.matches ?? 0;
        if (this.#match?.session === event.session) {
          return;
        }
        this.#answered();
        this.#messages = new PeerMessages();
        this.#hasSealed = false;
        this.#match = {
          ...event,
          own: comerOf(event.own),
          peer: comerOf(event.peer),
          isApart: !event.peerAt.startsWith(`${this.#space.process}/`),
        };
        this.#deliver(this.#match);
        break;
      case 'refused':
        // After `done` it does not matter that the peer has left.
        if (this.#isDone && event.code === 'ERR_PEER_LEFT') {
          return;
        }
        this.refuse({
          kind: 'refused',
          code: event.code,
          message: event.message,
          ...(event.again === true && { again: true }),
        });
        break;
      case 'full':
        this.#full(event.share);
        break;
      case 'retry':
        this.retry(this.#space.retryMs());
        break;
    }
  }

  isIn(session: string | undefined): boolean {
    return this.#match !== undefined && this.#match.session === session;
  }

  /** A message from a peer at the same process, which does not go through the store. */
  hear(message: PeerMessage): void {
    this.#deliver({ kind: 'message', message });
  }

  /** A message from a peer at another process. */
  onPeer(event: FromPeer): void {
    if (!this.isIn(event.session)) {
      if (event.session === this.#formerSession && event.kind === 'message' && event.message.t === 'round') {
        this.#space.publish(event.from, { kind: 'absent', session: event.session });
      }
      return;
    }
    switch (event.kind) {
      case 'message':
        this.#receive(event.n, event.message);
        break;
      case 'again':
        this.#sendToPeer(...this.#messages.after(event.after));
        break;
      case 'absent':
        this.#isUnheard();
        break;
    }
  }

  refuse(event: RefusedEvent): void {
    // The store removed the seat, but may have made it again for a request that was under way.
    this.#leave(this.#hasSealed && event.code === 'ERR_PEER_LEFT');
    this.#deliver(event);
  }

  /** Tells the client to come again, here or at another process. */
  retry(afterMs: number): void {
    this.leave();
    this.#deliver({ kind: 'retry', afterMs });
  }

  dispose(): void {
    clearTimeout(this.#holdTimer);
    this.#isGone = true;
  }

  #full(share = 0): void {
    this.refuse(refusedByLimit(this.#space.numbersRefusal(this.#shares[share - 1])));
  }

  #receive(n: number, message: PeerMessage): void {
    const what = this.#messages.receive(n);
    if (what === 'next') {
      this.hear(message);
    } else if (what === 'gap') {
      this.#askAgain();
    }
  }

  /** Asks the peer for messages that were lost. */
  #askAgain(): void {
    if (this.#match === undefined) {
      return;
    }
    const { peerAt, session } = this.#match;
    this.#space.publish(peerAt, { kind: 'again', session, after: this.#messages.got });
  }

  #sendToPeer(...messages: readonly NumberedMessage[]): void {
    if (this.#match === undefined) {
      return;
    }
    const { peerAt, session } = this.#match;
    for (const message of messages) {
      this.#space.publish(peerAt, { kind: 'message', from: this.at, session, ...message });
    }
  }

  /** The peer was done and has left, so nobody will answer to a round. */
  #isUnheard(): void {
    if (!this.#isDone && this.#resume === undefined) {
      this.refuse(refusedFor('peerLeft'));
    }
  }

  #begin(asks: 'open' | 'join' | 'resume'): void {
    clearTimeout(this.#holdTimer);
    this.#formerSession = this.#match?.session ?? this.#formerSession;
    this.#asks = asks;
    this.#place = undefined;
    this.#resume = undefined;
    this.#comer = undefined;
    this.#match = undefined;
    this.#isDone = false;
    this.#hasSealed = false;
    this.#space.awaits(this, true);
  }

  #request(op: string): void {
    this.#space.ask({ op, ...this.#facts() });
  }

  #facts() {
    const comer = this.#comer && JSON.stringify(this.#comer);
    return {
      at: this.at,
      ...this.#place,
      ...this.#resume,
      shares: this.#shares,
      comer,
      matches: this.#matches,
    };
  }

  #answered(): void {
    clearTimeout(this.#holdTimer);
    this.#asks = undefined;
    this.#space.awaits(this, false);
  }

  #end(): void {
    this.dispose();
    this.#space.awaits(this, false);
    this.#space.remove(this);
  }
}

function comerOf(text: string) {
  return JSON.parse(text) as Comer;
}
function randomId() {
  return randomBytes(16).toString('base64url');
}
