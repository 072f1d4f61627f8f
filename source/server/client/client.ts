import type {
  ClientMessage,
  MappedEndpoint,
  MessageOf,
  ServerMessage,
} from '../../protocol/rendezvous-messages.ts';
import { ProtocolError } from '../../errors.ts';
import { dialledEndpoint } from '../../network/sockets.ts';
import { NatCheck } from './nat-check.ts';
import { ClientLine } from './client-line.ts';
import { ClientRelay } from './client-relay.ts';
import { ClientRounds, startInMs } from './client-rounds.ts';
import type { Comer, PeerMessage, Seat, SeatEvent } from '../rooms/matchmaker.ts';
import type { ClientContext } from './client-context.ts';
import { ObservedMapping } from './observed-mapping.ts';
import type { Refusal } from '../admission/refusal.ts';
import { ClientUsage } from './client-usage.ts';
import type { ClientStream } from '../sockets/client-stream.ts';

/** Where a client has come from. */
export interface ClientSource {
  readonly source: MappedEndpoint;
  /** Whether it can be dialled there. A proxy in front of us may tell no port. */
  readonly isMapped: boolean;
}

/** The rendezvous protocol with one client (design 3.2), from its first byte to its close. */
export class ModernClient {
  readonly #line: ClientLine;
  readonly #context: ClientContext;
  readonly #seat: Seat;
  readonly #rounds: ClientRounds;
  readonly #mapping: ObservedMapping;
  readonly #natCheck: NatCheck;
  readonly #usage: ClientUsage;
  readonly #relay: ClientRelay;
  #phase: 'new' | 'waiting' | 'matched' | 'done' = 'new';
  #joinedAt = 0;
  #client = '';
  #session = '';
  #follows = false;
  #hasOpened = false;
  #hasJoined = false;
  #isReleased = false;
  /** We see a proxy, and not where the client could be dialled. */
  #isProxied: boolean;
  /** Our end of the connection, as the client has dialled it, unless a router stands in between. */
  readonly #dialled: MappedEndpoint;

