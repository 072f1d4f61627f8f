/**
 * The words that describe a lab, and the check of a description. NAT terms are
 * those of RFC 4787 (section 4.1 mapping, section 5 filtering) and RFC 5382.
 * topology.ts and nat-rules.ts turn each word into parts of the kernel.
 */
import { PunchlineError } from '../../errors.ts';

/** A behaviour depends on nothing, on the remote address, or on the remote address and port. */
export const dependences = [
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
] as const;
export type Dependence = (typeof dependences)[number];

/** How a router answers a SYN that it lets through to nobody. */
export const answers = ['drop', 'rst', 'icmp', 'icmp-late'] as const;
export type Answer = (typeof answers)[number];

/** How a new mapping gets its external port. `preserved` goes with endpoint-independent mapping only. */
export const portChoices = ['preserved', 'sequential', 'random'] as const;
export type PortChoice = (typeof portChoices)[number];

/** The protocols by which a router maps ports for its hosts. */
export const portMappingWords = ['pcp', 'natpmp', 'upnp'] as const;
export type PortMappingWord = (typeof portMappingWords)[number];

/** The programs that connect containers of ordinary users. */
export const containerWords = ['slirp', 'passt'] as const;
export type ContainerWord = (typeof containerWords)[number];

/** The line from a site (or the rendezvous) up. All values are for one direction. */
export interface Line {
  readonly delayMs?: number;
  /** The delay varies uniformly, by up to this much more or less. */
  readonly jitterMs?: number;
  readonly lossPercent?: number;
}

export interface Site {
  /** `none`: no translation, the hosts have public addresses. */
  readonly mapping: Dependence | 'none';
  /** Default: `preserved` if the mapping is endpoint-independent, else `random`. */
  readonly ports?: PortChoice;
  /** With mapping `none`, `endpoint-independent` means no firewall, and the others mean stateful firewalls. */
  readonly filtering: Dependence;
  /** Default `drop`. */
  readonly unsolicited?: Answer;
  /** Whether hosts inside reach each other through the external address. Default false. */
  readonly hairpin?: boolean;
  /** How long mappings and connections live without a packet. Default: RFC 5382's 2 h 4 min. */
  readonly idleSeconds?: number;
  /** The router drops longer packets in both directions, and tells nobody: a path MTU black hole (RFC 2923). */
  readonly mtuBytes?: number;
  /** Adds global IPv6: `open`, or behind a stateful firewall. */
  readonly ipv6?: 'open' | 'firewall';
  /** The router maps ports for its hosts by this protocol. It is miniupnpd. */
  readonly portMapping?: PortMappingWord;
  /** Only a SOCKS5 proxy at the host `SITE.proxy` gets out. It is dante. Default false. */
  readonly proxied?: boolean;
  /** The hosts have IPv6 alone, and a NAT64 with its resolver at the host `SITE.nat64`. They are tayga and unbound. Default false. */
  readonly nat64?: boolean;
  /** Each host is a container of an ordinary user, and its machine is the host `HOST.machine`. It is slirp4netns or pasta. */
  readonly container?: ContainerWord;
  /** The hosts' names; default: one host, named like the site. */
  readonly hosts?: readonly string[];
  /** The site behind which this one stands: its router is one more host in that site's inside network. */
  readonly behind?: string;
  /** The inside network, `A.B.C.0/24`; may be the same at several sites. */
  readonly network?: string;
  readonly line?: Line;
}

export interface LabDescription {
  readonly sites: Readonly<Record<string, Site>>;
  readonly rendezvous?: { readonly line?: Line };
}

/** A link has the name of the site or host to which it leads, and Linux allows 15 bytes for the name of a link. */
const namePattern = /^[a-z][a-z0-9-]{0,13}$/;

/** Names of links and namespaces that the lab itself uses. */
const reservedNames = new Set([
  'internet',
  'rendezvous',
  'lan',
  'late0',
  'late1',
  'lo',
  'loop0',
  'loop1',
  'nat64',
  'proxy',
  'wan',
]);

/** The third byte of a site's addresses is its number. */
const MAX_SITES = 200;
/** Hosts have the last bytes 2 to 99 in the inside network. */
const MAX_HOSTS = 98;
/** Sites behind one router share the last bytes 100 to 199 of its inside network, and count down from 254. */
const MAX_CHILDREN = 10;
/** RFC 791: every host takes packets of so many bytes. */
const MIN_MTU_BYTES = 576;
/** No link of a lab carries longer packets. */
const MAX_MTU_BYTES = 1500;
/** Bounds delays and idle times. Two hours are more than any exercise needs, and every tool accepts them. */
const MAX_SECONDS = 7440;

const networkPattern = /^(?:\d{1,3}\.){3}0\/24$/;

/** The names of a site's hosts. */
export function hostNames(name: string, site: Site): readonly string[] {
  return site.hosts ?? [name];
}

/** Throws ERR_USAGE, which names the value, if a description makes no sense. */
export function checkDescription(description: LabDescription): void {
  const sites = Object.entries(description.sites);
  if (sites.length > MAX_SITES) {
    refuse(`${sites.length} sites are more than ${MAX_SITES}`);
  }
  const hosts = new Set<string>();
  for (const [name, site] of sites) {
    checkName(name);
    checkSite(name, site, description);
    for (const host of hostNames(name, site)) {
      checkName(host);
      if (hosts.has(host)) {
        refuse(`there are two hosts named "${host}"`);
      }
      if (host !== name && Object.hasOwn(description.sites, host)) {
        refuse(`the host "${host}" is named like another site`);
      }
      hosts.add(host);
    }
  }
  checkLine('rendezvous', description.rendezvous?.line);
}

