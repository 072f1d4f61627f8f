import { PunchlineError } from '../../errors.ts';
import { isAddress, isNetwork } from '../../network/address.ts';
import { parseServer } from '../../network/endpoint.ts';
import { quote } from '../../text/safe-text.ts';
import { readNumber } from '../../text/read-number.ts';
import { parseStoreUrl } from '../../server/rooms/redis/store-url.ts';

/** What was typed, as yargs hands it over. */
export interface ServeArguments {
  readonly port?: string | undefined;
  readonly host?: string | undefined;
  readonly probePort?: string | undefined;
  readonly probeHost?: string | undefined;
  readonly relay?: boolean | undefined;
  readonly relayPairs?: string | undefined;
  readonly relayPairsPerAddress?: string | undefined;
  readonly relayRate?: string | undefined;
  readonly relayVolume?: string | undefined;
  readonly relayMinutes?: string | undefined;
  /** Networks with commas between. */
  readonly exempt?: string | undefined;
  readonly maxConnections?: string | undefined;
  readonly maxConnectionsPerAddress?: string | undefined;
  readonly metrics?: string | undefined;
  readonly store?: string | undefined;
  readonly advertise?: string | undefined;
  /** Networks with commas between. */
  readonly proxyProtocol?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly logAddresses?: boolean | undefined;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const MINUTE = 60_000;

const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** What was typed of the others; see limits.ts of the server. */
export interface ConnectionLimits {
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
}

/** What was typed of the relay's limits; see relay-limits.ts of the server. */
export interface RelayCaps {
  readonly maxRelays?: number;
  readonly maxRelaysPerAddress?: number;
  readonly relayBytesPerSecond?: number;
  readonly maxRelayBytes?: number;
  readonly maxRelayMs?: number;
}

export interface ServeSettings {
  readonly port: number | undefined;
  readonly probePort: number | undefined;
  readonly host: string | undefined;
  readonly probeHost: string | undefined;
  readonly relay: boolean;
  readonly limits: ConnectionLimits & RelayCaps;
  readonly exempt: readonly string[];
  readonly metrics: { readonly host: string; readonly port: number } | undefined;
  readonly store: string | undefined;
  readonly advertise: string | undefined;
  readonly proxyProtocol: readonly string[];
  readonly logLevel: (typeof logLevels)[number];
  readonly logAddresses: boolean | undefined;
}

/** Throws ERR_USAGE, which names the value and what is allowed. */
export function serveSettings(args: ServeArguments): ServeSettings {
  const port = { min: 0, max: 65_535, whole: true };
  const logLevel = logLevels.find((level) => level === (args.logLevel ?? 'info'));
  if (logLevel === undefined) {
    throw new PunchlineError(
      'ERR_USAGE',
      `--log-level ${quote(args.logLevel ?? '')} is none of ${logLevels.join(', ')}`,
      {
        hint: 'See punchline serve --help.',
      },
    );
  }
  // Nothing at all would listen on every address: not what somebody meant who named one.
  forbidEmpty('--host', args.host);
  forbidEmpty('--probe-host', args.probeHost);
  forbidEmpty('--advertise', args.advertise);
  if (args.store !== undefined) {
    parseStoreUrl(args.store);
  }
  return {
    port: readNumber('--port', args.port, port),
    probePort: readNumber('--probe-port', args.probePort, port),
    host: args.host,
    probeHost: args.probeHost,
    relay: args.relay !== false,
    limits: { ...connectionLimits(args), ...relayCaps(args) },
    exempt: readNetworks('--exempt', args.exempt),
    metrics: args.metrics === undefined ? undefined : readMetrics(args.metrics),
    store: args.store,
    advertise: readAdvertise(args),
    proxyProtocol: readNetworks('--proxy-protocol', args.proxyProtocol),
    logLevel,
    logAddresses: args.logAddresses,
  };
}

function connectionLimits(args: ServeArguments): ConnectionLimits {
  const count = { min: 1, max: 1_000_000, whole: true };
  return given({
    maxConnections: readNumber('--max-connections', args.maxConnections, count),
    maxConnectionsPerAddress: readNumber(
      '--max-connections-per-address',
      args.maxConnectionsPerAddress,
      count,
    ),
  });
}

function relayCaps(args: ServeArguments): RelayCaps {
  const count = { min: 1, max: 100_000, whole: true };
  const caps = {
    maxRelays: readNumber('--relay-pairs', args.relayPairs, count),
    maxRelaysPerAddress: readNumber('--relay-pairs-per-address', args.relayPairsPerAddress, count),
    relayBytesPerSecond: scaled(readNumber('--relay-rate', args.relayRate, { min: 1, max: 10_000_000 }), KIB),
    maxRelayBytes: scaled(readNumber('--relay-volume', args.relayVolume, { min: 1, max: 10_000_000 }), MIB),
    // A timer of Node's runs for 24 days at most.
    maxRelayMs: scaled(readNumber('--relay-minutes', args.relayMinutes, { min: 0.01, max: 30_000 }), MINUTE),
  };
  if (args.relay === false && Object.values(caps).some((cap) => cap !== undefined)) {
    throw new PunchlineError('ERR_USAGE', '--no-relay and limits of the relay exclude each other', {
      hint: 'Leave one of them out.',
    });
  }
  return given(caps);
}

/** Those that were given; the server knows the others. */
function given(limits: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined)) as Record<
    string,
    number
  >;
}

function scaled(value: number | undefined, unit: number): number | undefined {
  return value === undefined ? undefined : Math.round(value * unit);
}

/** Of this machine alone unless somebody says otherwise: figures are not for everybody. */
function readMetrics(text: string): { host: string; port: number } {
  const [, bracketed, host = bracketed ?? '127.0.0.1', port = ''] =
    /^(?:(?:\[([^\]]*)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? [];
  if (isAddress(host) && port !== '' && Number(port) <= 65_535) {
    return { host, port: Number(port) };
  }
  throw new PunchlineError('ERR_USAGE', `--metrics ${quote(text)} is not [HOST:]PORT`, {
    hint: 'Give a port, or an address of this machine and a port, for example 127.0.0.1:9464 or [::1]:9464.',
  });
}

/** Checked here, read by the server: it knows on which port it listens. */
function readAdvertise({ advertise, store, relay }: ServeArguments): string | undefined {
  if (advertise === undefined) {
    return undefined;
  }
  parseServer(advertise);
  if (store === undefined) {
    throw new PunchlineError('ERR_USAGE', '--advertise needs --store', {
      hint: 'It says where the clients of other servers of a store find this one: without a store, there are none.',
    });
  }
  if (relay === false) {
    throw new PunchlineError('ERR_USAGE', '--advertise and --no-relay exclude each other', {
      hint: 'Leave one of them out.',
    });
  }
  return advertise;
}

function readNetworks(option: string, text: string | undefined): string[] {
  const networks = text?.split(',').map((one) => one.trim()) ?? [];
  for (const network of networks) {
    if (isNetwork(network)) {
      continue;
    }
    throw new PunchlineError('ERR_USAGE', `${option} ${quote(network)} is no network`, {
      hint: `Write an address and how many of its bits count, for example ${option} 192.0.2.0/24`,
    });
  }
  return networks;
}

function forbidEmpty(option: string, value: string | undefined): void {
  if (value === '') {
    throw new PunchlineError('ERR_USAGE', `${option} is empty`, {
      hint: 'Name an address, or leave it out.',
    });
  }
}
