/**
 * Reads sites as they are written on a command line:
 * `alice=counting/rst,delay=20,behind=carrier`. The part before the first comma
 * says what the NAT does, in words with slashes between. The first word is a kind
 * or a mapping. Options follow.
 */
import { quote } from '../../text/safe-text.ts';
import { readNumber } from '../../text/read-number.ts';
import { suggest } from '../../text/suggest.ts';
import { PunchlineError } from '../../errors.ts';
import { containerWords, portMappingWords, type Line, type Site } from './description.ts';
import {
  answerWords,
  filteringWords,
  kindAliases,
  mappingWords,
  portWords,
  firstKinds,
  siteKinds,
} from './site-kinds.ts';

interface NamedSite {
  readonly name: string;
  readonly site: Site;
}

/** Bounds the numbers that are read. checkDescription checks the real bounds of delays and idle times. */
const MAX_NUMBER = 1e7;

/** Reads `NAME=WORDS`. Throws ERR_USAGE, which names the wrong word and guesses the right one. */
export function parseNamedSite(text: string): NamedSite {
  const [, name = '', words = ''] = /^([^=,/]*)=(.*)$/s.exec(text) ?? [];
  if (name === '') {
    throw refused(`${quote(text)} is not a site`, 'A site is NAME=WORDS, for example alice=port-restricted.');
  }
  return { name, site: parseSite(words) };
}

/** Reads the words of a site, without its name. Throws ERR_USAGE, which names the wrong word and guesses the right one. */
export function parseSite(text: string): Site {
  const [nature = '', ...options] = text.split(',');
  return options.reduce(withOption, parseNature(nature));
}

function parseNature(text: string): Site {
  const [first = '', ...others] = text.split('/');
  return others.reduce(withWord, parseFirst(first));
}

function parseFirst(word: string): Site {
  const kind = own(firstKinds, own(kindAliases, word) ?? word);
  if (kind !== undefined) {
    return kind.site;
  }
  const mapping = own(mappingWords, word);
  if (mapping !== undefined) {
    return { mapping, filtering: 'address-and-port-dependent' };
  }
  throw unknown(word, 'a kind of site or a mapping', [
    ...Object.keys(firstKinds),
    ...Object.keys(kindAliases),
    ...Object.keys(mappingWords),
  ]);
}

function withWord(site: Site, word: string): Site {
  const filtering = own(filteringWords, word);
  if (filtering !== undefined) {
    return { ...site, filtering };
  }
  const unsolicited = own(answerWords, word);
  if (unsolicited !== undefined) {
    return { ...site, unsolicited };
  }
  const ports = own(portWords, word);
  if (ports !== undefined) {
    return { ...site, ports };
  }
  const more = extended(site, word);
  if (more !== undefined) {
    return more;
  }
  throw unknown(word, 'a filtering, an answer or a choice of ports', [
    ...Object.keys(filteringWords),
    ...Object.keys(answerWords),
    ...Object.keys(portWords),
    ...extensionWords,
  ]);
}

function withPortMapping(site: Site, word: string): Site | undefined {
  const portMapping = portMappingWords.find((one) => one === word);
  return portMapping === undefined ? undefined : { ...site, portMapping };
}

const proxyWord = 'proxied';

function withProxy(site: Site, word: string): Site | undefined {
  return word === proxyWord ? { ...site, proxied: true } : undefined;
}

const nat64Word = 'nat64';

function withNat64(site: Site, word: string): Site | undefined {
  return word === nat64Word ? { ...site, nat64: true } : undefined;
}

function withContainer(site: Site, word: string): Site | undefined {
  const container = containerWords.find((one) => one === word);
  return container === undefined ? undefined : { ...site, container };
}

/** What a site has besides its NAT, in one word. It stands among the words with slashes, or among the options. */
function extended(site: Site, word: string): Site | undefined {
  return (
    withPortMapping(site, word) ?? withProxy(site, word) ?? withNat64(site, word) ?? withContainer(site, word)
  );
}

const extensionWords = [...portMappingWords, proxyWord, nat64Word, ...containerWords];

type ReadOption = (site: Site, value: string) => Site;

function withLine(site: Site, line: Line): Site {
  return { ...site, line: { ...site.line, ...line } };
}

const options: Readonly<Record<string, ReadOption>> = {
  delay: (site, value) => withLine(site, { delayMs: number('delay', value) }),
  jitter: (site, value) => withLine(site, { jitterMs: number('jitter', value) }),
  loss: (site, value) => withLine(site, { lossPercent: number('loss', value) }),
  idle: (site, value) => ({ ...site, idleSeconds: number('idle', value) }),
  mtu: (site, value) => ({ ...site, mtuBytes: number('mtu', value) }),
  behind: (site, behind) => ({ ...site, behind }),
  network: (site, network) => ({ ...site, network }),
  hosts: (site, value) => ({ ...site, hosts: value.split('+') }),
  ipv6: (site, value) => {
    if (value === 'open' || value === 'firewall') {
      return { ...site, ipv6: value };
    }
    throw unknown(value, 'a value of ipv6', ['open', 'firewall']);
  },
};

