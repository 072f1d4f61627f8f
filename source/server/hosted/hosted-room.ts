import { randomBytes, randomInt } from 'node:crypto';
import { FIRST_OWN_NUMBER, type ClientMessage } from '../../protocol/rendezvous-messages.ts';

/**
 * The one room of a server that runs inside the program of one of the two peers. That program is the host. The other
 * side is its guest: a client like any other, but it can do nothing here but meet the host.
 */
export class HostedRoom {
  /** The host's client id. */
  readonly client = randomBytes(16).toString('base64url');
  /** Proves that the room is the host's. It never leaves this program. */
  readonly token = randomBytes(16).toString('base64url');
  #number: number | undefined;
  /** The host's, in its last match. It keeps it in the session that came of it. */
  #role: 'a' | 'b' = 'b';
  #hasMet = false;

  /** Draws the number. It is random, because a guest may find several hosts on a local network. */
  open(): number {
    this.#number ??= randomInt(1, FIRST_OWN_NUMBER);
    return this.#number;
  }

  /** The host enters with the number of an agreed code, or with the one that was drawn. */
  enter(number: number): void {
    this.#number = number;
  }

  /**
   * With what the host enters. A guest that was started anew may wait under an agreed number before the host does: then
   * the host is the one who comes.
   */
  tokenFor(number: number): string | undefined {
    return this.#hasMet && number >= FIRST_OWN_NUMBER ? undefined : this.token;
  }

  matched(role: 'a' | 'b'): void {
    this.#role = role;
  }

  done(): void {
    this.#hasMet = true;
  }

  /** Why a guest may not send this message; undefined if it may. Without this, strangers could meet each other here. */
  refusalOf(message: ClientMessage): string | undefined {
    switch (message.t) {
      case 'open':
      case 'observe':
      case 'dial-back':
      case 'wake':
        return `${message.t}: this program is no rendezvous for others`;
      case 'join':
        if ('room' in message) {
          return message.slot === this.#role ? 'join: the host has this slot' : undefined;
        }
        // Below, the rooms themselves refuse and count what leads nowhere. From here on, a join would make a room.
        return message.number < FIRST_OWN_NUMBER || message.number === this.#number
          ? undefined
          : `nobody waits in room ${message.number}`;
      default:
        return undefined;
    }
  }
}
