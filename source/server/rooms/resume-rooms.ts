import { randomBytes } from 'node:crypto';
import { ProtocolError } from '../../errors.ts';
import { refusedFor } from './room-refusals.ts';
import type { Comer, PeerMessage, Seat, SeatEvent } from './matchmaker.ts';

/** Which of the two peers it is, for the whole session. */
type Slot = 'a' | 'b';

interface ResumeSeat {
  readonly deliver: (event: SeatEvent) => void;
  readonly slot: Slot;
  comer: Comer;
  isDone: boolean;
}

interface ResumeRoom {
  readonly seats: Partial<Record<Slot, ResumeSeat>>;
  matched: boolean;
}

export interface ResumedSeat extends Pick<Seat, 'update' | 'send' | 'done' | 'leave'> {
  readonly isMatched: boolean;
}

/**
 * Rooms of sessions that have lost their channel. A room's name is 128 random
 * bits that only the two peers know, so nobody can guess it and no limit is
 * needed. Each peer has its slot; a newer connection for a slot replaces the
 * older one.
 */
export class ResumeRooms {
  readonly #rooms = new Map<string, ResumeRoom>();

  counts(): { readonly rooms: number; readonly waiting: number } {
    const waiting = [...this.#rooms.values()].filter(({ matched }) => !matched).length;
    return { rooms: this.#rooms.size, waiting };
  }

  clear(): void {
    this.#rooms.clear();
  }

  /** Enters a room, and is matched if the peer is there. */
  join(name: string, slot: Slot, comer: Comer, deliver: (event: SeatEvent) => void): ResumedSeat {
    const room = this.#rooms.get(name) ?? { seats: {}, matched: false };
    this.#rooms.set(name, room);
    const seat: ResumeSeat = { deliver, slot, comer, isDone: false };
    const older = room.seats[slot];
    room.seats[slot] = seat;
    older?.deliver(refusedFor('replaced'));
    const other = room.seats[slot === 'a' ? 'b' : 'a'];
    // In a match, the peer punches with the connection that was replaced. It is refused and comes again by itself.
    if (other === undefined || room.matched) {
      if (room.matched) {
        this.#dismiss(room, other);
      }
      deliver({ kind: 'waiting', mapped: comer.mapped });
    } else {
      this.#match(room);
    }
    return {
      update: (mapped) => {
        seat.comer = { ...seat.comer, mapped };
      },
      send: (message) => this.#send(room, seat, message),
      done: () => {
        seat.isDone = true;
      },
      leave: () => this.#leave(name, room, seat),
      get isMatched() {
        return room.matched && room.seats[slot] === seat && !seat.isDone;
      },
    };
  }

  #match(room: ResumeRoom): void {
    const { a, b } = room.seats;
    if (a === undefined || b === undefined) {
      throw new Error('a match needs two');
    }
    room.matched = true;
    const session = randomBytes(16).toString('base64url');
    for (const [role, seat, peer] of [['b', b, a] as const, ['a', a, b] as const]) {
      seat.deliver({ kind: 'matched', role, session, own: seat.comer, peer: peer.comer, isApart: false });
    }
  }

  #send(room: ResumeRoom, seat: ResumeSeat, message: PeerMessage): void {
    if (seat.isDone) {
      return;
    }
    if (!room.matched) {
      throw new ProtocolError(`${message.t} before a match`);
    }
    room.seats[seat.slot === 'a' ? 'b' : 'a']?.deliver({ kind: 'message', message });
  }

  #leave(name: string, room: ResumeRoom, seat: ResumeSeat): void {
    if (room.seats[seat.slot] !== seat) {
      return;
    }
    delete room.seats[seat.slot];
    const other = room.seats[seat.slot === 'a' ? 'b' : 'a'];
    if (room.matched && !seat.isDone) {
      this.#dismiss(room, other);
    }
    if (Object.keys(room.seats).length === 0) {
      this.#rooms.delete(name);
    }
  }

  /** Ends a match whose other side is gone. This side is to come again. */
  #dismiss(room: ResumeRoom, seat: ResumeSeat | undefined): void {
    room.matched = false;
    if (seat === undefined || seat.isDone) {
      return;
    }
    delete room.seats[seat.slot];
    seat.deliver(refusedFor('peerLeft'));
  }
}
