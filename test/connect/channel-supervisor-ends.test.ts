import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { reconnect } from '../../source/connect/reconnect/reconnect.ts';
import { supervisorOf, root } from '../helpers/sessions/channel-supervisor.ts';
import { base64url, TestServer } from '../helpers/servers/rendezvous-server.ts';

test('a session that is over is not lost, though its channel may still fall silent', async () => {
  const times = { pingAfterMs: 1, dueMs: 1, suspectMs: 1, askAgainMs: 1000 };
  const { session, said } = await supervisorOf('a', { times, isOver: true });
  await once(session, 'silent');
  expect(said).toEqual([]);
});

test('a peer that comes back and closes at once, again and again, is met ever more seldom', async () => {
  const { port, probePort } = await TestServer.start();
  const { theirs } = await supervisorOf('a', { server: { host: '127.0.0.1', port }, from: 'lan' });
  const search = new AbortController();
  onTestFinished(() => search.abort());
  async function comeAndGo() {
    const { link } = await reconnect({
      delayMs: 0,
      server: { host: '127.0.0.1', port },
      probePort,
      lan: false,
      relay: 'never',
      client: base64url(16),
      freshPort: false,
      mode: 'pipe',
      role: 'b',
      root,
      spray: undefined,
      received: () => 0,
      signal: search.signal,
      emit: () => undefined,
    });
    link.destroy();
    return performance.now();
  }
  theirs.destroy();
  const times: number[] = [];
  while (times.length < 4) {
    times.push(await comeAndGo());
  }
  const gaps = times.slice(1).map((at, index) => at - times[index]!);
  expect(gaps[1]).toBeGreaterThan(900);
  expect(gaps[2]).toBeGreaterThan(1900);
});
