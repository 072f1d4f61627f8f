import { addressClass, carriedAddress, type AddressClass } from '../network/address.ts';

/** How far out an address is: what only this machine has, what only its neighbours have, what is on the internet. */
const reach: Partial<Record<AddressClass, number>> = {
  loopback: 0,
  private: 1,
  'unique-local': 1,
  global: 2,
};

const words = {
  loopback: 'this machine',
  private: 'in a private network',
  'unique-local': 'in a private network',
  'link-local': 'a link-local address',
  global: 'on the internet',
  other: 'no address of a host',
} as const satisfies Record<AddressClass, string>;

/**
 * Why we do not go where a rendezvous sends us to be relayed; undefined where
 * we do. It is to make us dial nothing that it could not reach itself: one on
 * the internet sends nobody into a private network, or to this machine. Private
 * networks are not told apart: ours may have many, and a server in any of them.
 */
export function redirectRefusal(to: string, server: string): string | undefined {
  const kind = destinationClass(to);
  const there = reach[kind];
  const here = reach[destinationClass(server)] ?? 2;
  return there !== undefined && there >= here ? undefined : words[kind];
}

/** A network of IPv6 alone reaches every IPv4 server by its NAT64, and that leads to global addresses only. */
function destinationClass(address: string): AddressClass {
  const carried = carriedAddress(address);
  if (carried === undefined) {
    return addressClass(address);
  }
  return addressClass(carried) === 'global' ? 'global' : 'other';
}
