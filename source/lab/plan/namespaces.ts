/** The parts of a lab: network namespaces, the links between them, and the commands that make both. */
import type { PlacedSite } from './addresses.ts';
import type { ContainerWord, Line } from './description.ts';

/** One network namespace. */
export interface Namespace {
  readonly name: string;
  readonly role: 'host' | 'router';
  readonly ipv6: boolean;
  /** The address that its programs ask for names. Undefined: the one of this machine, to which nothing leads from a lab. */
  readonly resolver?: string | undefined;
  /** A host's own addresses, IPv4 first; a router's external address. */
  readonly addresses: string[];
  /** Lines for `ip -batch`. */
  readonly ip: string[];
  /** Input for `nft -f`. */
  readonly rules: string[];
}

export interface LinkEnd {
  readonly namespace: string;
  readonly device: string;
  readonly mac: string;
}

export interface Link {
  /** The site or host to which it leads, `rendezvous`, or `SITE.late` inside a router. */
  readonly name: string;
  readonly above: LinkEnd;
  readonly below: LinkEnd;
  readonly line: Line | undefined;
}

/** A host that is connected to its machine by a program alone. */
export interface Container {
  readonly host: string;
  readonly word: ContainerWord;
}

export interface Topology {
  readonly namespaces: readonly Namespace[];
  readonly links: readonly Link[];
  readonly sites: readonly PlacedSite[];
  readonly containers: readonly Container[];
}

/** A command as data. Without a namespace it runs in the namespace of the lab itself, which has no links. */
export interface Command {
  readonly namespace?: string;
  readonly argv: readonly string[];
  readonly input?: string;
}
