import { usageError } from '../../errors.ts';
import { isAddress, isNetwork } from '../../network/address.ts';
import { parseServer } from '../../network/endpoint.ts';
import { quote } from '../../text/safe-text.ts';
import { serveOptions } from '../options/serve-options.ts';
import type { Typed, Values } from '../options/option.ts';
import { readOptions } from '../options/read-options.ts';
import { parseStoreUrl } from '../../server/rooms/redis/store-url.ts';

/** What was typed, as yargs hands it over. */
export type ServeArguments = Typed<typeof serveOptions>;
type ServeValues = Values<typeof serveOptions>;

/** The limits of connections that were typed; see limits.ts of the server. */
export interface ConnectionLimits {
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
}

/** The limits of the relay that were typed; see limits.ts of the server. */
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
  readonly certificateFiles: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly forwarded: readonly string[];
  readonly logLevel: ServeValues['logLevel'];
  readonly logAddresses: boolean | undefined;
}

/** Throws ERR_USAGE, which names the value and what is allowed. */
export function serveSettings(args: ServeArguments): ServeSettings {
  const values = readOptions(serveOptions, args);
  if (values.store !== undefined) {
    parseStoreUrl(values.store);
  }
  return {
    port: values.port,
    probePort: values.probePort,
    host: values.host,
    probeHost: values.probeHost,
    relay: values.relay !== false,
    limits: {
      ...given({
        maxConnections: values.maxConnections,
        maxConnectionsPerAddress: values.maxConnectionsPerAddress,
      }),
      ...relayCaps(values),
    },
    exempt: readNetworks('--exempt', values.exempt),
    metrics: values.metrics === undefined ? undefined : readMetrics(values.metrics),
    store: values.store,
    advertise: readAdvertise(values),
    proxyProtocol: readNetworks('--proxy-protocol', values.proxyProtocol),
    certificateFiles: certificateFiles(values),
    forwarded: readNetworks('--forwarded', values.forwarded),
    logLevel: values.logLevel,
    logAddresses: values.logAddresses,
  };
}

function relayCaps(values: ServeValues): RelayCaps {
  const caps = given({
    maxRelays: values.relayPairs,
    maxRelaysPerAddress: values.relayPairsPerAddress,
    relayBytesPerSecond: values.relayRate,
    maxRelayBytes: values.relayVolume,
    maxRelayMs: values.relayMinutes,
  });
  if (values.relay === false && Object.keys(caps).length > 0) {
    throw usageError('--no-relay and limits of the relay exclude each other', 'Leave one of them out.');
  }
  return caps;
}

/** Leaves out what was not typed: the server knows its defaults. */
function given(limits: Readonly<Record<string, number | undefined>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined)) as Record<
    string,
    number
  >;
}

/** Without a host, only this machine can read the metrics. */
function readMetrics(text: string): { host: string; port: number } {
  const [, bracketed, host = bracketed ?? '127.0.0.1', port = ''] =
    /^(?:(?:\[([^\]]*)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text) ?? [];
  if (isAddress(host) && port !== '' && Number(port) <= 65_535) {
    return { host, port: Number(port) };
  }
  throw usageError(
    `--metrics ${quote(text)} is not [HOST:]PORT`,
    'Give a port, or an address of this machine and a port, for example 127.0.0.1:9464 or [::1]:9464.',
  );
}

/** Only checks it. The server reads it, because it knows on which port it listens. */
function readAdvertise({ advertise, store, relay }: ServeValues): string | undefined {
  if (advertise === undefined) {
    return undefined;
  }
  parseServer(advertise);
  if (store === undefined) {
    throw usageError(
      '--advertise needs --store',
      'It tells the clients of other servers of the store where this server is. Without a store, there are none.',
    );
  }
  if (relay === false) {
    throw usageError('--advertise and --no-relay exclude each other', 'Leave one of them out.');
  }
  return advertise;
}

/** The one is of no use without the other. */
function certificateFiles({ tlsCert, tlsKey }: ServeValues): ServeSettings['certificateFiles'] {
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return { certFile: tlsCert, keyFile: tlsKey };
  }
  if (tlsCert === undefined && tlsKey === undefined) {
    return undefined;
  }
  const [typed, missing] = tlsKey === undefined ? ['--tls-cert', '--tls-key'] : ['--tls-key', '--tls-cert'];
  throw usageError(
    `${typed} needs ${missing}`,
    'Name both: the certificate, and the key that belongs to it.',
  );
}

function readNetworks(option: string, texts: readonly string[]): string[] {
  const networks = texts.map((text) => text.trim());
  for (const network of networks) {
    if (isNetwork(network)) {
      continue;
    }
    throw usageError(
      `${option} ${quote(network)} is not a network`,
      `Write an address and how many of its bits count, for example ${option} 192.0.2.0/24`,
    );
  }
  return networks;
}
