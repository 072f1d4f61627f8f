import type { Socket } from 'node:net';
import { clientEndpoint, connectError } from '../../network/sockets.ts';
import type { MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import type { ClientContext } from '../client/client-context.ts';
import type { ClientStream } from '../sockets/client-stream.ts';
import { Descriptors } from '../sockets/descriptors.ts';
import { sourceOf } from '../sockets/proxy-source.ts';
import { type PortAdmission, ConnectionAdmission } from './connection-admission.ts';
import { noDescriptor, type Refusal } from './refusal.ts';

/** Takes connections from the listeners, finds the source address of each, and admits or refuses it. */
export class Arrivals {
  readonly #context: ClientContext;
  readonly #trustedProxies: readonly string[];
  readonly #connections: ConnectionAdmission;
  readonly #descriptors: Descriptors;
  readonly #main: PortAdmission;
  readonly #probe: PortAdmission;

  /** `trustedProxies`: networks whose PROXY headers we believe. */
  constructor(context: ClientContext, trustedProxies: readonly string[]) {
    const { admission, limits, lingering, log, shown } = context;
    this.#context = context;
    this.#trustedProxies = trustedProxies;
    this.#connections = new ConnectionAdmission(limits, lingering);
    this.#descriptors = new Descriptors(limits, log);
    function onRefused({ reason }: Refusal, from: MappedEndpoint) {
      context.meter.refused(reason);
      log.debug({ from: shown(from), reason }, 'turned away');
    }
    this.#main = {
      sharesOf: (address) => admission.sharesOf(address),
      enter: (shares) => admission.enter(shares),
      leave: (shares) => admission.leave(shares),
      onRefused,
    };
    this.#probe = {
      sharesOf: (address) => admission.sharesOf(address),
      enter: (shares) => admission.enterProbe(shares),
      leave: (shares) => admission.leaveProbe(shares),
      onRefused,
    };
  }

  /** `isForwarder`: whether an address is that of a reverse proxy. Its clients are admitted one by one, by `admit`. */
  atMainPort(
    socket: Socket,
    onAdmitted: (from: MappedEndpoint) => void,
    isForwarder: (address: string) => boolean = () => false,
  ): void {
    this.#arrive(socket, this.#main, onAdmitted, isForwarder);
  }

  /** Admits a client that a reverse proxy has brought, or refuses it. */
  admit(stream: ClientStream, from: MappedEndpoint, onAdmitted: () => void): void {
    void this.#connections.admit(stream, from, this.#main, onAdmitted);
  }

  atProbePort(socket: Socket, onAdmitted: (from: MappedEndpoint) => void): void {
    this.#arrive(socket, this.#probe, onAdmitted);
  }

  /** Drops the refused connections that are still open. Call it once nobody comes any more. */
  destroy(): void {
    this.#connections.destroy();
    this.#descriptors.close();
  }

  #arrive(
    socket: Socket,
    port: PortAdmission,
    onAdmitted: (from: MappedEndpoint) => void,
    isForwarder?: (address: string) => boolean,
  ): void {
    const { limits, log, shown } = this.#context;
    socket.on('error', (error) => log.debug({ reason: connectError(error) }, 'connection failed'));
    if (!this.#descriptors.admits()) {
      this.#connections.refuseAtOnce(socket, noDescriptor);
      this.#context.meter.refused(noDescriptor.reason);
      return;
    }
    const from = clientEndpoint(socket);
    if (from === undefined) {
      socket.destroy();
      return;
    }
    sourceOf(
      socket,
      from,
      { trusted: this.#trustedProxies, headerMs: limits.firstLineMs },
      (source) => {
        if (isForwarder?.(source.address) === true) {
          onAdmitted(source);
        } else {
          void this.#connections.admit(socket, source, port, () => onAdmitted(source));
        }
      },
      (reason) => log.warn({ from: shown(from), reason }, 'a proxy was closed'),
    );
  }
}
