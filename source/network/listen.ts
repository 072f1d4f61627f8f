import net, { type Server, type Socket } from 'node:net';
import type { Endpoint, Family } from '../events.ts';

export interface Listener {
  readonly endpoint: Endpoint;
  /** Frees the port at once. Connections already accepted stay. */
  close(): void;
}

export interface ListenOptions {
  readonly address: string;
  /** 0: any. */
  readonly port: number;
  readonly family: Family;
  readonly onSocket: (socket: Socket) => void;
}

/**
 * Accepts connections for a punch. Nothing is read of them before the channel
 * is secured. Rejects with the system's error if the port cannot be bound.
 */
export function listen({ address, port, family, onSocket }: ListenOptions): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server: Server = net.createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      onSocket(socket);
    });
    server.on('error', reject);
    server.listen({ host: address, port, ipv6Only: family === 6, exclusive: true }, () => {
      const bound = server.address();
      if (bound === null || typeof bound === 'string') {
        reject(new Error('the listener has no address'));
        return;
      }
      resolve({ endpoint: { address: bound.address, port: bound.port }, close: () => server.close() });
    });
  });
}
