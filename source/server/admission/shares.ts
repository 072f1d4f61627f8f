import { addressBytes } from '../../network/address.ts';

/** One whose connections together have a share of what this server gives: an address, or a network of many. */
export interface Share {
  readonly key: string;
  /** How much of everything it has, as a multiple of what the limits grant to one address. */
  readonly times: number;
}

/** Of one connection, the smallest first: each of them must have room. None where its address is exempt. */
export type Shares = readonly Share[];

/**
 * An IPv6 customer is given a /64 at least, with as many addresses as it likes, and often a /48 with 65,536 of
 * these (RFC 6177). So a /48 is bounded, too. It may as well be 256 homes with a /56 each, or as many phones as a
 * carrier likes, and so it has more than one address. Four times as much, because two of them must not use up
 * what there is for all: 2 × 4 × 120 of 999 numbers.
 */
const TIMES_OF_SITE = 4;

/** The shares that a connection from this address uses. Takes an address as sockets of ours tell it, canonical. */
export function sharesOf(address: string): Shares {
  if (!address.includes(':')) {
    return [{ key: address, times: 1 }];
  }
  const bytes = Buffer.from(addressBytes(address));
  return [
    { key: bytes.toString('hex', 0, 8), times: 1 },
    { key: bytes.toString('hex', 0, 6), times: TIMES_OF_SITE },
  ];
}
