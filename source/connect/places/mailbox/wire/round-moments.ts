import type { RoundStart } from '../../../place.ts';
import { startInMs } from './room-entrance.ts';
import type { RoomMessage } from './room-messages.ts';
import type { Read } from './try-reader.ts';

interface Heard {
  readonly at: number;
  readonly message: Extract<RoomMessage, { t: 'round' }>;
}

/**
 * When a round begins on which both sides agree: the later of their two requests is the common moment, as the later
 * of their first messages is. Times come in as `now` in ms.
 */
export class RoundMoments {
  readonly #heard = new Map<number, { us?: Heard; peer?: Heard }>();

  /** Takes a request of the peer, or the echo of ours. Returns the start once both have come. */
  heard(from: Read['from'], message: Heard['message'], now: number): RoundStart | undefined {
    const known = this.#heard.get(message.n) ?? {};
    // A repeat changes nothing.
    if (known[from] !== undefined) {
      return undefined;
    }
    known[from] = { at: now, message };
    this.#heard.set(message.n, known);
    const { us, peer } = known;
    if (us === undefined || peer === undefined) {
      return undefined;
    }
    const moment = { at: now, rttMs: us.message.rttMs, peerRttMs: peer.message.rttMs };
    const { probePort } = peer.message;
    return { startInMs: startInMs(moment, now), ...(probePort === undefined ? {} : { probePort }) };
  }
}
