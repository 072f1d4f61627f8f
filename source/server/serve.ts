import type { Server as Listener, Socket } from 'node:net';
import { formatServer, parseServer } from '../network/endpoint.ts';
import { Admission } from './admission/admission.ts';
import { Arrivals } from './admission/arrivals.ts';
import { createDialBacks } from './client/dial-back.ts';
import type { ClientContext } from './client/client-context.ts';
import { Probes } from './client/probes.ts';
import { Clients } from './clients.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { loggedEndpoint, silentLog, type Log } from './log.ts';
import { silentMeter } from './metrics/meter.ts';
import type { Metrics, MetricsOptions } from './metrics/metrics.ts';
import { openMatchmaker } from './open-matchmaker.ts';
import { Relays } from './relay/relays.ts';
import { LingeringClose } from './sockets/lingering-close.ts';
import {
  type ListenAddress,
  type Listeners,
  openListeners,
  type ListenersOptions,
} from './sockets/listeners.ts';

export interface ServeOptions extends ListenersOptions {
  /** Default: no log. */
  readonly logger?: Log | undefined;
  /** Log whole addresses of clients; default: their networks only. */
  readonly logAddresses?: boolean | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Whether it relays for peers who cannot reach each other; default true. */
  readonly relay?: boolean | undefined;
  /** Where Prometheus finds metrics, and others whether all is well; default: nowhere. */
  readonly metrics?: ListenAddress | undefined;
  /** Networks such as `192.0.2.0/24` to which the limits by address do not apply. */
  readonly exempt?: readonly string[] | undefined;
  /** `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`: servers that share it form one space of rooms. Default: none. */
  readonly store?: string | undefined;
  /**
   * `HOST[:PORT]`: where clients of other servers of the store reach this one itself, not through a balancer, to be
   * relayed to a peer that is here; without a port, that on which it listens. Default: it relays nobody across servers.
   */
  readonly advertise?: string | undefined;
  /** Networks of balancers that say ahead, by the PROXY protocol, where each client comes from. Default: none. */
  readonly proxyProtocol?: readonly string[] | undefined;
}

/** A running rendezvous. */
export interface Server {
  readonly port: number;
  readonly probePort: number;
  /** Undefined without metrics. */
  readonly metricsPort: number | undefined;
  /** What there is at this moment: all zero after the last client has left and the rooms have ended. */
  counts(): ServerCounts;
  /**
   * Drains: accepts nobody, sends waiting clients away with `retry`, lets
   * matched ones finish for a few seconds, then closes all.
   */
  close(): Promise<void>;
  /** Drops everything at once. */
  destroy(): void;
}

export interface ServerCounts {
  readonly connections: number;
  readonly classicWaiting: number;
  readonly rooms: number;
  /** Rooms in which one waits. */
  readonly waiting: number;
  /** Modern clients with a room, or on their way to one. */
  readonly seats: number;
  readonly probes: number;
  readonly observations: number;
  /** Pairs that are relayed. */
  readonly relays: number;
  /** Those of whom one side has asked for it. */
  readonly relaysWaiting: number;
}

/** What one server consists of while it runs. */
interface Running {
  readonly context: ClientContext;
  readonly clients: Clients;
  readonly arrivals: Arrivals;
  readonly metrics: Metrics | undefined;
  readonly listeners: readonly Listener[];
}

