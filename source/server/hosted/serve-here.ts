import { addAbortListener } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { connectError } from '../../network/sockets.ts';
import type { ClientMessage } from '../../protocol/rendezvous-messages.ts';
import { Arrivals } from '../admission/arrivals.ts';
import { Clients } from '../clients.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../log.ts';
import { openContext } from '../open-context.ts';
import { HIGH_WATER_BYTES, listen } from '../sockets/listeners.ts';
import { HostClient } from './host-client.ts';
import { HostedRoom } from './hosted-room.ts';

/**
 * One guest is expected, which comes back after a cut with up to eight dials at once. The rest bounds strangers who
 * scan the port.
 */
const MAX_CONNECTIONS = 64;
const MAX_CONNECTIONS_OF_ONE = 16;
/** The guest dials each second while a cut lasts. */
const CONNECTIONS_PER_MINUTE = 600;
const CONNECTIONS_PER_MINUTE_OF_ONE = 120;

export interface ServeHereOptions {
  /** 0: any free one. */
  readonly port: number;
  /** The address to listen on; default: all, of both families. */
  readonly host?: string | undefined;
  readonly logger?: Log | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Closes it. Aborted before it listens, it rejects with the signal's reason, and leaves nothing open. */
  readonly signal?: AbortSignal | undefined;
}

/** A rendezvous inside the program of one of the two peers. */
export interface HostServer {
  readonly port: number;
  /** Enters as the host. The server's messages go to `deliver`, which may be called before this returns. */
  enter(deliver: (message: HostMessage) => void): HostEntry;
  /** The number of connections that are not the host's. */
  readonly connections: number;
  /** Drops all but the connections that the host has got. */
  close(): void;
}

/** A message of the rendezvous protocol, as an object. Its fields are for the host and the server alone. */
export interface HostMessage {
  readonly t: string;
}

/** One visit of the host to its own server. */
export interface HostEntry {
  send(message: HostMessage): void;
  /** See HostClient. */
  connection(signal: AbortSignal): Promise<Socket | string>;
  leave(): void;
}

/**
 * Listens on one port, and resolves when the guest can come. It is no rendezvous for others: its one room is the
 * host's. Throws ERR_PORT_IN_USE, ERR_PERMISSION, ERR_NETWORK or the signal's reason.
 */
export async function serveHere({
  port,
  host,
  logger,
  limits,
  signal,
}: ServeHereOptions): Promise<HostServer> {
  const hosted = new HostedRoom();
  let openPort = 0;
  const bounds = {
    maxConnections: MAX_CONNECTIONS,
    maxConnectionsPerAddress: MAX_CONNECTIONS_OF_ONE,
    connectionsPerMinute: CONNECTIONS_PER_MINUTE,
    connectionsPerMinutePerAddress: CONNECTIONS_PER_MINUTE_OF_ONE,
    ...limits,
  };
  const context = await openContext({ logger, limits: bounds, signal }, { hosted, port: () => openPort });
  const clients = new Clients(context);
  const arrivals = new Arrivals(context, []);
  const listener = createServer({ noDelay: true, highWaterMark: HIGH_WATER_BYTES }, (socket) =>
    arrivals.atMainPort(socket, (from) => clients.accept(socket, from)),
  );
  function close() {
    listener.close();
    for (const socket of clients.sockets) {
      socket.destroy();
    }
    arrivals.destroy();
    context.relays.close();
    void context.matchmaker.close();
  }
  try {
    openPort = await listen(listener, { port, host }, '--here');
    signal?.throwIfAborted();
  } catch (error) {
    close();
    throw error;
  }
  const listening = signal && addAbortListener(signal, close);
  listener.once('close', () => listening?.[Symbol.dispose]());
  listener.on('error', (error) => context.log.error({ reason: connectError(error) }, 'cannot accept'));
  const mapped = { address: '0.0.0.0', port: openPort };
  return {
    port: openPort,
    get connections() {
      return clients.sockets.length;
    },
    enter: (deliver) => {
      const client = new HostClient(context, hosted, mapped, deliver);
      return {
        // The host speaks this very protocol.
        send: (message) => client.send(message as ClientMessage),
        connection: (until) => client.connection(until),
        leave: () => client.leave(),
      };
    },
    close,
  };
}