function checkSite(name: string, site: Site, { sites }: LabDescription): void {
  checkWord(`mapping of "${name}"`, site.mapping, [...dependences, 'none']);
  checkWord(`filtering of "${name}"`, site.filtering, dependences);
  checkWord(`ports of "${name}"`, site.ports, portChoices);
  checkWord(`unsolicited of "${name}"`, site.unsolicited, answers);
  checkWord(`ipv6 of "${name}"`, site.ipv6, ['open', 'firewall']);
  checkWord(`portMapping of "${name}"`, site.portMapping, portMappingWords);
  checkWord(`container of "${name}"`, site.container, containerWords);
  if (site.ports === 'preserved' && site.mapping !== 'endpoint-independent') {
    refuse(
      `site "${name}": preserved ports go with endpoint-independent mapping, not with "${site.mapping}"`,
    );
  }
  if (site.ports !== undefined && site.mapping === 'none') {
    refuse(`site "${name}": without a mapping there is no choice of ports`);
  }
  if (site.nat64 === true && site.mapping === 'none') {
    refuse(
      `site "${name}": a NAT64 needs a NAT behind it, because the IPv4 addresses of its hosts are private`,
    );
  }
  if (site.nat64 === true && (site.proxied === true || site.container !== undefined)) {
    refuse(`site "${name}": a NAT64 goes neither with a proxy nor with containers, which speak IPv4`);
  }
  if (site.network !== undefined && !networkPattern.test(site.network)) {
    refuse(`site "${name}": the network "${site.network}" is not of the form A.B.C.0/24`);
  }
  if (site.hosts !== undefined && site.hosts.length > MAX_HOSTS) {
    refuse(`site "${name}": ${site.hosts.length} hosts are more than ${MAX_HOSTS}`);
  }
  if (
    site.idleSeconds !== undefined &&
    !(Number.isInteger(site.idleSeconds) && inRange(site.idleSeconds, 1, MAX_SECONDS))
  ) {
    refuse(
      `site "${name}": an idle time of ${site.idleSeconds} s is not a whole number from 1 to ${MAX_SECONDS}`,
    );
  }
  const { mtuBytes = MAX_MTU_BYTES } = site;
  if (!(Number.isInteger(mtuBytes) && inRange(mtuBytes, MIN_MTU_BYTES, MAX_MTU_BYTES))) {
    refuse(
      `site "${name}": an MTU of ${mtuBytes} bytes is not a whole number from ${MIN_MTU_BYTES} to ${MAX_MTU_BYTES}`,
    );
  }
  const children = Object.values(sites).filter(({ behind }) => behind === name).length;
  if (children > MAX_CHILDREN) {
    refuse(`${children} sites behind "${name}" are more than ${MAX_CHILDREN}`);
  }
  for (let above = site.behind, steps = 0; above !== undefined; above = sites[above]?.behind, steps += 1) {
    if (!Object.hasOwn(sites, above)) {
      refuse(`site "${name}" is behind "${above}", which does not exist`);
    }
    if (steps > Object.keys(sites).length) {
      refuse(`site "${name}" is behind itself`);
    }
    if (site.portMapping !== undefined && sites[above]?.mapping !== 'none') {
      refuse(
        `site "${name}" is behind the NAT of "${above}", and miniupnpd maps no port of a private address`,
      );
    }
    if (site.ipv6 !== undefined && sites[above]?.ipv6 === undefined) {
      refuse(`site "${name}" has IPv6, but the site "${above}" in front of it has none`);
    }
  }
  checkLine(name, site.line);
}

function checkLine(name: string, line: Line = {}): void {
  const { delayMs = 0, jitterMs = 0, lossPercent = 0 } = line;
  if (!inRange(delayMs, 0, MAX_SECONDS * 1000)) {
    refuse(`line of "${name}": a delay of ${delayMs} ms is not possible`);
  }
  if (!inRange(jitterMs, 0, delayMs)) {
    refuse(`line of "${name}": a jitter of ${jitterMs} ms is more than the delay`);
  }
  if (!inRange(lossPercent, 0, 100)) {
    refuse(`line of "${name}": a loss of ${lossPercent} % is not from 0 to 100`);
  }
}

/** Checks at run time, because a caller in plain JavaScript has no types. */
function checkWord(what: string, word: string | undefined, words: readonly string[]): void {
  if (word !== undefined && !words.includes(word)) {
    refuse(`the ${what} is "${word}", not one of ${words.join(', ')}`);
  }
}

function checkName(name: string): void {
  if (reservedNames.has(name)) {
    refuse(`the lab itself uses the name "${name}"`);
  }
  if (!namePattern.test(name)) {
    refuse(`the name "${name}" is not a letter with up to 13 letters, digits and hyphens, in lower case`);
  }
}

function inRange(value: number, from: number, to: number): boolean {
  return value >= from && value <= to;
}

function refuse(message: string): never {
  throw new PunchlineError('ERR_USAGE', `In the description of the lab, ${message}.`, {
    hint: 'The words of a lab: punchline help lab.',
  });
}
