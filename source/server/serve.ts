import { addAbortListener } from 'node:events';
import type { Server as Listener, Socket } from 'node:net';
import { networkMatcher } from '../network/address.ts';
import { formatServer, parseServer } from '../network/endpoint.ts';
import { connectError } from '../network/sockets.ts';
import { Arrivals } from './admission/arrivals.ts';
import type { ClientContext } from './client/client-context.ts';
import { Clients } from './clients.ts';
import type { ContextOptions } from './context-options.ts';
import { silentMeter } from './metrics/meter.ts';
import type { Metrics, MetricsOptions } from './metrics/metrics.ts';
import { openContext } from './open-context.ts';
import {
  type ListenAddress,
  type Listeners,
  openListeners,
  type ListenersOptions,
} from './sockets/listeners.ts';
import type { Certificate } from './web/certificate.ts';
import { WebDoor } from './web/web-door.ts';

export interface ServeOptions extends ListenersOptions, ContextOptions {
  /** The address of the page with metrics for Prometheus and the state of the server. Default: none. */
  readonly metrics?: ListenAddress | undefined;
  /**
   * `HOST[:PORT]`: clients of other servers of the store reach this very server there, past any balancer, to be relayed
   * to a peer that is here. Without a port: the one on which it listens. Default: it relays nobody across servers.
   */
  readonly advertise?: string | undefined;
  /** Networks of balancers that tell the source of each client by the PROXY protocol. Default: none. */
  readonly proxyProtocol?: readonly string[] | undefined;
  /** Answers TLS, too: for `https://HOST`. Default: it does not. */
  readonly certificate?: Certificate | undefined;
  /** Networks of reverse proxies whose header `Forwarded` tells the source of each WebSocket. Default: none. */
  readonly forwarded?: readonly string[] | undefined;
}

/** A running rendezvous. */
export interface Server {
  readonly port: number;
  readonly probePort: number;
  /** Undefined without metrics. */
  readonly metricsPort: number | undefined;
  /** Current counts. All are zero after the last client has left and the rooms have ended. */
  counts(): ServerCounts;
  /** Takes another certificate, for connections from now on. Throws ERR_USAGE if it cannot be used. */
  useCertificate(certificate: Certificate): void;
  /**
   * Drains: accepts no new client, sends waiting ones away with `retry`, gives
   * matched ones a few seconds to finish, and then closes all.
   */
  close(): Promise<void>;
  /** Drops everything at once. */
  destroy(): void;
}

export interface ServerCounts {
  readonly connections: number;
  readonly classicWaiting: number;
  readonly rooms: number;
  /** Rooms in which one client waits. */
  readonly waiting: number;
  /** Modern clients with a room, or on their way to one. */
  readonly seats: number;
  readonly probes: number;
  readonly observations: number;
  /** Pairs that are relayed. */
  readonly relays: number;
  /** Pairs of which only one side has asked for the relay. */
  readonly relaysWaiting: number;
}

/** The parts of a running server. */
interface Running {
  readonly context: ClientContext;
  readonly clients: Clients;
  readonly arrivals: Arrivals;
  readonly metrics: Metrics | undefined;
  readonly listeners: readonly Listener[];
}

/**
 * Listens, and resolves when clients can connect. Throws ERR_PORT_IN_USE, ERR_PERMISSION, ERR_NETWORK, ERR_STORE,
 * ERR_USAGE or the signal's reason.
 */
export async function serve(options: ServeOptions = {}): Promise<Server> {
  const advertise = options.advertise === undefined ? undefined : parseServer(options.advertise, 0);
  let advertised: string | undefined;
  let openPort = 0;
  const context = await openContext(options, { advertised: () => advertised, port: () => openPort });
  const { log, matchmaker, probes, relays } = context;
  const arrivals = new Arrivals(context, options.proxyProtocol ?? []);
  let draining: Promise<void> | undefined;
  function trouble() {
    return draining === undefined ? matchmaker.store?.reason : 'going down';
  }
  const isForwarder = networkMatcher(options.forwarded ?? []);
  const clients = new Clients(context, {
    openDoor: (onArrived) => new WebDoor({ ...options, context, isForwarder, trouble, onArrived }),
    isForwarder,
    admit: (stream, from, onAdmitted) => arrivals.admit(stream, from, onAdmitted),
  });
  let metrics: Metrics | undefined;
  let listeners: Listeners;
  try {
    metrics = await metricsOf(options, {
      counts: () => ({ ...countsOf(context, clients) }),
      limits: limitsOf(context),
      state: () => ({
        isDraining: draining !== undefined,
        isStoreUp: matchmaker.store?.isUp,
        certificateUntil: clients.door?.certificateUntil,
      }),
      relayedBytes: () => relays.totals().bytes,
      trouble,
    });
    context.meter = metrics ?? silentMeter;
    listeners = await openListeners(
      options,
      (socket) => arrivals.atMainPort(socket, (from) => clients.accept(socket, from), isForwarder),
      (socket) => arrivals.atProbePort(socket, (from) => probes.accept(socket, from)),
    );
  } catch (error) {
    // If one listener fails, nothing shall listen.
    arrivals.destroy();
    void metrics?.close();
    await matchmaker.close();
    throw error;
  }
  const { port, probePort, probeHost, all } = listeners;
  openPort = port;
  if (advertise !== undefined) {
    advertised = formatServer({ ...advertise, port: advertise.port === 0 ? port : advertise.port });
  } else if (options.store !== undefined && options.relay !== false) {
    log.warn(apartWarning);
  }
  context.probe = { probe: probePort, ...(probeHost !== undefined && { probeHost }) };
  for (const listener of all) {
    listener.on('error', (error) => log.error({ reason: connectError(error) }, 'cannot accept'));
  }
  log.info({ port, probePort }, 'listening');

  const running: Running = { context, clients, arrivals, metrics, listeners: all };
  const listening = options.signal && addAbortListener(options.signal, () => destroy(running));
  all[0]?.once('close', () => listening?.[Symbol.dispose]());
  return {
    port,
    probePort,
    metricsPort: metrics?.port,
    counts: () => countsOf(context, clients),
    useCertificate: (certificate) => clients.door?.useCertificate(certificate),
    close: () => (draining ??= drain(running)),
    destroy: () => destroy(running),
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

/** The limits of some of the counts, by the same names. */
function limitsOf({ limits }: ClientContext): Readonly<Record<string, number>> {
  const { maxConnections, maxProbes, maxRelays } = limits;
  return { connections: maxConnections, probes: maxProbes, relays: maxRelays };
}

async function drain({ context, clients, arrivals, metrics, listeners }: Running): Promise<void> {
  const { limits, log, matchmaker, probes, relays } = context;
  log.info({ connections: clients.counts().connections, matched: clients.matched }, 'draining');
  const gone = [...listeners, ...clients.sockets].map(onceClosed);
  for (const listener of listeners) {
    listener.close();
  }
  clients.closeClassic();
  relays.drain();
  clients.sendWaitingAway();
  const timer = setTimeout(() => clients.sendAllAway(), limits.drainMs);
  probes.close();
  await Promise.all(gone);
  arrivals.destroy();
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

/** The library is loaded only if metrics are wanted, because it takes long to load. */
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
  'peers at different servers of this store are not relayed: name with --advertise HOST[:PORT] the address at which clients reach this very server';

function onceClosed(one: Listener | Socket): Promise<void> {
  return new Promise((resolve) => {
    one.once('close', () => resolve());
  });
}