  constructor(socket: ClientStream, { source, isMapped }: ClientSource, context: ClientContext) {
    this.#dialled = dialledEndpoint(socket);
    this.#mapping = new ObservedMapping(source, context.probes, context.limits);
    this.#isProxied = !isMapped;
    this.#natCheck = new NatCheck(socket, isMapped ? source : undefined, context, (message) =>
      this.#send(message),
    );
    this.#usage = new ClientUsage(context.admission, source.address, context.limits);
    this.#context = context;
    this.#seat = context.matchmaker.seat((event) => this.#on(event), this.#usage.shares);
    const natCheck = this.#natCheck;
    this.#line = new ClientLine(socket, context.limits, context.lingering, {
      onMessage: (message) => this.#handle(message),
      onBug: (err) => {
        context.meter.failed();
        context.log.error({ from: this.shown, err }, 'bug: a client was dropped');
      },
      onOver: () => this.#leave(),
      restMs: (lines) => this.#usage.restMs(lines),
      note: (what, facts) => this.#note(what, facts),
      get wantsSilence() {
        return natCheck.wantsSilence;
      },
    });
    this.#rounds = new ClientRounds(this.#line, this.#mapping, (message) => this.#seat.send(message));
    this.#relay = new ClientRelay(this.#line, context, (message) => this.#seat.send(message));
  }

  get isMatched(): boolean {
    return this.#phase === 'matched' && !this.#line.isOver;
  }

  /** Where it comes from, for the log. */
  get shown(): string {
    return this.#context.shown(this.#mapping.mapped);
  }

  /** Whether the connection is the host's now. */
  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** Takes bytes of the client. The first ones came before this object existed. */
  receive(chunk: Uint8Array): void {
    this.#line.receive(chunk);
  }

  /** Tells the client to come back later, unless it is matched, or is about to be. */
  retryUnlessMatched(afterMs: number): void {
    if (!this.#line.isOver) {
      this.#seat.withdraw(() => this.retry(afterMs));
    }
  }

  /** Tells the client to come back later, because the server goes down or is overloaded. */
  retry(afterMs: number): void {
    this.#send({ t: 'retry', afterMs });
    this.#line.close();
  }

  #handle(message: ClientMessage): void {
    const refusal = this.#context.hosted?.refusalOf(message);
    if (refusal !== undefined) {
      this.#line.refuse(message.t === 'join' ? 'ERR_NO_SUCH_ROOM' : 'ERR_RENDEZVOUS_REFUSED', refusal);
      return;
    }
    switch (message.t) {
      case 'open':
        // Each `open` takes a room for a while, so one connection may open only one.
        if (this.#hasOpened) {
          throw new ProtocolError('open: a room was opened already');
        }
        this.#hasOpened = true;
        this.#usage.open(message.client);
        this.#seat.open(message.client);
        break;
      case 'join':
        this.#admit('room' in message ? this.#usage.resume() : this.#usage.join(message), () =>
          this.#join(message),
        );
        break;
      case 'candidate':
        this.#seat.send(message);
        break;
      case 'round':
        this.#rounds.ask(message);
        break;
      case 'relay':
        this.#askForRelay(message);
        break;
      case 'done':
        this.#context.log.info(
          { from: this.shown, session: this.#session, outcome: message.outcome },
          'outcome',
        );
        this.#context.meter.ended(message);
        this.#phase = 'done';
        this.#usage.done();
        this.#seat.done();
        break;
      case 'dial-back':
        this.#usage.dialBack();
        this.#natCheck.ask(message, this.#hasJoined);
        break;
      case 'observe':
      case 'wake':
        this.#natCheck.ask(message, this.#hasJoined);
        break;
      case 'ping':
        this.#send({ t: 'pong' });
        break;
      case 'pong':
        break;
    }
  }

  /** Goes on if the limits allow it. The lines behind wait. */
  #admit(asked: Promise<Refusal | undefined>, goOn: () => void): void {
    const line = this.#line;
    line.hold();
    const answered = asked.then((refused) => {
      if (refused === undefined) {
        line.release(goOn);
      } else {
        this.#turnAway(refused);
      }
    });
    answered.catch((error: unknown) =>
      line.guard(() => {
        throw error;
      }),
    );
  }

  #turnAway({ reason, message }: Refusal): void {
    this.#note('limit', { reason });
    this.#context.meter.refused(reason);
    this.#line.refuse('ERR_RENDEZVOUS_REFUSED', message);
  }

  #join(message: MessageOf<ClientMessage, 'join'>): void {
    const { probeToken } = message;
    this.#isProxied ||= message.proxied === true;
    this.#hasJoined = true;
    this.#joinedAt = performance.now();
    this.#natCheck.stop();
    this.#mapping.stop();
    if (this.#isProxied) {
      this.#mapping.isOfProxy();
    }
    if (probeToken === undefined || this.#isProxied) {
      this.#enter(message);
      return;
    }
    this.#line.hold();
    this.#mapping.awaitProbe(probeToken, (isSeen) => {
      this.#line.release(() => {
        this.#enter(message);
        if (!isSeen && this.#phase === 'waiting') {
          this.#mapping.awaitLateProbe(probeToken, () => this.#seat.update(this.#mapping.mapped));
        }
      });
    });
  }

  #askForRelay({ ticket }: MessageOf<ClientMessage, 'relay'>): void {
    const asker = {
      client: this.#client,
      address: this.#mapping.mapped.address,
      shown: this.shown,
      follows: this.#follows,
      onGone: () => this.#leave(),
    };
    if (ticket !== undefined) {
      if (this.#hasJoined) {
        throw new ProtocolError('relay: a ticket is allowed in the first line only');
      }
      this.#relay.claim(ticket, { ...asker, onBegin: () => undefined });
      return;
    }
    if (this.#phase !== 'matched') {
      throw new ProtocolError('relay before a match');
    }
    this.#relay.ask(this.#session, {
      ...asker,
      onBegin: () => {
        this.#isReleased = this.#context.hosted !== undefined;
        this.#phase = 'done';
        this.#seat.done();
        // The client cannot send its `done` any more.
        this.#context.meter.ended({ t: 'done', outcome: 'relayed', path: 'relay' });
      },
    });
  }

  #enter(message: MessageOf<ClientMessage, 'join'>): void {
    const { client, nonce, nat, rttMs } = message;
    this.#client = client;
    this.#follows = message.follows === true;
    const comer = { client, nonce, nat, rttMs, mapped: this.#isProxied ? undefined : this.#mapping.mapped };
    if ('room' in message) {
      this.#note('resume');
      this.#seat.resume(message.room, message.slot, comer);
      return;
    }
    const { number, token, share } = message;
    this.#note('join', { number });
    this.#seat.join({ ...comer, number, token, share });
  }

  #on(event: SeatEvent): void {
    const { probe } = this.#context;
    this.#usage.saw(event);
    switch (event.kind) {
      case 'opened':
        this.#note('opened', { number: event.number });
        this.#send({
          t: 'opened',
          number: event.number,
          you: this.#isProxied ? undefined : this.#mapping.mapped,
          token: event.token,
          ...probe,
        });
        break;
      case 'waiting':
        this.#phase = 'waiting';
        this.#send({ t: 'waiting', you: event.mapped, ...probe });
        break;
      case 'matched':
        this.#matched(event);
        break;
      case 'message':
        this.#hear(event.message);
        break;
      case 'refused':
        if (event.reason !== undefined) {
          this.#context.meter.refused(event.reason);
        }
        this.#line.refuse(event.code, event.message, event.again);
        break;
      case 'retry':
        this.retry(event.afterMs);
        break;
    }
  }

  #hear(message: PeerMessage): void {
    switch (message.t) {
      case 'candidate':
        this.#send({ t: 'candidate', sealed: message.sealed });
        break;
      case 'round':
        this.#rounds.peerAsks(message);
        break;
      case 'relay':
      case 'redirect':
        this.#relay.heard(message);
        break;
    }
  }

  #matched(event: Extract<SeatEvent, { kind: 'matched' }>): void {
    const { role, session, own, peer } = event;
    this.#phase = 'matched';
    this.#context.meter.matched(performance.now() - this.#joinedAt);
    this.#session = session;
    this.#relay.matched(event);
    this.#rounds.reset(own.rttMs, peer.rttMs);
    if (role === 'a') {
      const { log } = this.#context;
      log.info({ session, a: this.#shownSide(own), b: this.#shownSide(peer) }, 'match');
    }
    this.#send({
      t: 'matched',
      role,
      you: own.mapped,
      session,
      peer: {
        mapped: this.#isHosted ? this.#dialled : peer.mapped,
        share: peer.share,
        nonce: peer.nonce,
        nat: peer.nat,
      },
      startInMs: startInMs(own.rttMs, peer.rttMs),
      ...(this.#isHosted && { here: true as const }),
      ...this.#context.probe,
    });
    // The one who waited may be gone since its last ping, and its guest must not punch for long at nobody.
    if (role === 'b' && peer.share !== undefined) {
      this.#line.demandAnswer();
    }
  }

  #shownSide({ mapped }: Comer): string {
    return mapped === undefined ? 'a proxy' : this.#context.shown(mapped);
  }

  get #isHosted(): boolean {
    return this.#context.hosted !== undefined;
  }

  #note(what: string, facts: object = {}): void {
    this.#context.log.debug({ from: this.shown, ...facts }, what);
  }

  #send(message: ServerMessage): void {
    this.#line.send(message);
  }

  #leave(): void {
    this.#mapping.stop();
    this.#natCheck.stop();
    this.#relay.stop();
    this.#seat.leave();
  }
}