/** Listens, and resolves when clients can come. Throws ERR_PORT_IN_USE, ERR_PERMISSION, ERR_NETWORK, ERR_STORE or ERR_USAGE. */
export async function serve(options: ServeOptions = {}): Promise<Server> {
  const advertise = options.advertise === undefined ? undefined : parseServer(options.advertise, 0);
  let advertised: string | undefined;
  const context = await openContext(options, () => advertised);
  const { log, matchmaker, probes, relays } = context;
  const clients = new Clients(context);
  const arrivals = new Arrivals(context, options.proxyProtocol ?? []);

  let draining: Promise<void> | undefined;
  let metrics: Metrics | undefined;
  let listeners: Listeners;
  try {
    metrics = await metricsOf(options, {
      counts: () => ({ ...countsOf(context, clients) }),
      relayedBytes: () => relays.totals().bytes,
      trouble: () => (draining === undefined ? matchmaker.store?.reason : 'going down'),
    });
    context.meter = metrics ?? silentMeter;
    listeners = await openListeners(
      options,
      (socket) => arrivals.atMainPort(socket, (from) => clients.accept(socket, from)),
      (socket) => arrivals.atProbePort(socket, (from) => probes.accept(socket, from)),
    );
  } catch (error) {
    // All of it listens, or nothing.
    void metrics?.close();
    await matchmaker.close();
    throw error;
  }
  const { port, probePort, probeHost, all } = listeners;
  if (advertise !== undefined) {
    advertised = formatServer({ ...advertise, port: advertise.port === 0 ? port : advertise.port });
  } else if (options.store !== undefined && options.relay !== false) {
    log.warn(apartWarning);
  }
  context.probe = { probe: probePort, ...(probeHost !== undefined && { probeHost }) };
  for (const listener of all) {
    listener.on('error', (error) => log.error({ reason: error.message }, 'cannot accept'));
  }
  log.info({ port, probePort }, 'listening');

  const running: Running = { context, clients, arrivals, metrics, listeners: all };
  return {
    port,
    probePort,
    metricsPort: metrics?.port,
    counts: () => countsOf(context, clients),
    close: () => (draining ??= drain(running)),
    destroy: () => destroy(running),
  };
}

/** What the clients share, before anything listens. `advertised`: where clients of other servers reach this one. */
async function openContext(
  options: ServeOptions,
  advertised: () => string | undefined,
): Promise<ClientContext> {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const log = options.logger ?? silentLog;
  const admission = new Admission(limits, options.exempt ?? []);
  const gentle = new LingeringClose(limits);
  return {
    limits,
    gentle,
    log,
    shown: (endpoint) => loggedEndpoint(endpoint, options.logAddresses),
    matchmaker: await openMatchmaker(options.store, limits, log),
    admission,
    meter: silentMeter,
    probes: new Probes(limits, gentle),
    dialBacks: createDialBacks(limits),
    relays: new Relays({
      limits,
      log,
      isOn: options.relay !== false,
      sharesOf: (address) => admission.sharesOf(address),
      advertised,
    }),
    // The first client may come before the probe port listens: then it is not told of it.
    probe: {},
  };
}

function countsOf({ matchmaker, probes, relays }: ClientContext, clients: Clients): ServerCounts {
  const { sockets, observations } = probes.counts();
  return {
    ...clients.counts(),
    ...matchmaker.counts(),
    probes: sockets,
    observations,
    ...relays.counts(),
  };
}

async function drain({ context, clients, metrics, listeners }: Running): Promise<void> {
  const { limits, log, matchmaker, probes, relays } = context;
  log.info({ connections: clients.counts().connections, matched: clients.matched }, 'draining');
  const gone = [...listeners, ...clients.sockets].map(onceClosed);
  for (const listener of listeners) {
    listener.close();
  }
  clients.closeClassic();
  relays.drain();
  clients.sendAway((client) => !client.isMatched);
  const timer = setTimeout(() => clients.sendAway(() => true), limits.drainMs);
  probes.close();
  await Promise.all(gone);
  clearTimeout(timer);
  await Promise.all([matchmaker.close(), metrics?.close()]);
  log.info('closed');
}

function destroy({ context, clients, arrivals, metrics, listeners }: Running): void {
  for (const listener of listeners) {
    listener.close();
  }
  for (const socket of clients.sockets) {
    socket.destroy();
  }
  context.relays.close();
  arrivals.destroy();
  void metrics?.close();
  context.probes.close();
  void context.matchmaker.close();
}

/** Loaded only where it is wanted: the library takes its time. */
async function metricsOf(
  { metrics }: ServeOptions,
  sources: Omit<MetricsOptions, 'host' | 'port'>,
): Promise<Metrics | undefined> {
  if (metrics === undefined) {
    return undefined;
  }
  const { openMetrics } = await import('./metrics/metrics.ts');
  const { host = '127.0.0.1', port } = metrics;
  return openMetrics({ host, port, ...sources });
}

const apartWarning =
  'peers who come to different servers of this store are not relayed: say with --advertise HOST[:PORT] where clients reach this very server';

function onceClosed(one: Listener | Socket): Promise<void> {
  return new Promise((resolve) => {
    one.once('close', () => resolve());
  });
}
