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

/** CPace draws its scalar from as many bytes. */
const SCALAR_BYTES = 64;

/** What one needs to enter a room: once for each time, for a share is one guess. */
export interface RoomEntry {
  /** What the place is told. */
  readonly room: RoomRequest;
  /** At the code; a session that goes on has no code, and a guess of its own. */
  readonly guess: Guess;
  /** Takes some milliseconds: the SYN goes first. Throws ProtocolError where the peer's share is none. */
  readonly keysOf: (match: Match) => Keys;
}

/**
 * The curve takes 25 ms to load and a share 5 to compute: begin before the place has answered. Nothing else makes
 * a share, and here none is made once the guess is spent: before another visit the guess is asked first.
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

/** For the room of a session that has lost its channel, which only the two can name. */
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
