/** A TCP server that sends what the test tells it to, and keeps every byte that it gets. */
import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { patienceMs } from '../eventually.ts';

export interface RawConnection {
  readonly socket: Socket;
  /** The port of the other side. */
  readonly remotePort: number;
  /** All received bytes, one character each. */
  readonly received: string;
  /** Resolves when at least so many bytes have come. */
  length(bytes: number): Promise<void>;
  /** Resolves when the other side has closed or reset the connection. */
  closed(): Promise<void>;
}

export interface RawServer {
  readonly port: number;
  /** Resolves with the next connection, past or to come. */
  next(): Promise<RawConnection>;
  close(): void;
}

/** Keeps all bytes that a socket receives. An error counts as the end. */
export function keepBytes(socket: Socket): RawConnection {
  const { remotePort = 0 } = socket;
  const news = new EventEmitter();
  let received = '';
  let closed = false;
  function end() {
    closed = true;
    news.emit('news');
  }
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    news.emit('news');
  });
  socket.on('error', end).on('end', end).on('close', end);
  async function until(isSo: () => boolean) {
    const signal = AbortSignal.timeout(patienceMs());
    while (!isSo()) {
      try {
        await once(news, 'news', { signal });
      } catch (cause) {
        throw new Error(`waited in vain; received: ${JSON.stringify(received)}`, { cause });
      }
    }
  }
  return {
    socket,
    remotePort,
    get received() {
      return received;
    },
    length: (bytes) => until(() => received.length >= bytes),
    closed: () => until(() => closed),
  };
}

/** Listens on a free port of loopback until the test is over. */
export async function startRawServer(greet: (socket: Socket) => void = () => undefined): Promise<RawServer> {
  const waiting: ((connection: RawConnection) => void)[] = [];
  const arrived: RawConnection[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket);
    const connection = keepBytes(socket);
    const waiter = waiting.shift();
    if (waiter === undefined) {
      arrived.push(connection);
    } else {
      waiter(connection);
    }
    greet(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    next: () => {
      const connection = arrived.shift();
      return connection === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(connection);
    },
    close: () => void server.close(),
  };
}

/** A server that says something at once. */
export function says(bytes: string | Uint8Array) {
  return (socket: Socket) => void socket.write(bytes);
}

/** A server that answers the first bytes. */
export function answers(bytes: string) {
  return (socket: Socket) => void socket.once('data', () => socket.write(bytes));
}
