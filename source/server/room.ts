import type { Joiner, SeatEvent } from './rooms/matchmaker.ts';
import type { Shares } from './admission/shares.ts';

/** One connection at the memory matchmaker. */
export interface RoomSeat {
  readonly deliver: (event: SeatEvent) => void;
  readonly shares: Shares;
  client: string | undefined;
  joiner: Joiner | undefined;
  room: Room | undefined;
  /** Said `done`: its leaving disturbs nobody, and it wants to hear of no one leaving. */
  isDone: boolean;
}

export const createSeat = (deliver: RoomSeat['deliver'], shares: Shares): RoomSeat => ({
  deliver,
  shares,
  client: undefined,
  joiner: undefined,
  room: undefined,
  isDone: false,
});

/** Who has a number at the moment, and how far they are. */
export interface Room {
  readonly number: number;
  /** The process of its owner, who opened it or came first, and is told role `b`. */
  readonly client: string;
  /** What its owner returns with. A room of an own code has none and ends with its owner's connection. */
  readonly token: string | undefined;
  /** Open: its owner has not joined yet, or is expected back. */
  phase: 'open' | 'waiting' | 'matched';
  owner: RoomSeat | undefined;
  /** Held while the room is open, then matched with role `a`. */
  guest: RoomSeat | undefined;
  /** Each match lets a stranger guess once. */
  matches: number;
  returnTimer: NodeJS.Timeout | undefined;
  holdTimer: NodeJS.Timeout | undefined;
}

export const createRoom = (
  facts: Pick<Room, 'number' | 'client' | 'token' | 'phase'>,
  owner: RoomSeat,
): Room => ({
  ...facts,
  owner,
  guest: undefined,
  matches: 0,
  returnTimer: undefined,
  holdTimer: undefined,
});

export const ownsRoom = (room: Room, joiner: Joiner): boolean =>
  joiner.client === room.client || (room.token !== undefined && joiner.token === room.token);

/** The other one of a match, as long as it is there. */
export const peerOf = (seat: RoomSeat): RoomSeat | undefined => {
  if (seat.room?.phase !== 'matched') return undefined;
  return seat.room.owner === seat ? seat.room.guest : seat.room.owner;
};
