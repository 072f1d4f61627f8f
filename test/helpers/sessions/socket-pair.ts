import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** The two ends of a TCP connection over loopback. Both are closed after the test. */
export async function socketPair(): Promise<[dialled: Socket, accepted: Socket]> {
  const server = net.createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dialled = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(dialled, 'connect')])) as [
    [Socket],
    unknown,
  ];
  server.close();
  for (const socket of [dialled, accepted]) {
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
  }
  return [dialled, accepted];
}
