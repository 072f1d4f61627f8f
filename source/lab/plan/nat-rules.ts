/**
 * Turns a site's words into nft rulesets. The router's links are `wan` (outside),
 * `lan` (inside), and the pair `loop0` and `loop1` for hairpinning: a packet to
 * the external address is routed into `loop0` and comes out of `loop1` as if from
 * outside. The external address belongs to no link, so that no packet is ever for
 * the router itself. A packet that no mapping and no filter lets in is answered
 * in `forward`.
 */
import type { Answer, Dependence, Site } from './description.ts';
import { answersLate, lateAnswer, lateSections } from './router/late-answer.ts';

/** RFC 5382, REQ-5: an established connection may idle for at least 2 h 4 min. */
const DEFAULT_IDLE_SECONDS = 7440;

/** Bounds the mappings of one router: there are no more ports. */
const MAX_MAPPINGS = 65_536;

/** A counting router uses this many ports. nft needs a table of them, and loads 4096 in 30 ms. */
const SEQUENTIAL_PORTS = 4096;
/** Sites that count use different ranges. */
const SEQUENTIAL_RANGES = 6;
const FIRST_SEQUENTIAL_PORT = 32_768;

export interface NatState {
  readonly external: string;
  /** The only host that gets out, if the site has a proxy. */
  readonly proxy: string | undefined;
  /** The site's number. */
  readonly number: number;
  /** The zone of connection tracking. In a new zone, all earlier connections are forgotten. */
  readonly zone: number;
}

/** The IPv4 rules of a site's router, as input of `nft -f`. They replace the earlier rules and all mappings. */
export function natRules(site: Site, state: NatState): string {
  const { filtering, mapping } = site;
  const sections =
    mapping === 'none' ? firewallSections('ip', site, filtering) : natSections(site, mapping, state);
  return table('ip', site, state.zone, [...proxySections(state.proxy), ...sections]);
}

/** The IPv6 rules: no translation, and a firewall that lets in only endpoints that were contacted. */
export function ipv6Rules(site: Site, { zone, proxy }: NatState): string {
  const filtering = site.ipv6 === 'open' ? 'endpoint-independent' : 'address-and-port-dependent';
  return table('ip6', site, zone, [
    ...(proxy === undefined ? [] : onlyProxy('')),
    ...firewallSections('ip6', site, filtering),
  ]);
}

function proxySections(proxy: string | undefined): string[] {
  return proxy === undefined ? [] : onlyProxy(`ip saddr != ${proxy} `);
}

/** It drops before the other chains see a packet, so that nothing of it makes a mapping. */
function onlyProxy(others: string): string[] {
  return chain('only_proxy', 'filter hook forward priority filter - 1', [
    `iifname "lan" ${others}drop ${comment('only the proxy gets out')}`,
  ]);
}

function table(family: 'ip' | 'ip6', site: Site, zone: number, sections: readonly string[]): string {
  const isLate = family === 'ip' && answersLate(site);
  return [
    `add table ${family} site`,
    `delete table ${family} site`,
    `table ${family} site {`,
    ...chain('zone', 'filter hook prerouting priority raw', [
      `${isLate ? 'iifname != "late1" ' : ''}ct zone set ${zone}`,
    ]),
    ...(isLate ? lateSections : []),
    ...idleSections(family, site),
    ...mtuSections(site),
    ...sections,
    '}',
    '',
  ].join('\n');
}

function idleSections(family: 'ip' | 'ip6', { idleSeconds }: Site): string[] {
  if (idleSeconds === undefined) {
    return [];
  }
  const policy = ['syn_sent', 'syn_recv', 'established'].map((state) => `${state}: ${idleSeconds}`);
  return [
    `ct timeout idle { protocol tcp; l3proto ${family}; policy = { ${policy.join(', ')} }; }`,
    ...chain('idle', 'filter hook prerouting priority mangle', [
      'meta l4proto tcp ct state new ct timeout set "idle"',
    ]),
  ];
}

