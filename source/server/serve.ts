import type { Server as Listener, Socket } from 'node:net';
import { formatServer, parseServer } from '../network/endpoint.ts';
import type { MappedEndpoint } from '../protocol/rendezvous-messages.ts';
import { Admission } from './admission/admission.ts';
import { createClassicPairing } from './classic-pairing.ts';
import { createDialBacks } from './client/dial-back.ts';
import { openFrontDoor } from './client/detect-protocol.ts';
import { GentleClose } from './sockets/lingering-close.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { type ListenAddress, openListeners, type ListenersOptions } from './sockets/listeners.ts';
import { LoneSource } from './admission/single-source.ts';
import { loggedEndpoint, silentLog, type Log } from './log.ts';
import { silentMeter } from './metrics/meter.ts';
import type { Metrics, MetricsOptions } from './metrics/metrics.ts';
import { ModernClient } from './client/client.ts';
import type { ModernContext } from './client/client-context.ts';
import { openMatchmaker } from './open-matchmaker.ts';
import { Probes } from './client/probes.ts';
import { sourceOf } from './sockets/proxy-source.ts';
import { Relays } from './relay/relays.ts';
import { Reception, type Entrance } from './admission/reception.ts';
import type { Refusal } from './admission/refusal.ts';
import { clientEndpoint } from '../network/sockets.ts';

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

