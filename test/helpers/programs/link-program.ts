/**
 * Neighbours inside a host of a lab. Each announces and looks for hosts by mDNS, as the program does, or says and hears
 * any datagram, as a hostile neighbour may. It takes orders, and tells what it finds and hears.
 */
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { announce } from '../../../source/connect/places/local/announce.ts';
import { findOnLink } from '../../../source/connect/places/local/find-on-link.ts';
import type { Order, Told } from './link.ts';
import { serveUsers, type User } from './serve-users.ts';

const groups = { 4: '224.0.0.251', 6: 'ff02::fb%eth0' } as const;

function addressOf(family: 4 | 6): string {
  const own = networkInterfaces()['eth0']?.find((one) => one.family === 'IPv4')?.address ?? '';
  return family === 4 ? own : '::%eth0';
}

async function open(family: 4 | 6, port: number): Promise<Socket> {
  const socket = createSocket({ type: `udp${family}`, reuseAddr: true, ipv6Only: family === 6 });
  await new Promise<void>((resolve) => {
    socket.bind(port, resolve);
  });
  socket.addMembership(groups[family].replace(/%.*/, ''), addressOf(family));
  socket.setMulticastInterface(addressOf(family));
  return socket;
}

class Neighbour implements User<Order> {
  readonly #tell: (told: Told) => void;
  readonly #orders = new AbortController();
  readonly #sockets = new Map<number, Promise<Socket>>();
  readonly #working: Promise<unknown>[] = [];

  constructor(tell: (told: Told) => void) {
    this.#tell = tell;
  }

  take(order: Order): void {
    const { signal } = this.#orders;
    const tell = this.#tell;
    switch (order.do) {
      case 'announce':
        this.#working.push(announce({ ...order, signal }));
        break;
      case 'find':
        this.#working.push(findOnLink({ ...order, signal, onFound: (found) => tell({ found }) }));
        break;
      case 'say':
        void this.#say(order);
        break;
      case 'hear':
        void this.#hear(order.family);
        break;
    }
  }

  end(): void {
    this.#orders.abort();
    void Promise.all(this.#working).then(async () => {
      for (const socket of this.#sockets.values()) {
        (await socket).close();
      }
      this.#tell({ ended: true });
    });
  }

  /** A socket of the group, which sends from this port. */
  #socketOf(family: 4 | 6, port: number): Promise<Socket> {
    const key = family * 100_000 + port;
    const opened = this.#sockets.get(key) ?? open(family, port);
    this.#sockets.set(key, opened);
    return opened;
  }

  async #say({ family, port, hex, times, to }: Extract<Order, { do: 'say' }>): Promise<void> {
    const socket = await this.#socketOf(family, port);
    for (let one = 0; one < times; one += 1) {
      await new Promise((resolve) => {
        socket.send(Buffer.from(hex, 'hex'), 5353, to ?? groups[family], resolve);
      });
    }
    this.#tell({ said: times });
  }

  async #hear(family: 4 | 6): Promise<void> {
    const socket = await this.#socketOf(family, 5353);
    socket.on('message', (datagram, { address, port }) =>
      this.#tell({ heard: datagram.toString('hex'), address, port }),
    );
    this.#tell({ listening: family });
  }
}

serveUsers<Order>((tell) => new Neighbour(tell));
