import type { Options } from './option.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const MINUTE = 60_000;

const port = { kind: 'number', argument: 'PORT', min: 0, max: 65_535, whole: true } as const;
const pairs = { kind: 'number', argument: 'N', min: 1, max: 100_000, whole: true } as const;
const connections = { kind: 'number', argument: 'N', min: 1, max: 1_000_000, whole: true } as const;
// Nothing at all would listen on every address: not what somebody meant who named one.
const address = { kind: 'text', ifEmpty: 'Name an address, or leave it out.' } as const;

export const listenOptions = {
  port: { ...port, about: 'where clients come; 0 is any free port', otherwise: '8877' },
  host: { ...address, argument: 'ADDRESS', about: 'one local address to listen on', otherwise: 'all' },
  'probe-port': {
    ...port,
    about: 'a second port, by which clients learn how their NAT maps',
    otherwise: '8878, or the port after --port',
  },
  'probe-host': { ...address, argument: 'ADDRESS', about: 'a second local address for probes' },
} as const satisfies Options;

/** Defaults stand in words: the server knows them, and a test compares. */
export const relayOptions = {
  relay: { kind: 'flag', isOn: true, about: 'relay nobody' },
  'relay-pairs': { ...pairs, about: 'pairs that are relayed at once', otherwise: '100' },
  'relay-pairs-per-address': {
    ...pairs,
    about: 'the same for each address of clients, or each /64 of IPv6',
    otherwise: '60',
  },
  'relay-rate': {
    kind: 'number',
    argument: 'KIB',
    min: 1,
    max: 10_000_000,
    unit: KIB,
    about: 'what a relayed pair may send in a second',
    otherwise: '1,024',
  },
  'relay-volume': {
    kind: 'number',
    argument: 'MIB',
    min: 1,
    max: 10_000_000,
    unit: MIB,
    about: 'what a relayed pair may send in all',
    otherwise: '1,024',
  },
  'relay-minutes': {
    kind: 'number',
    argument: 'MINUTES',
    min: 0.01,
    // A timer of Node's runs for 24 days at most.
    max: 30_000,
    unit: MINUTE,
    about: 'how long a pair may be relayed',
    otherwise: '720',
  },
} as const satisfies Options;

export const limitOptions = {
  'max-connections': { ...connections, about: 'clients at once, in all', otherwise: '20,000' },
  'max-connections-per-address': {
    ...connections,
    about: 'clients at once from one address',
    otherwise: '1,000',
  },
  exempt: {
    kind: 'list',
    argument: 'CIDR',
    separator: ',',
    isRepeatable: true,
    about: 'a network such as 192.0.2.0/24 without limits by address; repeatable',
  },
} as const satisfies Options;

export const clusterOptions = {
  store: { kind: 'text', argument: 'URL', about: 'share rooms with other servers, through redis://HOST' },
  advertise: {
    ...address,
    argument: 'HOST[:PORT]',
    about: 'with --store: where clients reach this very server, to be relayed with those of others',
  },
  'proxy-protocol': {
    kind: 'list',
    argument: 'CIDR',
    separator: ',',
    about: 'networks of balancers, with commas between, whose PROXY headers are believed and required',
  },
} as const satisfies Options;

export const webOptions = {
  'tls-cert': {
    kind: 'text',
    argument: 'FILE',
    ifEmpty: 'Name a PEM file, or leave it out.',
    about: 'a certificate with its chain: clients come by https, too',
  },
  'tls-key': {
    kind: 'text',
    argument: 'FILE',
    ifEmpty: 'Name a PEM file, or leave it out.',
    about: 'the key that belongs to it; SIGHUP reads both again',
  },
  forwarded: {
    kind: 'list',
    argument: 'CIDR',
    separator: ',',
    about: 'networks of reverse proxies, with commas between, whose Forwarded header is believed',
  },
} as const satisfies Options;

export const watchOptions = {
  metrics: {
    kind: 'text',
    argument: '[HOST:]PORT',
    about: 'Prometheus metrics over HTTP; without a HOST, for this machine alone',
  },
  'log-level': {
    kind: 'choice',
    choices: ['silent', 'error', 'warn', 'info', 'debug'],
    default: 'info',
    about: 'how much is logged, as JSON lines on stderr',
  },
  'log-addresses': {
    kind: 'flag',
    about: 'log whole addresses of clients, not only their networks',
  },
} as const satisfies Options;

export const serveOptions = {
  ...listenOptions,
  ...relayOptions,
  ...limitOptions,
  ...clusterOptions,
  ...webOptions,
  ...watchOptions,
} as const;
