import type { Socket } from 'node:net';
import type { ClientMessage, MappedEndpoint, ServerMessage } from '../../protocol/rendezvous-messages.ts';
import type { ClientContext } from '../client/client-context.ts';
import type { Seat, SeatEvent } from '../rooms/matchmaker.ts';
import type { HostedRoom } from './hosted-room.ts';

/**
 * The host as a client of its own server. It says the messages of the protocol (design 3.2) by calls, without a
 * socket. In place of a relay it gets the connection of its guest.
 */
export class HostClient {
  readonly #context: ClientContext;
  readonly #room: HostedRoom;
  readonly #mapped: MappedEndpoint;
  readonly #deliver: (message: ServerMessage) => void;
  readonly #seat: Seat;
  #session: string | undefined;
  #withdraw: (() => void) | undefined;
  #onGuestGone: ((why: string) => void) | undefined;
  /** Why the guest of this match is gone. */
  #gone: string | undefined;

  /** `mapped` is the endpoint on which the server listens. */
  constructor(
    context: ClientContext,
    room: HostedRoom,
    mapped: MappedEndpoint,
    deliver: (message: ServerMessage) => void,
  ) {
    this.#context = context;
    this.#room = room;
    this.#mapped = mapped;
    this.#deliver = deliver;
    this.#seat = context.matchmaker.seat((event) => this.#on(event), []);
  }

  send(message: ClientMessage): void {
    switch (message.t) {
      case 'open':
        this.#deliver({ t: 'opened', number: this.#room.open(), you: this.#mapped, token: this.#room.token });
        break;
      case 'join': {
        const { client } = this.#room;
        const { nonce, nat } = message;
        const comer = { client, nonce, nat, rttMs: 0, mapped: this.#mapped };
        if ('room' in message) {
          this.#seat.resume(message.room, message.slot, comer);
        } else {
          const { number, share } = message;
          this.#room.enter(number);
          this.#seat.join({ ...comer, number, token: this.#room.tokenFor(number), share });
        }
        break;
      }
      case 'candidate':
        this.#seat.send(message);
        break;
      case 'done':
        this.#room.done();
        this.#seat.done();
        break;
      default:
        // No punch is played with the host, so no other message has a meaning.
        break;
    }
  }

  /**
   * Resolves with the guest's connection, paused, when the guest has asked for it; with why there is none if the guest
   * leaves. Rejects with the signal's reason.
   */
  connection(signal: AbortSignal): Promise<Socket | string> {
    const session = this.#session;
    return new Promise((resolve, reject) => {
      if (session === undefined) {
        throw new Error('a connection before a match');
      }
      const end = () => {
        signal.removeEventListener('abort', onAbort);
        this.#withdraw?.();
      };
      function onAbort() {
        end();
        reject(signal.reason as Error);
      }
      signal.addEventListener('abort', onAbort, { once: true });
      this.#onGuestGone = (why) => {
        end();
        resolve(why);
      };
      this.#withdraw = this.#context.relays.take(session, ({ socket, rest }) => {
        end();
        // The server goes on counting the connection until it closes, so its own listeners stay.
        if (rest.length > 0) {
          socket.unshift(rest);
        }
        // Until the next owner listens, a reset must not become an uncaught exception.
        socket.on('error', () => socket.destroy());
        // A server for one guest takes TCP alone.
        resolve(socket as Socket);
      });
      if (this.#gone !== undefined) {
        this.#onGuestGone(this.#gone);
      } else if (signal.aborted) {
        onAbort();
      }
    });
  }

  leave(): void {
    this.#withdraw?.();
    this.#seat.leave();
  }

  #on(event: SeatEvent): void {
    switch (event.kind) {
      case 'opened':
        break;
      case 'waiting':
        this.#deliver({ t: 'waiting', you: this.#mapped });
        break;
      case 'matched': {
        const { role, session, peer } = event;
        this.#session = session;
        this.#room.matched(role);
        this.#gone = undefined;
        const { mapped, share, nonce, nat } = peer;
        this.#deliver({
          t: 'matched',
          role,
          you: this.#mapped,
          session,
          peer: { mapped, share, nonce, nat },
          startInMs: 0,
          here: true,
        });
        break;
      }
      case 'message':
        if (event.message.t === 'candidate') {
          this.#deliver({ t: 'candidate', sealed: event.message.sealed });
        }
        break;
      case 'refused': {
        const { code, message, again } = event;
        this.#gone = 'the guest has left';
        this.#onGuestGone?.(this.#gone);
        this.#deliver({ t: 'error', code, message, again });
        break;
      }
      case 'retry':
        this.#deliver({ t: 'retry', afterMs: event.afterMs });
        break;
    }
  }
}