/** Listens, and resolves when clients can come. Throws ERR_PORT_IN_USE, ERR_PERMISSION, ERR_NETWORK, ERR_STORE or ERR_USAGE. */
export async function serve(options: ServeOptions = {}): Promise<Server> {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const log = options.logger ?? silentLog;
  function shown(endpoint: MappedEndpoint) {
    return loggedEndpoint(endpoint, options.logAddresses);
  }
  const admission = new Admission(limits, options.exempt ?? []);
  const advertise = options.advertise === undefined ? undefined : parseServer(options.advertise, 0);
  let advertised: string | undefined;
  const matchmaker = await openMatchmaker(options.store, limits, log);
  const gentle = new GentleClose(limits);
  const probes = new Probes(limits, gentle);
  const classic = createClassicPairing((first, second) => {
    log.info({ first: shown(first.mapped), second: shown(second.mapped) }, 'classic pair');
  });
  /** Every connection to the main port; without a value where it is not modern, or not yet. */
  const clients = new Map<Socket, ModernClient | undefined>();

  // The first client may come before the probe port listens: then it is not told of it.
  const dialBacks = createDialBacks(limits);
  const relays = new Relays({
    limits,
    log,
    isOn: options.relay !== false,
    sharesOf: (address) => admission.sharesOf(address),
    advertised: () => advertised,
  });
  const context: ModernContext = {
    limits,
    gentle,
    log,
    shown,
    matchmaker,
    admission,
    meter: silentMeter,
    probes,
    dialBacks,
    relays,
    probe: {},
  };

  const reception = new Reception(limits, gentle);
  const loneSource = new LoneSource();
  function onRefused({ reason }: Refusal, from: MappedEndpoint) {
    context.meter.refused(reason);
    log.debug({ from: shown(from), reason }, 'turned away');
  }
  const mainEntrance: Entrance = {
    sharesOf: (address) => admission.sharesOf(address),
    enter: (shares) => admission.enter(shares),
    leave: (shares) => admission.leave(shares),
    onRefused,
  };
  const probeEntrance: Entrance = {
    sharesOf: (address) => admission.sharesOf(address),
    enter: (shares) => admission.enterProbe(shares),
    leave: (shares) => admission.leaveProbe(shares),
    onRefused,
  };
  function arrive(socket: Socket, entrance: Entrance, onAdmitted: (from: MappedEndpoint) => void) {
    socket.on('error', (error) => log.debug({ reason: error.message }, 'connection failed'));
    const from = clientEndpoint(socket);
    if (from === undefined) {
      socket.destroy();
      return;
    }
    sourceOf(
      socket,
      from,
      { trusted: options.proxyProtocol ?? [], headerMs: limits.firstLineMs },
      (source) => void reception.receive(socket, source, entrance, () => onAdmitted(source)),
      (reason) => log.warn({ from: shown(from), reason }, 'a proxy was closed'),
    );
  }

  function accept(socket: Socket, mapped: MappedEndpoint) {
    if (loneSource.seen(mapped.address)) {
      log.warn({ from: shown(mapped) }, loneSourceWarning);
    }
    clients.set(socket, undefined);
    socket.once('close', () => clients.delete(socket));
    openFrontDoor(socket, mapped, {
      limits,
      classic,
      gentle,
      onModern: (chunk) => {
        const client = new ModernClient(socket, mapped, context);
        clients.set(socket, client);
        client.receive(chunk);
      },
    });
  }

  function counts(): ServerCounts {
    const { sockets, observations } = probes.counts();
    return {
      connections: clients.size,
      classicWaiting: classic.waiting,
      ...matchmaker.counts(),
      probes: sockets,
      observations,
      ...relays.counts(),
    };
  }

  let draining: Promise<void> | undefined;
  function orGiveBack<T>(opened: Promise<T>): Promise<T> {
    return opened.catch(async (error: unknown) => {
      await matchmaker.close();
      throw error;
    });
  }
  const metrics = await orGiveBack(
    metricsOf(options, {
      counts: () => ({ ...counts() }),
      relayedBytes: () => relays.totals().bytes,
      trouble: () => (draining === undefined ? matchmaker.store?.reason : 'going down'),
    }),
  );
  if (metrics !== undefined) {
    context.meter = metrics;
  }

  const opening = orGiveBack(
    openListeners(
      options,
      (socket) => arrive(socket, mainEntrance, (from) => accept(socket, from)),
      (socket) => arrive(socket, probeEntrance, (from) => probes.accept(socket, from)),
    ),
  );
  // All of it listens, or nothing.
  opening.catch(() => void metrics?.close());
  const { port, probePort, probeHost, all } = await opening;
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

  function destroy() {
    for (const listener of all) {
      listener.close();
    }
    for (const socket of clients.keys()) {
      socket.destroy();
    }
    relays.close();
    reception.destroy();
    void metrics?.close();
    probes.close();
    void matchmaker.close();
  }

  async function drain() {
    const matched = [...clients.values()].filter((client) => client?.isMatched).length;
    log.info({ connections: clients.size, matched }, 'draining');
    const gone = [...all.map((listener) => onceClosed(listener)), ...[...clients.keys()].map(onceClosed)];
    for (const listener of all) {
      listener.close();
    }
    function sendAway(isDue: (client: ModernClient) => boolean) {
      for (const client of clients.values()) {
        if (client !== undefined && isDue(client)) {
          client.retry(Math.round(limits.retryMs * (1 + 2 * Math.random())));
        }
      }
    }
    classic.close();
    for (const [socket, client] of clients) {
      if (client === undefined) {
        gentle.close(socket);
      }
    }
    relays.drain();
    sendAway((client) => !client.isMatched);
    const timer = setTimeout(() => sendAway(() => true), limits.drainMs);
    probes.close();
    await Promise.all(gone);
    clearTimeout(timer);
    await Promise.all([matchmaker.close(), metrics?.close()]);
    log.info('closed');
  }
  return {
    port,
    probePort,
    metricsPort: metrics?.port,
    counts,
    close: () => (draining ??= drain()),
    destroy,
  };
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

const loneSourceWarning =
  'all clients come from one private address: something in front of this server hides them, such as a port proxy, ' +
  'so that the limits by address hold for all together, and none of them can be punched to';

const apartWarning =
  'peers who come to different servers of this store are not relayed: say with --advertise HOST[:PORT] where clients reach this very server';

function onceClosed(one: Listener | Socket): Promise<void> {
  return new Promise((resolve) => {
    one.once('close', () => resolve());
  });
}
