/**
 * How two sides of a mailbox find each other. Each posts a `join`. Times come in as `now` in ms.
 *
 * In the room of a code the two first messages are enough: the one that the server has handled last is the common
 * moment, and both sides see which one that is. Nobody can tell there whether a peer that came first is still here.
 *
 * In the room of a session a `join` may be left over from an earlier visit of the peer. So the side that sees the other
 * come answers it, and this `answer` is the common moment.
 */
import type { Role } from '../../../../events.ts';
import { MAX_START_IN_MS, type MappedEndpoint } from '../../../../protocol/rendezvous-messages.ts';
import type { MailboxMessageOf } from './mailbox-messages.ts';
import {
  decodeBody,
  hexOf,
  parsePhase,
  type JoinMessage,
  type RoomMessage,
  type RoomPhase,
  type Seat,
} from './room-messages.ts';

/** Bounds what we keep of a peer that is ahead of us, until we know that it is our peer. */
const MAX_EARLY = 64;

export type Posted = Omit<MailboxMessageOf<'message'>, 'type'>;

export interface OwnEntry {
  readonly side: string;
  readonly seat: Seat;
  readonly nonce: Uint8Array;
  /** Only in the room of a code. */
  readonly share: Uint8Array | undefined;
  /** The peer's side, where we know it: in the room of a session. */
  readonly peerSide: string | undefined;
}

/** The two nonces in the order of the roles name a try. */
export interface Try {
  readonly nonceA: Uint8Array;
  readonly nonceB: Uint8Array;
}

export interface Found {
  readonly role: Role;
  readonly try: Try;
  readonly peerSide: string;
  readonly nonce: Uint8Array;
  /** The number of its first message. */
  readonly count: number;
  readonly share: Uint8Array | undefined;
  readonly mapped: MappedEndpoint | undefined;
  readonly rttMs: number;
  /** When the message that begins the try came to us. */
  readonly at: number;
  /** Whether it was our answer, and so the first of our messages in the try. */
  readonly hasAnswered: boolean;
  /** Messages of the try that came before it was known. */
  readonly early: readonly Posted[];
}

interface PeerJoin {
  readonly side: string;
  readonly nonce: Uint8Array;
  readonly message: JoinMessage;
  readonly count: number;
  readonly at: number;
  /** Whether the server has handled it after our own. */
  readonly isLater: boolean;
}

export class RoomEntrance {
  readonly #own: OwnEntry;
  #echoAt: number | undefined;
  #earlierCount = -1;
  #isReplayed = false;
  #peer: PeerJoin | undefined;
  #early: Posted[] = [];
  #found: Found | undefined;

  constructor(own: OwnEntry) {
    this.#own = own;
  }

  /** The peer, once it is known. */
  get found(): Found | undefined {
    return this.#found;
  }

  /** The highest number of a first message that an earlier visit of our side has left, or -1. It may have been another program's. */
  get earlierCount(): number {
    return this.#earlierCount;
  }

  /** All that was in the mailbox before us has come. */
  replayed(): void {
    this.#isReplayed = true;
    this.#decide();
  }

  /** Takes one message of the mailbox. Returns the phase under which we have to answer a peer, if it is our turn. */
  heard(posted: Posted, now: number): RoomPhase | undefined {
    const phase = parsePhase(posted.phase);
    if (phase === undefined) {
      return undefined;
    }
    const isOwn = posted.side === this.#own.side;
    if (this.#found !== undefined) {
      // Nobody reads the try yet.
      this.#keep(posted);
    } else if (!('nonce' in phase)) {
      this.#heardInTry(posted, phase, isOwn, now);
    } else if (!isOwn) {
      return this.#heardJoin(posted, phase, now);
    } else if (isEqual(phase.nonce, this.#own.nonce)) {
      this.#echoAt ??= now;
      this.#decide();
    } else {
      this.#earlierCount = Math.max(this.#earlierCount, phase.count);
    }
    return undefined;
  }

  #heardJoin(
    { side, body }: Posted,
    { nonce, seat, count }: Extract<RoomPhase, { seat: Seat }>,
    now: number,
  ): RoomPhase | undefined {
    const own = this.#own;
    const message = decodeBody(body);
    const known = this.#peer;
    if (
      message?.t !== 'join' ||
      !isOpposite(seat, own.seat) ||
      side !== (own.peerSide ?? known?.side ?? side) ||
      (known !== undefined && count <= known.count) ||
      !this.#isFit(message)
    ) {
      return undefined;
    }
    // The same one again names a new mapped endpoint, and is no new coming.
    const again = known !== undefined && isEqual(known.nonce, nonce) ? known : undefined;
    const isLater = again?.isLater ?? this.#echoAt !== undefined;
    this.#peer = { side, nonce, message, count, at: again?.at ?? now, isLater };
    this.#decide();
    const isAnswered = own.share === undefined && isLater && again === undefined;
    return isAnswered ? { ...this.#tryWith(this.#peer), count: 0 } : undefined;
  }

  /** A share is the peer's in the room of a code, and not ours that somebody sends back. */
  #isFit({ share }: RoomMessage & { t: 'join' }): boolean {
    const own = this.#own.share;
    return own === undefined ? share === undefined : share !== undefined && !isEqual(share, own);
  }

