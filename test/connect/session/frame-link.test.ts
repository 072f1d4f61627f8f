import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';

/** Two connected sockets on loopback. */
async function socketPair(): Promise<readonly [net.Socket, net.Socket]> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dialled = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [net.Socket];
  server.close();
  return [dialled, accepted];
}

test.each([
  ['is reset', (other: net.Socket) => other.resetAndDestroy(), 'the connection was reset'],
  ['is closed', (other: net.Socket) => other.end(), 'the other side closed the connection'],
])('a link that %s says so in plain words', async (_, end, reason) => {
  const [socket, other] = await socketPair();
  other.on('error', () => undefined);
  const link = new FrameLink(socket);
  const gone = new Promise((resolve) => {
    link.listen({ onFrames: () => undefined, onDrain: () => undefined, onGone: resolve });
  });
  end(other);
  expect(await gone).toBe(reason);
});
