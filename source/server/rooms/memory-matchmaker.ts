import { randomBytes } from 'node:crypto';
import { FIRST_OWN_NUMBER } from '../../protocol/rendezvous-messages.ts';
import { ProtocolError } from '../../errors.ts';
import type { Limits } from '../limits.ts';
import type { Comer, Joiner, Matchmaker, PeerMessage, Seat, SeatEvent } from './matchmaker.ts';
import { ResumeRooms, type ResumedSeat } from './resume-rooms.ts';
import { RoomNumbers } from './room-numbers.ts';
import { refusedByLimit, refusedFor, type RefusedEvent } from './room-refusals.ts';
import type { Shares } from '../admission/shares.ts';

function randomId() {
  return randomBytes(16).toString('base64url');
}

/** The rooms of one server, in its memory. */
export class MemoryMatchmaker implements Matchmaker {
  readonly store = undefined;
  readonly #limits: Limits;
  readonly #numbers: RoomNumbers;
  readonly #rooms = new Map<number, Room>();
  readonly #seats = new Map<string, RoomSeat>();
  readonly #resumes = new ResumeRooms();

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#numbers = new RoomNumbers(limits);
  }

  seat(deliver: (event: SeatEvent) => void, shares: Shares): Seat {
    const seat = createSeat(deliver, shares);
    let resumed: ResumedSeat | undefined;
    function leaveResumed() {
      resumed?.leave();
      resumed = undefined;
    }
    const leave = () => {
      resumed?.leave();
      this.#unclaim(seat);
      const { room } = seat;
      this.#leave(seat, seat.hasSealed ? 'peerLeft' : 'peerAway');
      this.#spend(seat, room);
    };
    return {
      open: (client) => {
        leaveResumed();
        this.#open(seat, client);
      },
      join: (joiner) => {
        leaveResumed();
        this.#join(seat, joiner);
      },
      resume: (room, slot, comer) => {
        this.#unclaim(seat);
        this.#leave(seat);
        leaveResumed();
        resumed = this.#resumes.join(room, slot, comer, deliver);
      },
      update: (mapped) => {
        resumed?.update(mapped);
        if (seat.joiner !== undefined) {
          seat.joiner = { ...seat.joiner, mapped };
        }
      },
      send: (message) => (resumed === undefined ? this.#send(seat, message) : resumed.send(message)),
      done: () => (resumed === undefined ? this.#done(seat) : resumed.done()),
      leave,
      withdraw: (onLeft) => {
        if (resumed?.isMatched === true || (seat.room?.phase === 'matched' && !seat.isDone)) {
          return;
        }
        leave();
        onLeft();
      },
    };
  }

  counts() {
    const waiting = [...this.#rooms.values()].filter((room) => room.phase === 'waiting').length;
    const resumes = this.#resumes.counts();
    return {
      rooms: this.#rooms.size + resumes.rooms,
      waiting: waiting + resumes.waiting,
      seats: this.#seats.size,
    };
  }

  async close() {
    for (const room of this.#rooms.values()) {
      clearTimeout(room.returnTimer);
      clearTimeout(room.holdTimer);
    }
    this.#rooms.clear();
    this.#resumes.clear();
    this.#seats.clear();
  }

  #open(seat: RoomSeat, client: string) {
    this.#claim(seat, client);
    this.#leave(seat);
    seat.joiner = undefined;
    seat.isDone = false;
    seat.hasSealed = false;
    const number = this.#numbers.allocate(seat.shares, performance.now());
    if (typeof number !== 'number') {
      this.#refuse(seat, refusedByLimit(number));
      return;
    }
    const token = randomId();
    this.#add(seat, createRoom({ number, client, token, phase: 'open' }, seat));
    seat.deliver({ kind: 'opened', number, token });
  }

  #join(seat: RoomSeat, joiner: Joiner) {
    this.#claim(seat, joiner.client);
    const { number } = joiner;
    const current = this.#rooms.get(number);
    const comesAgain = current?.owner === seat && ownsRoom(current, joiner);
    if (!comesAgain) {
      this.#leave(seat);
    }
    seat.joiner = joiner;
    seat.isDone = false;
    seat.hasSealed = false;
    // Looked up again, because leaving may have ended the room.
    const room = this.#rooms.get(number);
    if (room !== undefined && ownsRoom(room, joiner)) {
      this.#comeBack(seat, room);
    } else if (joiner.token !== undefined && (room !== undefined || this.#rests(number))) {
      // Another client has the number, or had it a moment ago. Nobody may be matched with a stranger by coming back.
      this.#refuse(seat, refusedFor('ended', number));
    } else if (room !== undefined) {
      this.#enter(seat, room);
    } else if (number < FIRST_OWN_NUMBER && joiner.token === undefined) {
      this.#refuse(seat, refusedFor('empty', number));
    } else {
      this.#make(seat, joiner);
    }
  }

  /**
   * A room that this server does not know. If the joiner has a token, the room was opened before this server started,
   * or at another server. It then counts as an `open`. A forged token gains nothing: the words are still unknown.
   */
  #make(seat: RoomSeat, { number, client, token, mapped }: Joiner) {
    if (token !== undefined) {
      const refused = this.#numbers.refusalFor(seat.shares, performance.now());
      if (refused !== undefined) {
        this.#refuse(seat, refusedByLimit(refused));
        return;
      }
      this.#numbers.take(number, seat.shares);
    }
    this.#add(seat, createRoom({ number, client, token, phase: 'waiting' }, seat));
    seat.deliver({ kind: 'waiting', mapped });
  }

  #rests(number: number): boolean {
    return this.#numbers.rests(number, performance.now());
  }

  /** The owner joins: for the first time, from a new connection, or with a new share for the next guest. */
  #comeBack(seat: RoomSeat, room: Room) {
    const { owner, guest } = room;
    if (owner !== undefined && owner !== seat) {
      this.#replace(owner);
    }
    clearTimeout(room.returnTimer);
    room.owner = seat;
    seat.room = room;
    if (room.phase === 'matched') {
      this.#dropGuest(room);
      if (guest?.isDone === false) {
        this.#refuse(guest, refusedFor('peerAway'));
      }
    }
    room.phase = 'waiting';
    if (room.matches > this.#limits.maxRearms) {
      this.#refuse(seat, refusedFor('spent', room.number, room.matches));
      this.#end(room);
    } else if (room.guest === undefined) {
      if (seat.joiner !== undefined) {
        seat.deliver({ kind: 'waiting', mapped: seat.joiner.mapped });
      }
    } else {
      this.#match(room);
    }
  }

  #enter(seat: RoomSeat, room: Room) {
    if (room.guest !== undefined || room.phase === 'matched') {
      this.#refuse(seat, refusedFor('taken', room.number));
      return;
    }
    room.guest = seat;
    seat.room = room;
    if (room.phase === 'waiting') {
      this.#match(room);
      return;
    }
    room.holdTimer = setTimeout(() => {
      this.#refuse(seat, refusedFor('openerAway', room.number));
    }, this.#limits.holdMs);
  }

  #match(room: Room) {
    const { owner, guest } = room;
    if (owner?.joiner === undefined || guest?.joiner === undefined) {
      throw new Error('a match needs two who have joined');
    }
    const b = comerOf(owner.joiner);
    const a = comerOf(guest.joiner);
    clearTimeout(room.holdTimer);
    room.phase = 'matched';
    room.matches += 1;
    owner.hasSealed = false;
    const session = randomId();
    owner.deliver({ kind: 'matched', role: 'b', session, own: b, peer: a, isApart: false });
    guest.deliver({ kind: 'matched', role: 'a', session, own: a, peer: b, isApart: false });
  }

  #send(seat: RoomSeat, message: PeerMessage) {
    if (seat.isDone) {
      return;
    }
    if (seat.room?.phase !== 'matched') {
      throw new ProtocolError(`${message.t} before a match`);
    }
    seat.hasSealed ||= message.t === 'candidate';
    const peer = peerOf(seat);
    if (peer !== undefined) {
      peer.deliver({ kind: 'message', message });
    } else if (message.t === 'round') {
      // The peer was done and has left. A late candidate does not matter, but nobody would answer to a round.
      this.#refuse(seat, refusedFor('peerLeft'));
    }
  }

  #done(seat: RoomSeat) {
    seat.isDone = true;
    const { room } = seat;
    // The two need the room no longer, and others can use its number.
    if (room?.owner === seat && this.#rooms.get(room.number) === room) {
      this.#end(room);
    }
  }

  /** `ofOwner`: what a guest is told whose owner leaves. An owner is only told that its guest has left. */
  #leave(seat: RoomSeat, ofOwner: 'peerLeft' | 'peerAway' = 'peerLeft') {
    const peer = peerOf(seat);
    const { room } = seat;
    const isOwner = room?.owner === seat;
    this.#detach(seat);
    if (peer !== undefined && !seat.isDone && !peer.isDone) {
      this.#refuse(peer, refusedFor(isOwner ? ofOwner : 'peerLeft'));
      this.#spend(peer, room);
    }
  }

  /** Ends the room of an owner that has left it after it had sealed: its guess is spent, and it will not come back. */
  #spend(owner: RoomSeat, room: Room | undefined) {
    const isLeft = room?.client === owner.client && room?.owner === undefined && room?.phase === 'open';
    if (isLeft && owner.hasSealed && this.#rooms.get(room.number) === room) {
      this.#end(room);
    }
  }

  /** A newer connection has come for this one. Its client comes again only as long as its guess is not spent. */
  #replace(older: RoomSeat) {
    this.#leave(older, 'peerAway');
    this.#refuse(older, refusedFor('replaced'));
  }

  #refuse(seat: RoomSeat, event: RefusedEvent) {
    this.#unclaim(seat);
    this.#detach(seat);
    seat.deliver(event);
  }

  #claim(seat: RoomSeat, client: string) {
    const older = this.#seats.get(client);
    if (older !== undefined && older !== seat) {
      this.#replace(older);
    }
    this.#unclaim(seat);
    seat.client = client;
    this.#seats.set(client, seat);
  }

  #unclaim(seat: RoomSeat) {
    if (seat.client !== undefined && this.#seats.get(seat.client) === seat) {
      this.#seats.delete(seat.client);
    }
  }

  #detach(seat: RoomSeat) {
    const { room } = seat;
    if (room === undefined) {
      return;
    }
    seat.room = undefined;
    if (room.guest === seat) {
      clearTimeout(room.holdTimer);
      room.guest = undefined;
      return;
    }
    room.owner = undefined;
    // The room has ended with `done`. The guest may go on sending; nobody receives it.
    if (this.#rooms.get(room.number) !== room) {
      return;
    }
    if (room.phase === 'matched') {
      this.#dropGuest(room);
    }
    room.phase = 'open';
    if (room.token === undefined) {
      this.#end(room);
    } else {
      room.returnTimer = setTimeout(() => this.#end(room), this.#limits.returnMs);
    }
  }

  #dropGuest(room: Room) {
    if (room.guest !== undefined) {
      room.guest.room = undefined;
    }
    room.guest = undefined;
  }

  #add(owner: RoomSeat, room: Room) {
    this.#rooms.set(room.number, room);
    owner.room = room;
  }

  #end(room: Room) {
    clearTimeout(room.returnTimer);
    clearTimeout(room.holdTimer);
    this.#rooms.delete(room.number);
    if (room.token !== undefined) {
      this.#numbers.release(room.number, performance.now());
    }
    const { guest } = room;
    if (guest?.joiner === undefined || room.phase === 'matched') {
      return;
    }
    // The owner of this held guest will not come. With an agreed code the guest becomes the owner, else it is refused.
    this.#dropGuest(room);
    this.#join(guest, guest.joiner);
  }
}

