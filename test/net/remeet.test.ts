import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { remeet } from '../../source/net/remeet.ts';
import { startRawServer } from '../helpers/raw-server.ts';
import { base64url } from '../helpers/rendezvous-server.ts';

function seek(port: number) {
  const search = new AbortController();
  const gone = remeet({
    delayMs: 0,
    server: { host: '127.0.0.1', port },
    lan: false,
    relay: 'never',
    client: base64url(16),
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

test('a rendezvous that refuses is asked less and less often', async () => {
  const refusal = `${JSON.stringify({ t: 'error', code: 'ERR_LIMIT', message: 'too many' })}\n`;
  const server = await startRawServer((socket) => socket.end(refusal));
  seek(server.port);
  const times: number[] = [];
  while (times.length < 4) {
    await server.next();
    times.push(performance.now());
  }
  // Half of it is chance.
  expect(times[3]! - times[2]!).toBeGreaterThan(1050);
});
