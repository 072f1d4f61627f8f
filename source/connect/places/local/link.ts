/**
 * The sockets of mDNS: one for each interface and family, because a socket sends multicast through one interface only.
 *
 * The library multicast-dns is not used. It sends through one interface, decodes each datagram before anybody can
 * bound what a flood costs, and cannot leave unicast to others: see bindTo().
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { performance } from 'node:perf_hooks';
import type { Endpoint, Family } from '../../../events.ts';
import { monitorNetwork } from '../../../network/network-monitor.ts';
import { isNeighbour, linkInterfaces, type LinkInterface } from './link-interfaces.ts';
import { SourceLimit } from './source-limit.ts';

/** RFC 6762, section 3. */
const MDNS_PORT = 5353;
const groups = { 4: '224.0.0.251', 6: 'ff02::fb' } as const;
/** RFC 6762, section 11. Multicast never leaves the link, so this only keeps to what others expect. */
const HOPS = 255;

export interface LinkOptions {
  readonly families: readonly Family[];
  /** Returns the message to send on an interface as soon as it is open. Undefined: none. `isLate`: it came after the first ones. */
  readonly greeting: (isLate: boolean) => Uint8Array | undefined;
  /** Called with what a neighbour has sent to the group. `source` can be dialled: it has a zone where it needs one. */
  readonly onDatagram: (datagram: Uint8Array, source: Endpoint) => void;
}

/** All links of this machine. Interfaces that come later are opened, too. Without any it is silent. */
export class Link {
  readonly #options: LinkOptions;
  readonly #sockets = new Map<string, Socket>();
  /** Those that can send. */
  readonly #open = new Map<Socket, Family>();
  readonly #limit = new SourceLimit();
  readonly #stopWatching: () => void;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#look(false);
    this.#stopWatching = monitorNetwork(() => this.#look(true));
  }

  /** Resolves when it has left. What cannot be sent is lost, as any datagram may be. */
  async send(datagram: Uint8Array): Promise<void> {
    await Promise.all(
      [...this.#open].map(
        ([socket, family]) =>
          new Promise<void>((resolve) => {
            socket.send(datagram, MDNS_PORT, groups[family], () => resolve());
          }),
      ),
    );
  }

  close(): void {
    this.#stopWatching();
    for (const key of this.#sockets.keys()) {
      this.#drop(key);
    }
  }

  /** Opens interfaces that are new, and closes those that are gone. */
  #look(isLate: boolean): void {
    const found = new Map(
      linkInterfaces(this.#options.families).map((one) => [
        `${one.multicast} ${one.networks.join(' ')}`,
        one,
      ]),
    );
    for (const key of this.#sockets.keys()) {
      if (!found.has(key)) {
        this.#drop(key);
      }
    }
    for (const [key, one] of found) {
      if (!this.#sockets.has(key)) {
        this.#add(key, one, isLate);
      }
    }
  }

  #drop(key: string): void {
    const socket = this.#sockets.get(key);
    this.#sockets.delete(key);
    if (socket !== undefined) {
      this.#open.delete(socket);
      socket.close();
    }
  }

  #add(key: string, one: LinkInterface, isLate: boolean): void {
    const { family, multicast } = one;
    const group = groups[family];
    const socket = createSocket({ type: `udp${family}`, reuseAddr: true, ipv6Only: family === 6 });
    this.#sockets.set(key, socket);
    socket.on('error', () => {
      // Another program holds the port for itself, or the interface is gone. The other interfaces go on.
      if (this.#sockets.get(key) === socket) {
        this.#drop(key);
      }
    });
    socket.on('message', (datagram, source) => this.#receive(datagram, source, one));
    socket.bind({ port: MDNS_PORT, address: bindTo(one), exclusive: true }, () => {
      try {
        socket.addMembership(group, multicast);
        socket.setMulticastInterface(multicast);
        socket.setMulticastTTL(HOPS);
        // Another run on this machine hears us, too.
        socket.setMulticastLoopback(true);
      } catch (error) {
        socket.emit('error', error);
        return;
      }
      this.#open.set(socket, family);
      const greeting = this.#options.greeting(isLate);
      if (greeting !== undefined) {
        socket.send(greeting, MDNS_PORT, group, () => undefined);
      }
    });
  }

  /** A datagram that is not from a neighbour behind this interface came through another one, or is a lie. */
  #receive(datagram: Uint8Array, { address, port }: RemoteInfo, one: LinkInterface): void {
    // RFC 6762, section 6: an answer from another port is to be ignored.
    if (port === MDNS_PORT && isNeighbour(address, one) && this.#limit.allows(address, performance.now())) {
      this.#options.onDatagram(datagram, { address, port });
    }
  }
}

/**
 * Linux: a socket that is bound to the group gets what was sent to the group, and nothing else. So nobody outside the
 * link can reach it, and unicast for the port goes to the system's own mDNS service as before. Elsewhere only a bind
 * to any address is sure to work.
 */
function bindTo({ family, zone }: LinkInterface): string {
  if (process.platform !== 'linux') {
    return family === 4 ? '0.0.0.0' : '::';
  }
  return family === 4 ? groups[4] : `${groups[6]}%${zone}`;
}
