import { addressBytes } from '../../network/address.ts';

/** An address or a network whose connections together have one share of what this server allows. */
export interface Share {
  readonly key: string;
  /** The size of the share, as a multiple of the limits for one address. */
  readonly times: number;
}

/** The shares of one connection, the smallest first. Each of them must have room. An exempt address has none. */
export type Shares = readonly Share[];

/**
 * An IPv6 customer gets at least a /64, in which it can use any address, and often a /48 with 65,536 of these
 * (RFC 6177). So a /48 is bounded, too. But it may also be 256 homes with a /56 each, or any number of phones of a
 * carrier, so it gets more than one address does. Four times as much, because two of them must not use up all that
 * the server has: 2 × 4 × 120 of 999 numbers.
 */
const TIMES_OF_SITE = 4;

/** The shares that a connection from this address uses. The address must be canonical. */
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
