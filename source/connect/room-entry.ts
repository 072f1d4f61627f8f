import { randomBytes } from 'node:crypto';
import type { Role } from '../events.ts';
import { ProtocolError } from '../errors.ts';
import { passwordOf, type Code } from '../protocol/code.ts';
import { Guess } from './keys/guess.ts';
import {
  associatedData,
  channelId,
  deriveKeys,
  deriveResumeKeys,
  NONCE_BYTES,
  resumeRoom,
  type Keys,
} from './keys/keys.ts';
import type { Match, RoomRequest } from './place.ts';

/** How many random bytes CPace draws its scalar from. */
const SCALAR_BYTES = 64;

/** What we enter a room with. Each visit makes a new one, because a share is one guess. */
export interface RoomEntry {
  /** The part that the place is told. */
  readonly room: RoomRequest;
  /** The guess at the code. A session that reconnects has no code, and a guess that nobody asks for. */
  readonly guess: Guess;
  /** Takes some milliseconds, so the SYN goes first. Throws ProtocolError if the peer's share is not valid. */
  readonly keysOf: (match: Match) => Keys;
}

/**
 * Makes a share. The curve takes 25 ms to load and a share 5 ms to compute, so begin before the place has answered.
 * No share is made anywhere else, and none once the guess is spent: look at the guess before another visit.
 */
export async function entryByCode(code: Code, guess: Guess): Promise<RoomEntry> {
  if (guess.isSpent) {
    throw new Error('The guess at this code is spent.');
  }
  const { createShare } = await import('./keys/cpace.ts');
  const { number } = code;
  const own = createShare({
    password: passwordOf(code),
    channelId,
    sessionId: String(number),
    random: randomBytes(SCALAR_BYTES),
  });
  const nonce = randomBytes(NONCE_BYTES);
  return {
    room: { number, share: own.share, nonce },
    guess,
    keysOf: ({ role, peer }) => {
      if (peer.share === undefined) {
        throw new ProtocolError('no share');
      }
      const isk = own.finish({
        ownAssociatedData: associatedData({ nonce }),
        peerShare: peer.share,
        peerAssociatedData: associatedData({ nonce: peer.nonce }),
      });
      const [shareA, shareB] = role === 'a' ? [own.share, peer.share] : [peer.share, own.share];
      return deriveKeys({ isk, shareA, shareB });
    },
  };
}

/** For the room of a session that has lost its channel. Only the two peers can name it. */
export function entryByRoot(root: Uint8Array, role: Role): RoomEntry {
  const nonce = randomBytes(NONCE_BYTES);
  return {
    room: { room: resumeRoom(root), slot: role, nonce },
    guess: new Guess(),
    keysOf: ({ peer }) => {
      const [nonceA, nonceB] = role === 'a' ? [nonce, peer.nonce] : [peer.nonce, nonce];
      return deriveResumeKeys({ root, nonceA, nonceB });
    },
  };
}
