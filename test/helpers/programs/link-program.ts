/**
 * A program inside a host of a lab. It announces and looks for hosts by mDNS, as the program does, or says and hears
 * any datagram, as a hostile neighbour may. It takes orders as lines of JSON, and tells what it finds and hears.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { announce } from '../../../source/connect/places/local/announce.ts';
import { findOnLink } from '../../../source/connect/places/local/find-on-link.ts';
import type { Order, Told } from './link.ts';

const groups = { 4: '224.0.0.251', 6: 'ff02::fb%eth0' } as const;

const orders = new AbortController();
const { signal } = orders;
const sockets = new Map<number, Promise<Socket>>();
const working: Promise<unknown>[] = [];

function tell(told: Told): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

/** A socket of the group, which sends from this port. */
function socketOf(family: 4 | 6, port: number): Promise<Socket> {
  const key = family * 100_000 + port;
  const opened = sockets.get(key) ?? open(family, port);
  sockets.set(key, opened);
  return opened;
}

async function open(family: 4 | 6, port: number): Promise<Socket> {
  const socket = createSocket({ type: `udp${family}`, reuseAddr: true, ipv6Only: family === 6 });
  await new Promise<void>((resolve) => {
    socket.bind(port, resolve);
  });
  const { networkInterfaces } = await import('node:os');
  const own = networkInterfaces()['eth0']?.find((one) => one.family === 'IPv4')?.address ?? '';
  socket.addMembership(groups[family].replace(/%.*/, ''), family === 4 ? own : '::%eth0');
  socket.setMulticastInterface(family === 4 ? own : '::%eth0');
  return socket;
}

async function say({ family, port, hex, times, to }: Extract<Order, { do: 'say' }>): Promise<void> {
  const socket = await socketOf(family, port);
  for (let one = 0; one < times; one += 1) {
    await new Promise((resolve) => {
      socket.send(Buffer.from(hex, 'hex'), 5353, to ?? groups[family], resolve);
    });
  }
  tell({ said: times });
}

async function hear(family: 4 | 6): Promise<void> {
  const socket = await socketOf(family, 5353);
  socket.on('message', (datagram, { address, port }) =>
    tell({ heard: datagram.toString('hex'), address, port }),
  );
  tell({ listening: family });
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const order = JSON.parse(line) as Order;
    switch (order.do) {
      case 'announce':
        working.push(announce({ ...order, signal }));
        break;
      case 'find':
        working.push(findOnLink({ ...order, signal, onFound: (found) => tell({ found }) }));
        break;
      case 'say':
        void say(order);
        break;
      case 'hear':
        void hear(order.family);
        break;
    }
  })
  .on('close', () => {
    orders.abort();
    void Promise.all(working).then(async () => {
      tell({ ended: true });
      for (const socket of sockets.values()) {
        (await socket).close();
      }
    });
  });
