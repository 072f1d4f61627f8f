import { once } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { defaultLimits } from '../../source/server/limits.ts';
import { eventually } from '../helpers/eventually.ts';
import { TestServer, base64url, joinMessage } from '../helpers/servers/rendezvous-server.ts';
import type { WireClient } from '../helpers/servers/wire-client.ts';

/** Long enough for a modern client to speak, even on a busy machine. */
const quick = { classicSilenceMs: 500 };

/** Both have received all bytes and a FIN, without an error. */
async function bothClosed(...clients: WireClient[]) {
  expect(await Promise.all(clients.map((client) => client.closed))).toEqual(clients.map(() => 'end'));
}

describe('silent IPv4 clients', () => {
  test('get exactly the bytes of the old server, and a close', async () => {
    const server = await TestServer.start({}, quick);
    const first = await server.connect();
    await first.until('\0');
    expect(first.text).toBe('first\n\0');
    const second = await server.connect();
    await bothClosed(first, second);
    expect(second.text).toBe(`127.0.0.1 ${first.port} ${second.port}\n\0`);
    expect(first.text).toBe(`first\n\u0000127.0.0.1 ${second.port}\n\0`);
  });

  test('are classic after one second by default', async () => {
    const server = await TestServer.start();
    expect(defaultLimits.classicSilenceMs).toBe(1000);
    const startedAt = performance.now();
    const first = await server.connect();
    await first.until('first\n\0');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990);
  });

  test('start over after each pair', async () => {
    const server = await TestServer.start({}, quick);
    for (let pair = 0; pair < 3; pair += 1) {
      const first = await server.connect();
      await first.until('first\n\0');
      const second = await server.connect();
      await bothClosed(first, second);
      expect(second.text).toBe(`127.0.0.1 ${first.port} ${second.port}\n\0`);
    }
  });

  test('are paired in dozens at once, each with exactly one other, among modern pairs', async () => {
    const server = await TestServer.start();
    const clients: WireClient[] = [];
    const modern: ReturnType<TestServer['pair']>[] = [];
    for (let pair = 0; pair < 60; pair += 1) {
      modern.push(server.pair());
      clients.push(...(await Promise.all([server.connect(), server.connect()])));
    }
    await bothClosed(...clients);
    // The port of a client that is gone may be another's later: each pair is named by both ports, from both sides.
    const [firsts, seconds] = [
      clients.filter(({ text }) => text.startsWith('first')),
      clients.filter(({ text }) => !text.startsWith('first')),
    ];
    const told = seconds.map(({ text }) => text.split(' ').slice(1).join(' '));
    const heard = firsts.map(({ port, text }) => `${port} ${text.split(' ')[1]}`);
    for (const { port, text } of seconds) {
      expect(text).toMatch(new RegExp(`^127\\.0\\.0\\.1 \\d+ ${port}\n\0$`));
    }
    expect(told).toHaveLength(60);
    expect(told.toSorted()).toEqual(heard.toSorted());

    const pairs = await Promise.all(modern);
    for (const { a, b } of pairs) {
      expect(a.matched.session).toBe(b.matched.session);
      expect(a.matched.peer.share).toBe(b.join.share);
      expect(b.matched.peer.share).toBe(a.join.share);
    }
    expect(new Set(pairs.map(({ b }) => b.number)).size).toBe(60);
  });

  test.each([
    ['closes', (client: WireClient) => client.socket.end()],
    ['resets', (client: WireClient) => client.socket.resetAndDestroy()],
  ])('are not paired any more once one %s', async (_, leave) => {
    const server = await TestServer.start({}, quick);
    const gone = await server.connect();
    await gone.until('first\n\0');
    leave(gone);
    await eventually(() => expect(server.counts().classicWaiting).toBe(0));
    const first = await server.connect();
    await first.until('first\n\0');
    const second = await server.connect();
    await bothClosed(first, second);
    expect(second.text).toBe(`127.0.0.1 ${first.port} ${second.port}\n\0`);
  });

  test('that leave before their second of silence is over do not count', async () => {
    const server = await TestServer.start({}, quick);
    const early = await server.connect();
    early.socket.end();
    await once(early.socket, 'close');
    const first = await server.connect();
    await first.until('\0');
    expect(first.text).toBe('first\n\0');
  });

  test('are seen with their IPv4 address by a server of both families', async () => {
    const server = await TestServer.start({ host: undefined }, quick);
    const first = await server.connect();
    await first.until('first\n\0');
    const second = await server.connect();
    await bothClosed(first, second);
    expect(second.text).toBe(`127.0.0.1 ${first.port} ${second.port}\n\0`);
  });

  test('that send bytes after their pairing still get all bytes, and no reset', async () => {
    const server = await TestServer.start({}, quick);
    const first = await server.connect();
    await first.until('first\n\0');
    const second = await server.connect();
    await second.until('\0');
    second.socket.write(Buffer.alloc(300_000, 'x'));
    await bothClosed(first, second);
    expect(first.text).toBe(`first\n\u0000127.0.0.1 ${second.port}\n\0`);
  });

  test('that never close are dropped after a bounded time', async () => {
    const server = await TestServer.start({}, { ...quick, lingerMs: 20 });
    const [first, second] = [await server.connect(), await server.connect()];
    first.socket.allowHalfOpen = true;
    second.socket.allowHalfOpen = true;
    await bothClosed(first, second);
    await server.settled();
    expect(first.socket.writableEnded).toBe(false);
  });
});

describe('a byte', () => {
  test('makes a client modern before its silence is over', async () => {
    const server = await TestServer.start({}, { classicSilenceMs: 1000, firstLineMs: 1100 });
    const client = await server.connect();
    client.socket.write('{');
    expect(await client.expect('error')).toMatchObject({ code: 'ERR_PROTOCOL' });
    await bothClosed(client);
    expect(client.text).not.toContain('first');
  });

  test('that waits to be read when the time is over still counts: only the server was busy', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const server = await TestServer.start();
    const client = await server.connect();
    await eventually(() => expect(server.counts().connections).toBe(1));
    // In each turn of the event loop, timers run before sockets.
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => {
        clearInterval(timer);
        client.send({ t: 'ping' });
        vi.advanceTimersByTime(defaultLimits.classicSilenceMs);
        resolve();
      }, 1);
    });
    await client.until('"pong"');
    expect(client.text).not.toContain('first');
  });

  test('that comes late takes a client out of the classic queue', async () => {
    const server = await TestServer.start({}, quick);
    const late = await server.connect();
    await late.until('first\n\0');
    late.socket.write('{"t":"open","v":1,');
    await eventually(() => expect(server.counts().classicWaiting).toBe(0));
    const client = base64url(16);
    late.socket.write(`"client":"${client}"}\n`);
    await late.until('"opened"');
    expect(late.text.slice('first\n\0'.length)).toMatch(/^{"t":"opened","number":1,.*}\n$/);

    const first = await server.connect();
    await first.until('\0');
    expect(first.text).toBe('first\n\0');
    const guest = await server.connect();
    guest.send(joinMessage({ number: 1 }));
    late.send(joinMessage({ number: 1, client }));
    await late.until('"matched"');
    expect((await guest.expect('matched')).role).toBe('a');
  });
});

test('a silent client over IPv6 is closed without a message', async () => {
  const server = await TestServer.start({ host: '::1' }, { classicSilenceMs: 1, firstLineMs: 100 });
  const client = await server.connect('::1');
  await bothClosed(client);
  expect(client.text).toBe('');
});