  #heardInTry(posted: Posted, phase: Extract<RoomPhase, { role: Role }>, isOwn: boolean, now: number): void {
    const peer = this.#peer;
    const isAnswer =
      this.#own.share === undefined &&
      phase.count === 0 &&
      peer !== undefined &&
      (isOwn || posted.side === peer.side) &&
      this.#isOurTry(phase, peer) &&
      decodeBody(posted.body)?.t === 'answer';
    if (isAnswer) {
      this.#find(peer, now, isOwn);
    }
    const isEarly = [phase.nonceA, phase.nonceB].some((nonce) => isEqual(nonce, this.#own.nonce));
    if (!isOwn && isEarly) {
      this.#keep(posted);
    }
  }

  #keep(posted: Posted): void {
    if (this.#early.length < MAX_EARLY) {
      this.#early.push(posted);
    }
  }

  #isOurTry({ nonceA, nonceB }: Try, peer: PeerJoin): boolean {
    const ours = this.#tryWith(peer);
    return isEqual(nonceA, ours.nonceA) && isEqual(nonceB, ours.nonceB);
  }

  /** In the room of a code the later of the two first messages begins the try. */
  #decide(): void {
    const peer = this.#peer;
    const echoAt = this.#echoAt;
    if (this.#own.share !== undefined && this.#isReplayed && peer !== undefined && echoAt !== undefined) {
      this.#find(peer, peer.isLater ? peer.at : echoAt);
    }
  }

  #find(peer: PeerJoin, at: number, hasAnswered = false): void {
    const { role, nonceA, nonceB } = this.#tryWith(peer);
    const { share, mapped, rttMs } = peer.message;
    this.#found ??= {
      role,
      try: { nonceA, nonceB },
      peerSide: peer.side,
      nonce: peer.nonce,
      count: peer.count,
      share,
      mapped,
      rttMs,
      at,
      hasAnswered,
      early: this.#early,
    };
  }

  #tryWith({ nonce, message: { share } }: PeerJoin): Try & { readonly role: Role } {
    const own = this.#own;
    const role = own.seat === 'own' ? roleByShare(own.share, share) : own.seat;
    return role === 'a'
      ? { role, nonceA: own.nonce, nonceB: nonce }
      : { role, nonceA: nonce, nonceB: own.nonce };
  }
}

/** Nobody came second who could be `a` by that, so the greater share decides. */
function roleByShare(own: Uint8Array = new Uint8Array(), peer: Uint8Array = new Uint8Array()): Role {
  return Buffer.compare(own, peer) > 0 ? 'a' : 'b';
}

function isOpposite(seat: Seat, own: Seat): boolean {
  return own === 'own' ? seat === 'own' : seat === (own === 'a' ? 'b' : 'a');
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return hexOf(one) === hexOf(other);
}

/**
 * In how many ms to begin, so that both sides begin at the same moment. The server handled the message that begins half
 * our round trip before it came to us, and waits for the slower side.
 */
export function startInMs(
  { at, rttMs, peerRttMs }: { readonly at: number; readonly rttMs: number; readonly peerRttMs: number },
  now: number,
): number {
  const inMs = at - rttMs / 2 + Math.max(rttMs, peerRttMs) / 2 - now;
  return Math.min(MAX_START_IN_MS, Math.max(0, inMs));
}
