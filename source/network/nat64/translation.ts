/**
 * Lets all that is above the sockets speak of IPv4 where there is IPv6 alone: a
 * NAT64 stands on the way, and sockets alone have its addresses. What is known of
 * it holds for the whole process, as the addresses of this machine do.
 */
import type { Family } from '../../events.ts';

/** The NAT64 of a network. */
export interface Nat64 {
  /** As a person writes it: `64:ff9b::/96`. */
  readonly prefix: string;
  /** Where an IPv4 address is reached through it; undefined if it leads there to no host. */
  readonly translated: (address: string) => string | undefined;
  /** The IPv4 address to which it leads from an IPv6 one; undefined if that is not under its prefix. */
  readonly untranslated: (address: string) => string | undefined;
}

let known: Nat64 | undefined;

/** The NAT64 on the way to IPv4; undefined if none is needed, or known. */
export function knownNat64(): Nat64 | undefined {
  return known;
}

export function useNat64(nat64: Nat64 | undefined): void {
  known = nat64;
}

/** The address to bind to if the kernel shall choose the interface. */
export function anyAddress(family: Family): string {
  return family === 4 && known === undefined ? '0.0.0.0' : '::';
}

/** What a socket dials to reach an address, and the address to which it is bound if the kernel shall choose the interface. */
export function wayTo(address: string): { readonly host: string; readonly localAddress: string } {
  const host = known?.translated(address) ?? address;
  return { host, localAddress: host.includes(':') ? '::' : '0.0.0.0' };
}

/** The address that a socket means by the one that it tells. */
export function meantAddress(address: string): string {
  return known?.untranslated(address) ?? address;
}