/** What this matchmaker knows of one connection. */
interface RoomSeat {
  readonly deliver: (event: SeatEvent) => void;
  readonly shares: Shares;
  client: string | undefined;
  joiner: Joiner | undefined;
  room: Room | undefined;
  /** It has said `done`: its leaving ends no match, and it is not told when its peer leaves. */
  isDone: boolean;
  /** It has sealed in its last match. An owner spends its guess by that. */
  hasSealed: boolean;
}

function createSeat(deliver: RoomSeat['deliver'], shares: Shares): RoomSeat {
  return {
    deliver,
    shares,
    client: undefined,
    joiner: undefined,
    room: undefined,
    isDone: false,
    hasSealed: false,
  };
}

/** The one or two connections that have a number, and how far they are. */
interface Room {
  readonly number: number;
  /** The process of its owner. The owner opened it or came first, and has role `b`. */
  readonly client: string;
  /** With it the owner comes back. The room of an agreed code has none, and ends with its owner's connection. */
  readonly token: string | undefined;
  /** `open`: its owner has not joined yet, or may come back. */
  phase: 'open' | 'waiting' | 'matched';
  owner: RoomSeat | undefined;
  /** Held while the room is open, then matched, with role `a`. */
  guest: RoomSeat | undefined;
  /** Counted because each match is one guess for a stranger. */
  matches: number;
  returnTimer: NodeJS.Timeout | undefined;
  holdTimer: NodeJS.Timeout | undefined;
}

function createRoom(facts: Pick<Room, 'number' | 'client' | 'token' | 'phase'>, owner: RoomSeat): Room {
  return {
    ...facts,
    owner,
    guest: undefined,
    matches: 0,
    returnTimer: undefined,
    holdTimer: undefined,
  };
}

/** Without the token, which no peer may know. */
function comerOf({ number: _number, token: _token, ...comer }: Joiner): Comer {
  return comer;
}

function ownsRoom(room: Room, joiner: Joiner): boolean {
  return joiner.client === room.client || (room.token !== undefined && joiner.token === room.token);
}

/** The other one of a match, if it is still there. */
function peerOf(seat: RoomSeat): RoomSeat | undefined {
  if (seat.room?.phase !== 'matched') {
    return undefined;
  }
  return seat.room.owner === seat ? seat.room.guest : seat.room.owner;
}
