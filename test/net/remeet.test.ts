import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { remeet } from '../../source/net/remeet.ts';
import { startRawServer } from '../helpers/raw-server.ts';

function seek(port: number) {
  const search = new AbortController();
  const gone = remeet({
    delayMs: 0,
    server: { host: '127.0.0.1', port },
    lan: false,
    freshPort: false,
    mode: 'chat',
    role: 'a',
    root: randomBytes(32),
    spray: undefined,
    received: () => 0,
    signal: search.signal,
    emit: () => undefined,
  }).catch(() => undefined);
  onTestFinished(async () => {
    search.abort();
    await gone;
  });
}

const waiting = `${JSON.stringify({ t: 'waiting', you: { address: '127.0.0.1', port: 5 } })}\n`;

test.each([
  ['says nothing', ''],
  ['falls silent while the peer is awaited', waiting],
])('a rendezvous that %s is met anew within seconds', async (_what, greeting) => {
  const server = await startRawServer((socket) => socket.write(greeting));
  seek(server.port);
  await server.next();
  const metAt = performance.now();
  await server.next();
  // A first meeting waits for 15 s. Here our link may be back long before.
  expect(performance.now() - metAt).toBeLessThan(8000);
});
