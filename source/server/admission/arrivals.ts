import type { Socket } from 'node:net';
import { clientEndpoint } from '../../network/sockets.ts';
import type { MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import type { ClientContext } from '../client/client-context.ts';
import { sourceOf } from '../sockets/proxy-source.ts';
import { type Entrance, Reception } from './reception.ts';
import type { Refusal } from './refusal.ts';

/** Takes connections from the listeners, finds out where each comes from, and admits it or turns it away. */
export class Arrivals {
  readonly #context: ClientContext;
  readonly #trustedProxies: readonly string[];
  readonly #reception: Reception;
  readonly #main: Entrance;
  readonly #probe: Entrance;

  /** `trustedProxies`: networks whose PROXY headers are believed. */
  constructor(context: ClientContext, trustedProxies: readonly string[]) {
    const { admission, limits, gentle, log, shown } = context;
    this.#context = context;
    this.#trustedProxies = trustedProxies;
    this.#reception = new Reception(limits, gentle);
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

  atMainPort(socket: Socket, onAdmitted: (from: MappedEndpoint) => void): void {
    this.#arrive(socket, this.#main, onAdmitted);
  }

  atProbePort(socket: Socket, onAdmitted: (from: MappedEndpoint) => void): void {
    this.#arrive(socket, this.#probe, onAdmitted);
  }

  /** Cuts off those who are just being told why they are turned away. */
  destroy(): void {
    this.#reception.destroy();
  }

  #arrive(socket: Socket, entrance: Entrance, onAdmitted: (from: MappedEndpoint) => void): void {
    const { limits, log, shown } = this.#context;
    socket.on('error', (error) => log.debug({ reason: error.message }, 'connection failed'));
    const from = clientEndpoint(socket);
    if (from === undefined) {
      socket.destroy();
      return;
    }
    sourceOf(
      socket,
      from,
      { trusted: this.#trustedProxies, headerMs: limits.firstLineMs },
      (source) => void this.#reception.receive(socket, source, entrance, () => onAdmitted(source)),
      (reason) => log.warn({ from: shown(from), reason }, 'a proxy was closed'),
    );
  }
}