function withOption(site: Site, text: string): Site {
  if (text === 'hairpin') {
    return { ...site, hairpin: true };
  }
  const more = extended(site, text);
  if (more !== undefined) {
    return more;
  }
  const [, name = text, value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  const read = own(options, name);
  if (read === undefined) {
    throw unknown(name, 'an option of a site', [...Object.keys(options), 'hairpin', ...extensionWords]);
  }
  if (value === '') {
    throw refused(`${name} of a site needs a value`, `Write ${name}=VALUE.`);
  }
  return read(site, value);
}

function number(name: string, value: string): number {
  return readNumber(name, value, { min: 0, max: MAX_NUMBER }) ?? 0;
}

function own<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function unknown(word: string, what: string, known: readonly string[]): PunchlineError {
  const meant = suggest(word, known);
  return refused(
    `${quote(word)} is not ${what}`,
    meant === undefined ? `Known are ${known.join(', ')}.` : `Did you mean "${meant}"?`,
  );
}

function refused(message: string, hint: string): PunchlineError {
  return new PunchlineError('ERR_USAGE', message, { hint });
}

const titles: Readonly<Record<string, string>> = {
  open: 'no NAT',
  firewall: 'no NAT, a firewall',
  carrier: "a carrier's NAT",
};

/** What stands in front of a site, in a few words for a title: `random NAT`, `no NAT`, `counting NAT, behind isp`. */
export function titleOfSite(site: Site): string {
  const { behind, container, filtering, mapping, nat64, proxied } = site;
  const ports = portsOf(site);
  const kind = Object.entries(siteKinds).find(
    ([, { site: one }]) => one.mapping === mapping && one.filtering === filtering && portsOf(one) === ports,
  )?.[0];
  const known = kind ?? (mapping === 'none' ? 'firewall' : mapping);
  const nature = titles[known] ?? `${known} NAT`;
  return [
    ...(container === undefined ? [] : [containerNames[container]]),
    ...(proxied === true ? ['only a proxy'] : []),
    ...(nat64 === true ? ['NAT64'] : []),
    nature,
    ...(behind === undefined ? [] : [`behind ${behind}`]),
  ].join(', ');
}

function portsOf({ mapping, ports }: Pick<Site, 'mapping' | 'ports'>): string {
  if (mapping === 'none') {
    return '';
  }
  return ports ?? (mapping === 'endpoint-independent' ? 'preserved' : 'random');
}

const answerTexts = {
  drop: 'drops unsolicited SYNs',
  rst: 'answers unsolicited SYNs with RST',
  icmp: 'answers unsolicited SYNs with ICMP',
  'icmp-late': 'answers unsolicited SYNs with ICMP after 6 s',
};

const containerNames = { slirp: 'slirp4netns', passt: 'pasta' } as const;

const portMappingNames = { pcp: 'PCP', natpmp: 'NAT-PMP', upnp: 'UPnP' } as const;

/** Describes a site's router and line to a person, as one line of text. */
export function describeSite(site: Site): string {
  const {
    behind,
    container,
    filtering,
    hairpin,
    idleSeconds,
    ipv6,
    line,
    mapping,
    mtuBytes,
    nat64,
    portMapping,
    proxied,
    unsolicited = 'drop',
  } = site;
  const { delayMs = 0, jitterMs = 0, lossPercent = 0 } = line ?? {};
  const choice = portsOf(site);
  const nature =
    mapping === 'none'
      ? [filtering === 'endpoint-independent' ? 'no NAT, no firewall' : `no NAT, ${filtering} firewall`]
      : [`${mapping} mapping, ${choice} ports`, `${filtering} filtering`];
  const isSilent = mapping === 'none' && filtering === 'endpoint-independent';
  return [
    ...nature,
    ...(isSilent ? [] : [answerTexts[unsolicited]]),
    ...(hairpin === true ? ['hairpinning'] : []),
    ...(idleSeconds === undefined ? [] : [`forgets after ${idleSeconds} s`]),
    ...(mtuBytes === undefined ? [] : [`loses packets of more than ${mtuBytes} bytes`]),
    ...(portMapping === undefined ? [] : [`maps ports by ${portMappingNames[portMapping]}`]),
    ...(proxied === true ? ['lets out only a proxy'] : []),
    ...(nat64 === true ? ['IPv6 alone inside, a NAT64'] : []),
    ...(container === undefined ? [] : [`containers behind ${containerNames[container]}`]),
    ...(ipv6 === undefined ? [] : [ipv6 === 'open' ? 'IPv6' : 'IPv6 behind a firewall']),
    ...(behind === undefined ? [] : [`behind ${behind}`]),
    ...(delayMs === 0 ? [] : [`${delayMs}${jitterMs === 0 ? '' : ` ± ${jitterMs}`} ms one way`]),
    ...(lossPercent === 0 ? [] : [`${lossPercent} % loss`]),
  ].join('; ');
}