/** The length of a packet that the kernel has not cut into segments yet is that of all of them. */
function mtuSections({ mtuBytes }: Site): string[] {
  return mtuBytes === undefined
    ? []
    : chain('mtu', 'filter hook forward priority filter - 2', [
        `meta length > ${mtuBytes} drop ${comment('it is longer than the MTU')}`,
      ]);
}

/** The key of a mapping: `before` reads it from a packet before the translation, `after` reads it afterwards. */
const mappingKeys = {
  'endpoint-independent': {
    type: 'ipv4_addr . inet_service',
    before: 'ip saddr . tcp sport',
    after: 'ct original ip saddr . ct original proto-src',
  },
  'address-dependent': {
    type: 'ipv4_addr . inet_service . ipv4_addr',
    before: 'ip saddr . tcp sport . ip daddr',
    after: 'ct original ip saddr . ct original proto-src . ip daddr',
  },
  // Each connection has its own mapping, which connection tracking remembers.
  'address-and-port-dependent': undefined,
} as const;

function natSections(site: Site, mapping: Dependence, { external, number }: NatState): string[] {
  const key = mappingKeys[mapping];
  const outwards = 'iifname "lan" oifname { "wan", "loop0" }';
  const inside = 'tcp sport : ct original ip saddr . ct original proto-src';
  return [
    ...(key ? [`map external { type ${key.type} : inet_service; ${elementLimits(site)} }`] : []),
    `map internal { type inet_service : ipv4_addr . inet_service; ${elementLimits(site)} }`,
    `set contacted { type ipv4_addr . inet_service; ${elementLimits(site)} }`,
    ...chain('arriving', 'nat hook prerouting priority dstnat', letIn(site.filtering, external)),
    ...chain('leaving', 'nat hook postrouting priority srcnat', [`${outwards} jump translate`]),
    ...chain('translate', undefined, [
      ...(key ? [`meta l4proto tcp snat ip to ${external} : ${key.before} map @external`] : []),
      ...newPort(site, external, number),
      `snat ip to ${external}`,
    ]),
    // The mapping is learnt after the translation, from the external port that the packet has by then.
    ...chain('left', 'filter hook postrouting priority srcnat + 10', [
      `${outwards} ct direction original meta l4proto tcp jump learn`,
    ]),
    ...chain('learn', undefined, [
      ...(key ? [`meta l4proto tcp update @external { ${key.after} : tcp sport }`] : []),
      // A new connection may get a port that another host had, and an update alone would keep the old entry.
      `ct state new meta l4proto tcp delete @internal { ${inside} }`,
      `meta l4proto tcp update @internal { ${inside} }`,
      'update @contacted { ip daddr . tcp sport }',
    ]),
    ...chain('pass', 'filter hook forward priority filter', [
      // A packet of an unknown connection would not be translated and leave with its inside address.
      `ct state invalid drop ${comment('it belongs to no known connection')}`,
      ...(site.hairpin === true ? [] : [`iifname "lan" oifname "loop0" drop ${comment('no hairpinning')}`]),
      'ct state established,related accept',
      `${outwards} accept`,
      'ct status dnat accept',
      ...answer('ip', site.unsolicited, reasons[site.filtering]),
    ]),
  ];
}

/** The rules that let in a new connection from outside. Filtering by address and port has none: the connection must be known. */
function letIn(filtering: Dependence, external: string): string[] {
  if (filtering === 'address-and-port-dependent') {
    return [];
  }
  const contacted = filtering === 'address-dependent' ? 'ip saddr . tcp dport @contacted ' : '';
  const arrived = `iifname { "wan", "loop1" } ip daddr ${external} meta l4proto tcp`;
  return [`${arrived} ${contacted}dnat ip to tcp dport map @internal`];
}

