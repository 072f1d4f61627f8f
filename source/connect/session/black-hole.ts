/**
 * Tells whether full packets get lost on the way to the peer while small ones arrive, and no ICMP message says so: a path
 * MTU black hole (RFC 2923, section 2.1). Then TCP connects, and goes on with nothing but its first small packets.
 *
 * Both messages of our handshake are longer than a packet of 1280 bytes, because the key exchange is post-quantum, except
 * with Node 22. So a handshake that stalls on a connection to the peer is the first sign. The other one is a channel that
 * becomes silent before it has carried one full packet. That may be chance, so it takes two in a row.
 */

/** More than a packet of 1280 bytes carries, and no more than one of 1500 does. */
const FULL_BYTES = 1400;
const SILENT_CHANNELS = 2;

/** What a channel has carried of our streams, in bytes. */
export interface Carried {
  /** Acknowledged on this channel. */
  readonly arrived: number;
  /** Sent on this channel, and not acknowledged. */
  readonly underWay: number;
}

export class BlackHoleDetection {
  #hasStalled = false;
  #silentChannels = 0;

  /** Whether what we send should be in small packets. */
  get isSuspected(): boolean {
    return this.#hasStalled || this.#silentChannels >= SILENT_CHANNELS;
  }

  /** A connection to the peer is there, and its handshake does not go on. */
  handshakeStalled(): void {
    this.#hasStalled = true;
  }

  /** A handshake has succeeded, with packets of any length. What stalled was something else. */
  handshakeSucceeded(): void {
    this.#hasStalled = false;
  }

  /** A channel carries nothing any more. Once two in a row were silent, those that follow are judged no more. */
  channelSuspect({ arrived, underWay }: Carried): void {
    if (this.#silentChannels >= SILENT_CHANNELS) {
      return;
    }
    if (arrived >= FULL_BYTES) {
      this.#silentChannels = 0;
    } else if (underWay >= FULL_BYTES) {
      this.#silentChannels += 1;
    }
  }

  /** A channel that was suspect carries again. It would not if one of its packets always got lost. */
  channelRevived(): void {
    if (this.#silentChannels < SILENT_CHANNELS) {
      this.#silentChannels = 0;
    }
  }
}
