/** The report of the doctor. `doctor --json` prints these fields, and the manual lists them. */
import type { Endpoint, Family } from '../events.ts';
import type { Diagnosis } from './diagnosis.ts';
import type { Reach } from './reach.ts';

/** The result for one address family, or the reason why it was not tested. */
export type Finding =
  | ({ readonly tested: true } & Diagnosis)
  | { readonly tested: false; readonly reason: string };

/** How long a NAT remembers a connection on which nothing passes. */
export interface IdleLifetime {
  /** A connection that was idle for this long still carried data towards us. */
  readonly atLeastMs: number;
  /** A connection that was idle for this long did not; null if all did. */
  readonly lessThanMs: number | null;
}

/** What one STUN server said over one family, or why it said nothing. */
export type StunFinding =
  | { readonly server: string; readonly family: Family; readonly mapped: Endpoint }
  | { readonly server: string; readonly family?: Family; readonly reason: string };

/** Whether our router maps a port for us, or why it does not. */
export type RouterAnswer =
  | {
      readonly mapped: true;
      readonly protocol: 'pcp' | 'nat-pmp' | 'upnp';
      /** As the router says. It was given back. */
      readonly external: Endpoint;
    }
  | { readonly mapped: false; readonly reason: string };

/** A program that is a container's or a virtual machine's only way out: slirp4netns and its kin, or passt and pasta. */
export type ContainerNetwork = 'slirp' | 'passt';

export interface DoctorReport {
  readonly v: 1;
  /** The rendezvous as the user named it, or the STUN servers with commas between them. */
  readonly server: string;
  /** How long the examination took, without the test of the lifetime. */
  readonly ms: number;
  /** The report in one sentence. */
  readonly verdict: string;
  readonly ipv4: Finding;
  readonly ipv6: Finding;
  /** Whether this machine has a global IPv6 address. */
  readonly ipv6Address: boolean;
  /** Whether our router maps a port for us. `reachable`: it is at the address at which the outside sees us. */
  readonly portMapping: RouterAnswer & { readonly reachable?: boolean };
  /** Null unless this machine is a container or a virtual machine with such a network. */
  readonly container: ContainerNetwork | null;
  /** The prefix of the NAT64 that leads from here to IPv4, `64:ff9b::/96`. Null if none is needed, or known. */
  readonly nat64: string | null;
  /** Which peers this machine can chat with directly. */
  readonly reach: readonly Reach[];
  /** Each piece of advice is a sentence or two. */
  readonly advice: readonly string[];
  /** Present if STUN servers were asked instead of a rendezvous. */
  readonly stun?: readonly StunFinding[];
  /** Present if it was asked for. */
  readonly lifetime?: IdleLifetime;
}
