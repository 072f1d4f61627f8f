import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { canonicalAddress } from '../network/address.ts';

/** The addresses of this machine; none where it does not tell them, or has no file left to ask with (EMFILE). */
export const ownAddresses = (): string[] => interfaces().map(({ address }) => canonicalAddress(address));

/** The same with the lengths of their networks, `192.168.1.2/24`. */
export const ownNetworks = (): string[] => interfaces().flatMap(({ cidr }) => (cidr === null ? [] : [cidr]));

function interfaces(): NetworkInterfaceInfo[] {
  try {
    return Object.values(networkInterfaces()).flatMap((infos) => infos ?? []);
  } catch {
    return [];
  }
}