/** The rules that choose an external port for a connection without a mapping. If none matches, a later rule keeps the port. */
function newPort({ mapping, ports }: Site, external: string, number: number): string[] {
  const random = `meta l4proto tcp snat ip to ${external}:1024-65535 fully-random`;
  const choice = ports ?? (mapping === 'endpoint-independent' ? 'preserved' : 'random');
  if (choice === 'random') {
    return [random];
  }
  // No two mappings get the same port: the second host gets a random one.
  if (choice === 'preserved') {
    return [`tcp sport @internal ${random}`];
  }
  const first = FIRST_SEQUENTIAL_PORT + (number % SEQUENTIAL_RANGES) * SEQUENTIAL_PORTS;
  const counted = Array.from({ length: SEQUENTIAL_PORTS }, (_, index) => `${index} : ${first + index}`);
  return [
    `meta l4proto tcp snat ip to ${external} : numgen inc mod ${SEQUENTIAL_PORTS} map { ${counted.join(', ')} }`,
  ];
}

function firewallSections(family: 'ip' | 'ip6', site: Site, filtering: Dependence): string[] {
  if (filtering === 'endpoint-independent') {
    return [];
  }
  const address = family === 'ip' ? 'ipv4_addr' : 'ipv6_addr';
  const remember = `iifname "lan" meta l4proto tcp update @contacted { ${family} daddr . ${family} saddr . tcp sport }`;
  const contacted = `${family} saddr . ${family} daddr . tcp dport @contacted accept`;
  const byAddress = filtering === 'address-dependent';
  return [
    `set contacted { type ${address} . ${address} . inet_service; ${elementLimits(site)} }`,
    ...chain('pass', 'filter hook forward priority filter', [
      `ct state invalid drop ${comment('it belongs to no known connection')}`,
      ...(byAddress ? [remember] : []),
      'ct state established,related accept',
      'iifname "lan" accept',
      ...(byAddress ? [contacted] : []),
      // A pinhole that the router has opened: see router/port-mapping.ts.
      ...(family === 'ip6' && site.portMapping !== undefined ? ['meta mark 0 accept'] : []),
      ...answer(family, site.unsolicited, reasons[filtering]),
    ]),
  ];
}

/** Without a hook, other chains jump to the chain. */
function chain(name: string, hook: string | undefined, rules: readonly string[]): string[] {
  return [`chain ${name} {`, ...(hook === undefined ? [] : [`type ${hook};`]), ...rules, '}'];
}

function elementLimits({ idleSeconds = DEFAULT_IDLE_SECONDS }: Site): string {
  return `flags dynamic,timeout; timeout ${idleSeconds}s; size ${MAX_MAPPINGS};`;
}

/** The reason for a drop, in words. A trace of the rules shows it (`lab watch`). */
const reasons: Readonly<Record<Dependence, string>> = {
  'endpoint-independent': 'nobody inside has a mapping for this port',
  'address-dependent': 'nobody inside has contacted this address',
  'address-and-port-dependent': 'nobody inside has contacted this endpoint',
};

function comment(reason: string): string {
  return `comment "${reason}"`;
}

/** The answer to a SYN that was let through to nobody. */
function answer(family: 'ip' | 'ip6', unsolicited: Answer | undefined, reason: string): readonly string[] {
  const drop = `drop ${comment(reason)}`;
  const reject = `reject with ${family === 'ip' ? 'icmp' : 'icmpv6'} type port-unreachable ${comment(reason)}`;
  const answers: Record<Answer, readonly string[]> = {
    drop: [drop],
    rst: [`meta l4proto tcp reject with tcp reset ${comment(reason)}`, drop],
    // RFC 5382, REQ-4: a router that answers with ICMP sends Port Unreachable.
    icmp: [reject],
    // The kernel answers IPv6 at once: RFC 5382 is on the NATs of IPv4.
    'icmp-late': family === 'ip' ? [...lateAnswer(reject), drop] : [reject],
  };
  return answers[unsolicited ?? 'drop'];
}
