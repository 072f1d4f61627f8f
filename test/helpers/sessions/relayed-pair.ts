import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { TestServer } from '../servers/rendezvous-server.ts';
import type { WireClient } from '../servers/wire-client.ts';

/** One end of a relayed pair. From here on it receives the peer's bytes. */
export interface RelayedEnd {
  readonly client: WireClient;
  readonly socket: Socket;
  /** All bytes that have come since. */
  readonly bytes: () => Buffer;
  /** Resolves when so many bytes have come. */
  readonly until: (bytes: number) => Promise<Buffer>;
}

/** To be used after `relaying`: from then on the bytes are not lines of the protocol any more. */
export function relayedEnd(client: WireClient): RelayedEnd {
  const { socket } = client;
  const last = '{"t":"relaying"}\n';
  const chunks: Buffer[] = [client.received.subarray(client.received.indexOf(last) + last.length)];
  socket.removeAllListeners('data');
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  function length() {
    return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }
  function bytes() {
    return Buffer.concat(chunks);
  }
  return {
    client,
    socket,
    bytes,
    until: async (count) => {
      while (length() < count) {
        await once(socket, 'data');
      }
      return bytes();
    },
  };
}

/** Two clients that are matched, have asked for the relay, and are relayed. */
export async function relayedPair(server: TestServer, guest?: WireClient) {
  const { a, b } = await server.pair(guest);
  for (const { client } of [a, b]) {
    client.send({ t: 'relay' });
  }
  for (const { client } of [a, b]) {
    await client.expect('relaying');
  }
  return { a: relayedEnd(a.client), b: relayedEnd(b.client), joins: { a: a.join, b: b.join } };
}
