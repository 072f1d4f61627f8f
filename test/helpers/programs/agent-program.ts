/**
 * A small program that runs in hosts of a lab and does not use Punchline. It
 * gets orders to dial and listen, one JSON object per line, and reports the
 * results. A listener greets each connection with the endpoint that it sees.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Dialled, Endpoint, Order } from './agent.ts';

const arrivals: Endpoint[] = [];
const waitingForArrival: ((endpoint: Endpoint) => void)[] = [];
const servers = new Set<Server>();
const connections: Connection[] = [];

interface Connection {
  readonly socket: Socket;
  /** The text that was received since it was last asked for. */
  heard: string;
  wake?: () => void;
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, order } = JSON.parse(line) as { id: number; order: Order };
  void carryOut(order).then((answer) => process.stdout.write(`${JSON.stringify({ id, answer })}\n`));
});

function carryOut(order: Order): Promise<unknown> {
  if (order.do === 'listen') {
    return listen(order.at);
  }
  if (order.do === 'arrival') {
    return arrival();
  }
  if (order.do === 'dial') {
    return dial(order);
  }
  if (order.do === 'say') {
    return say(order.text);
  }
  if (order.do === 'hear') {
    return hear();
  }
  for (const { socket } of connections.splice(0)) {
    socket.destroy();
  }
  for (const server of servers) {
    server.close();
  }
  return Promise.resolve(true);
}

function listen(at: Endpoint): Promise<Endpoint> {
  const server = createServer((socket) => {
    const from = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    keep(socket);
    socket.write(JSON.stringify(from));
    const waiter = waitingForArrival.shift();
    if (waiter) {
      waiter(from);
    } else {
      arrivals.push(from);
    }
  });
  servers.add(server);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.address, () => resolve(server.address() as unknown as Endpoint));
  });
}

function arrival(): Promise<Endpoint> {
  const first = arrivals.shift();
  return first ? Promise.resolve(first) : new Promise((resolve) => waitingForArrival.push(resolve));
}

function dial({ from, timeoutMs, to, until }: Extract<Order, { do: 'dial' }>): Promise<Dialled> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect({
      host: to.address,
      port: to.port,
      localAddress: from.address,
      localPort: from.port,
    });
    function finish(outcome: string, seen?: Endpoint) {
      clearTimeout(timer);
      const ms = performance.now() - startedAt;
      resolve({ outcome, ms, localPort: socket.localPort ?? from.port, ...(seen ? { seen } : {}) });
      if (outcome !== 'connected') {
        socket.destroy();
      }
    }
    const timer = setTimeout(() => finish('silence'), timeoutMs);
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    socket.once('connect', () => {
      const connection = keep(socket);
      if (until === 'connected') {
        finish('connected');
      } else {
        void hear(connection).then((greeting) => finish('connected', JSON.parse(greeting) as Endpoint));
      }
    });
  });
}

function keep(socket: Socket): Connection {
  const connection: Connection = { socket, heard: '' };
  connections.push(connection);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    connection.heard += data.toString();
    connection.wake?.();
  });
  return connection;
}

async function hear(connection = connections.at(-1)): Promise<string> {
  if (!connection) {
    throw new Error('there is no connection to hear on');
  }
  if (connection.heard === '') {
    await new Promise<void>((resolve) => (connection.wake = resolve));
  }
  const { heard } = connection;
  connection.heard = '';
  return heard;
}

function say(text: string): Promise<boolean> {
  return new Promise((resolve) => connections.at(-1)?.socket.write(text, () => resolve(true)));
}
