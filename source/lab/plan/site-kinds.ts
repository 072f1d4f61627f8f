/**
 * The kinds of NAT that have a name in the field, and the short forms of the
 * terms of RFC 4787.
 */
import type { Answer, Dependence, PortChoice, Site } from './description.ts';

export interface SiteKind {
  readonly site: Site;
  /** A few words for a list. */
  readonly about: string;
}

/** The names cone and symmetric come from RFC 3489, and are still in use. */
export const siteKinds: Readonly<Record<string, SiteKind>> = {
  open: {
    site: { mapping: 'none', filtering: 'endpoint-independent' },
    about: 'no NAT and no firewall: a public address',
  },
  firewall: {
    site: { mapping: 'none', filtering: 'address-and-port-dependent' },
    about: 'no NAT, a stateful firewall',
  },
  'full-cone': {
    site: { mapping: 'endpoint-independent', filtering: 'endpoint-independent' },
    about: 'one port for all destinations, lets in everybody',
  },
  restricted: {
    site: { mapping: 'endpoint-independent', filtering: 'address-dependent' },
    about: 'one port for all destinations, lets in the addresses that were contacted',
  },
  'port-restricted': {
    site: { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' },
    about: 'one port for all destinations, lets in the endpoints that were contacted: most home routers',
  },
  'other-port': {
    site: { mapping: 'endpoint-independent', ports: 'random', filtering: 'address-and-port-dependent' },
    about: 'port-restricted, with another port outside than inside',
  },
  'address-dependent': {
    site: { mapping: 'address-dependent', filtering: 'address-and-port-dependent' },
    about: 'a random port for each address',
  },
  counting: {
    site: {
      mapping: 'address-and-port-dependent',
      ports: 'sequential',
      filtering: 'address-and-port-dependent',
    },
    about: 'symmetric, the next port for each connection',
  },
  random: {
    site: { mapping: 'address-and-port-dependent', ports: 'random', filtering: 'address-and-port-dependent' },
    about: 'symmetric, a random port for each connection',
  },
  carrier: {
    site: {
      mapping: 'endpoint-independent',
      ports: 'random',
      filtering: 'endpoint-independent',
      hairpin: true,
    },
    about: "a carrier's NAT as RFC 6888 demands it; others stand behind it",
  },
};

/** What is not a NAT but stands in the way as one does. */
const walls: Readonly<Record<string, SiteKind>> = {
  proxied: {
    site: {
      mapping: 'endpoint-independent',
      filtering: 'address-and-port-dependent',
      proxied: true,
    },
    about: 'port-restricted, and only a SOCKS5 proxy gets out',
  },
  nat64: {
    site: {
      mapping: 'endpoint-independent',
      filtering: 'address-and-port-dependent',
      nat64: true,
    },
    about: 'IPv6 alone inside, and a NAT64 before port-restricted',
  },
  slirp: {
    site: {
      mapping: 'endpoint-independent',
      filtering: 'address-and-port-dependent',
      container: 'slirp',
    },
    about: 'a container without root (slirp4netns) behind port-restricted',
  },
  passt: {
    site: {
      mapping: 'endpoint-independent',
      filtering: 'address-and-port-dependent',
      container: 'passt',
    },
    about: "a container without root (Podman's pasta) behind port-restricted",
  },
};

/** Each word with which a site can begin. */
export const firstKinds: Readonly<Record<string, SiteKind>> = { ...siteKinds, ...walls };

/** Other words for a kind. */
export const kindAliases: Readonly<Record<string, string>> = { cone: 'full-cone', symmetric: 'random' };

export const mappingWords: Readonly<Record<string, Site['mapping']>> = {
  'endpoint-independent': 'endpoint-independent',
  eim: 'endpoint-independent',
  'address-dependent': 'address-dependent',
  adm: 'address-dependent',
  'address-and-port-dependent': 'address-and-port-dependent',
  apdm: 'address-and-port-dependent',
  none: 'none',
};

export const filteringWords: Readonly<Record<string, Dependence>> = {
  'endpoint-independent': 'endpoint-independent',
  eif: 'endpoint-independent',
  'address-dependent': 'address-dependent',
  adf: 'address-dependent',
  'address-and-port-dependent': 'address-and-port-dependent',
  apdf: 'address-and-port-dependent',
};

export const answerWords: Readonly<Record<string, Answer>> = {
  drop: 'drop',
  rst: 'rst',
  icmp: 'icmp',
  'icmp-late': 'icmp-late',
};

export const portWords: Readonly<Record<string, PortChoice>> = {
  preserved: 'preserved',
  sequential: 'sequential',
  random: 'random',
};
