/**
 * CPACE-RISTR255-SHA512 of draft-irtf-cfrg-cpace in the symmetric setting. Two
 * sides that hold the same short password get the same strong key. A stranger
 * gets one guess in each exchange, and nothing to search offline. This file
 * knows no rooms, codes and servers. It alone loads the curve, because that
 * takes a moment.
 */

import { createHash } from 'node:crypto';
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { ProtocolError } from '../../errors.ts';
import { lengthValue } from './keys.ts';

type Element = InstanceType<typeof ristretto255.Point>;

/** Element derivation of RFC 9496, section 4.3.4. It is optional in the type because other groups lack it. */
const { deriveToCurve } = ristretto255_hasher as Required<typeof ristretto255_hasher>;

/** G.DSI of the draft, section "G_Ristretto255 and G_Decaf448". */
const domain = 'CPaceRistretto255';

/** H.s_in_bytes of SHA-512. The password and its padding fill one block of the hash. */
const HASH_BLOCK_BYTES = 128;

/** So many random bytes make a scalar that is uniform except for 2^-256, as in hash_to_field of RFC 9380. */
const SCALAR_RANDOM_BYTES = 64;

export interface ShareInputs {
  /** PRS of the draft: the secret that both sides hold. */
  readonly password: string;
  /** CI of the draft. */
  readonly channelId: string | Uint8Array;
  /** sid of the draft. */
  readonly sessionId: string | Uint8Array;
  /** 64 fresh random bytes, for this share only. */
  readonly random: Uint8Array;
}

export interface Exchange {
  /** AD of the draft: what was sent with our share. */
  readonly ownAssociatedData: Uint8Array;
  readonly peerShare: Uint8Array;
  readonly peerAssociatedData: Uint8Array;
}

export interface Share {
  /** 32 bytes for the peer. They tell nothing about the password. */
  readonly share: Uint8Array;
  /**
   * The intermediate session key, 64 bytes. It is the same on both sides if, and
   * only if, all inputs were. It may be called once for each share, because a
   * second peer would have a second guess.
   * @throws ProtocolError for a share that is not an element, is the identity, or is our own.
   */
  finish(exchange: Exchange): Uint8Array;
}

/** Begins an exchange. */
export function createShare({ password, channelId, sessionId, random }: ShareInputs): Share {
  if (random.length !== SCALAR_RANDOM_BYTES) {
    throw new RangeError(`A share takes ${SCALAR_RANDOM_BYTES} random bytes, not ${random.length}.`);
  }
  const scalar = ristretto255.Point.Fn.create(bytesToNumberLE(random));
  const generator = calculateGenerator(generatorString(password, channelId, sessionId));
  const share = generator.multiply(scalar).toBytes();
  let used = false;

  return {
    share,
    finish({ ownAssociatedData, peerShare, peerAssociatedData }) {
      if (used) {
        throw new Error('A share serves one exchange.');
      }
      used = true;
      // If somebody reflects our own message, we would agree on a key with ourselves.
      if (Buffer.compare(peerShare, share) === 0) {
        throw new ProtocolError('the peer sent our own key share back');
      }
      const secret = multiplyVerified(scalar, peerShare);
      return createHash('sha512')
        .update(lengthValue(`${domain}_ISK`, sessionId, secret))
        .update(transcript(lengthValue(share, ownAssociatedData), lengthValue(peerShare, peerAssociatedData)))
        .digest();
    },
  };
}

/** `generator_string` of the draft. Exported for its test vectors. */
export function generatorString(
  password: string,
  channelId: string | Uint8Array,
  sessionId: string | Uint8Array,
): Uint8Array {
  const head = lengthValue(domain, password).length;
  const padding = new Uint8Array(Math.max(0, HASH_BLOCK_BYTES - 1 - head));
  return lengthValue(domain, password, padding, channelId, sessionId);
}

/** `calculate_generator` of the draft. Exported for its test vectors. */
export function calculateGenerator(input: Uint8Array): Element {
  return deriveToCurve(createHash('sha512').update(input).digest());
}

/**
 * `scalar_mult_vfy` of the draft, in which the neutral element is an error. Exported for its test vectors.
 * @throws ProtocolError for bytes that are not an element, and for the identity.
 */
export function multiplyVerified(scalar: bigint, encoded: Uint8Array): Uint8Array {
  const element = decodeElement(encoded);
  // In a group of prime order, only multiples of the identity are the identity.
  if (element.is0()) {
    throw new ProtocolError('the peer sent the identity as its key share');
  }
  return element.multiply(scalar).toBytes();
}

function decodeElement(encoded: Uint8Array): Element {
  try {
    return ristretto255.Point.fromBytes(encoded);
  } catch (error) {
    throw new ProtocolError('the peer sent a key share that is no element of ristretto255', {
      cause: error,
    });
  }
}

/** `transcript_oc` of the draft. It is ordered by value, because neither side speaks first. */
function transcript(own: Uint8Array, peer: Uint8Array): Uint8Array {
  const [first, second] = Buffer.compare(own, peer) > 0 ? [own, peer] : [peer, own];
  return Buffer.concat([Buffer.from('oc'), first, second]);
}
