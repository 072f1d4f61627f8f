import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { createMeetingContext } from '../../../source/connect/meeting-context.ts';
import { reconnect } from '../../../source/connect/reconnect/reconnect.ts';
import { supervisorOf, root, wonOf } from '../../helpers/sessions/channel-supervisor.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';

test('a session that is over is not lost, though its channel may still fall silent', async () => {
  const times = { pingAfterMs: 1, dueMs: 1, suspectMs: 1, askAgainMs: 1000 };
  const { session, said } = await supervisorOf('a', { times, isOver: true });
  await once(session, 'silent');
  expect(said).toEqual([]);
});

test('a peer that comes back and closes at once, again and again, is met less and less often', async () => {
  const { port, probePort } = await TestServer.start();
  const { theirs } = await supervisorOf('a', { server: { host: '127.0.0.1', port }, from: 'lan' });
  const search = new AbortController();
  onTestFinished(() => search.abort());
  async function comeAndGo() {
    const server = { host: '127.0.0.1', port };
    const context = createMeetingContext({ server, probePort, lan: false, relay: 'never' }, () => undefined);
    const found = await reconnect(context, { role: 'b', keys: { root } }, undefined, search.signal);
    wonOf(found).link.destroy();
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
