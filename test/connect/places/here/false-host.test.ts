import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { RecordedChat, waitingChat } from '../../../helpers/chats/recorded-chat.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { TestServer } from '../../../helpers/servers/rendezvous-server.ts';

/** A rendezvous that says to each of its clients that it is a part of the peer's program. */
async function startFalseHost(port: number) {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (chunk) => {
      asked.push(String(chunk));
      upstream.write(chunk);
    });
    // The server writes whole lines.
    upstream.on('data', (chunk) =>
      client.write(String(chunk).replace('"t":"matched"', '"t":"matched","here":true')),
    );
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    listener.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  return { address: { host: '127.0.0.1', port: (listener.address() as AddressInfo).port }, asked };
}

test('a rendezvous that claims to be the peer is not asked to relay, because the peer does not confirm it', async () => {
  expectNothingLeft();
  const server = await TestServer.start();
  const { waiting, code } = await waitingChat(server, { relay: 'never', attempts: 1 });
  const { address, asked } = await startFalseHost(server.port);
  const guest = new RecordedChat({ server: address, code });
  expect(await guest.end()).toEqual({ reason: 'failed', exit: 6, code: 'ERR_PUNCH_FAILED' });
  expect(guest.all('error')[0]?.hint).toContain('The peer does not confirm that it is the host');
  expect(asked.join('')).not.toContain('"t":"relay"');
  await waiting.event('ended');
});
