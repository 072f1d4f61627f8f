import type { Role } from '../events.ts';
import type { PlaceAddresses } from '../protocol/place-address.ts';

/** A peer that both sides have kept, so that they meet again without a code (design 3.8). */
export interface Friend {
  /** 32 hexadecimal digits that follow from the secret. They name the friend's folder. */
  readonly id: string;
  /** As this user calls the friend. See friend-name.ts. */
  readonly name: string;
  /** 32 bytes that only the two have. */
  readonly secret: Uint8Array;
  /** Our role in every meeting with this friend. */
  readonly role: Role;
  /** Where the two have met. Undefined if they have met at no place that can be visited again. */
  readonly places: PlaceAddresses | undefined;
  /** When they became friends, and when they last met, in ms since 1970-01-01. */
  readonly keptAt: number;
  readonly metAt: number;
}

/** A message that waits until the friend has it. */
export interface WaitingMessage {
  /** 32 hexadecimal digits, drawn at random. The receiver takes each id once. */
  readonly id: string;
  /** In ms since 1970-01-01. */
  readonly writtenAt: number;
  readonly text: string;
}

/** One line of the conversation that is kept with `--history`. */
export interface HistoryEntry {
  readonly from: 'me' | 'peer';
  readonly writtenAt: number;
  readonly text: string;
}
