/** What a doctor finds: types only. The readme lists the fields, for they are what `doctor --json` prints. */
import type { Diagnosis } from './diagnosis.ts';
import type { Reach } from './reach.ts';

/** One address family: what was found, or why nothing could be. */
export type Finding =
  | ({ readonly tested: true } & Diagnosis)
  | { readonly tested: false; readonly reason: string };

/** How long a NAT remembers a connection on which nothing passes. */
export interface IdleLifetime {
  /** One that was idle for so long still carried data towards us. */
  readonly atLeastMs: number;
  /** One that was idle for so long did not; null where all did. */
  readonly lessThanMs: number | null;
}

export interface DoctorReport {
  readonly v: 1;
  /** As it was given. */
  readonly server: string;
  /** How long it took, the lifetime aside. */
  readonly ms: number;
  readonly ipv4: Finding;
  readonly ipv6: Finding;
  /** Whether this machine has a global IPv6 address. */
  readonly ipv6Address: boolean;
  /** With whom this machine can chat directly. */
  readonly reach: readonly Reach[];
  /** What would help, a sentence or two each. */
  readonly advice: readonly string[];
  /** Where it was asked for. */
  readonly lifetime?: IdleLifetime;
}
