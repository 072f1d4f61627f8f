import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { readGreeting } from '../../source/chat/classic-greeting.ts';
import { startRawServer } from '../helpers/strangers/raw-server.ts';

async function greeted(said: string) {
  const server = await startRawServer((socket) => socket.write(said));
  const socket = connect(server.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const pairing = await readGreeting(socket, {
    server: 'example.org',
    waitMs: undefined,
    signal: new AbortController().signal,
    onFirst: () => undefined,
  });
  return { socket, pairing };
}

const peer = { address: '192.0.2.7', port: 4711 };

test('nothing that a classic server says after naming the peer is read', async () => {
  const { pairing, socket } = await greeted(
    `first\n\u0000192.0.2.7 4711\n\0${'192.0.2.8 1\n\0'.repeat(500)}`,
  );
  expect(pairing).toEqual({ first: true, peer });
  // A listener for each further line would be a leak.
  expect(socket.listenerCount('error')).toBeLessThan(5);
});
