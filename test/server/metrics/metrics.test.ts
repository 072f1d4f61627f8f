import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { serve } from '../../../source/server/serve.ts';
import { eventually } from '../../helpers/eventually.ts';
import { connectedChats } from '../../helpers/chats/recorded-chat.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';
import { base64url, joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';

function startWatched(limits = {}) {
  return TestServer.start({ metrics: { port: 0 } }, limits);
}

function urlOf(server: TestServer, path: string) {
  return `http://127.0.0.1:${server.metricsPort}${path}`;
}

/** The samples, by name and labels. */
async function samplesOf(server: TestServer): Promise<Map<string, number>> {
  const page = await (await fetch(urlOf(server, '/metrics'))).text();
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name = '', value = ''] = /^(.*) (\S+)$/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
}

describe('the metrics', () => {
  test('show current counts, and matches, refusals and reports', async () => {
    const server = await startWatched({ missesPerMinutePerAddress: 1, numbersPerAddress: 1 });
    const b = await server.opener();
    const opener = await server.connect();
    opener.send({ t: 'open', v: 1, client: base64url(16) });
    await opener.expect('error');
    await opener.closed;
    const a = await server.connect();
    a.send(joinMessage({ number: 5000 }));
    await a.expect('waiting');
    let samples = await samplesOf(server);
    expect(samples.get('punchline_now{kind="connections"}')).toBe(2);
    expect(samples.get('punchline_now{kind="waiting"}')).toBe(2);
    expect(samples.get('punchline_limit{kind="connections"}')).toBe(20_000);
    expect(samples.get('punchline_draining')).toBe(0);
    expect(samples.has('punchline_store_up')).toBe(false);
    expect(samples.get('punchline_matches_total')).toBe(0);
    const peer = await server.connect();
    peer.send(joinMessage({ number: 999 }));
    await peer.expect('error');
    const searcher = await server.connect();
    searcher.send(joinMessage({ number: b.number }));
    expect(await searcher.expect('error')).toMatchObject({ code: 'ERR_RENDEZVOUS_REFUSED' });
    a.send({ t: 'done', outcome: 'relayed', path: 'relay', own: 'random', peer: 'counting' });
    a.send({ t: 'ping' });
    await a.expect('pong');
    samples = await samplesOf(server);
    expect(samples.get('punchline_refusals_total{reason="missing-rooms"}')).toBe(1);
    expect(samples.get('punchline_refusals_total{reason="address-numbers"}')).toBe(1);
    expect(samples.get('punchline_refusals_total{reason="connections"}')).toBe(0);
    expect(samples.get('punchline_outcomes_total{outcome="relayed",path="relay"}')).toBe(1);
    expect(samples.get('punchline_pairs_total{outcome="relayed",one="counting",other="random"}')).toBe(1);
    expect(samples.get('punchline_relayed_bytes_total')).toBe(0);
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(samples.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThanOrEqual(0);
  });

  test('count a match once, and the time before it for each side', async () => {
    const server = await startWatched();
    await server.pair();
    const samples = await samplesOf(server);
    expect(samples.get('punchline_matches_total')).toBe(1);
    expect(samples.get('punchline_match_seconds_count')).toBe(2);
    expect(samples.get('punchline_match_seconds_bucket{le="86400"}')).toBe(2);
  });

  test('take no label from a client: a value that is not in our list is a protocol error', async () => {
    const server = await startWatched();
    for (const field of [{ path: 'tunnel' }, { own: 'x'.repeat(1000) }, { peer: 'me@example.org' }]) {
      const client = await server.connect();
      client.socket.write(`${JSON.stringify({ t: 'done', outcome: 'punched', ...field })}\n`);
      expect(await client.expect('error')).toMatchObject({ code: 'ERR_PROTOCOL' });
    }
    const page = await (await fetch(urlOf(server, '/metrics'))).text();
    expect(page).not.toMatch(/tunnel|xxx|example\.org/);
  });
});

test.each([true, false])('real peers report how they met if they may: %s', async (report) => {
  const server = await startWatched();
  await connectedChats(server, { a: { report }, b: { report } });
  await eventually(async () => {
    const samples = await samplesOf(server);
    const path = report ? 'lan' : 'none';
    expect(samples.get(`punchline_outcomes_total{outcome="punched",path="${path}"}`)).toBe(2);
    const pair = samples.get('punchline_pairs_total{outcome="punched",one="none",other="none"}');
    expect(pair).toBe(report ? 2 : undefined);
  });
});

describe('the page', () => {
  test('says that all is well', async () => {
    const server = await startWatched();
    const response = await fetch(urlOf(server, '/healthz'));
    expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
  });

  test('says that the server goes down during a drain', async () => {
    const server = await startWatched({ drainMs: 60_000 });
    const { a, b } = await server.pair();
    const closed = server.close();
    const response = await fetch(urlOf(server, '/healthz'));
    expect([response.status, await response.text()]).toEqual([503, 'going down\n']);
    expect((await samplesOf(server)).get('punchline_draining')).toBe(1);
    for (const { client } of [a, b]) {
      client.socket.destroy();
    }
    await closed;
    await expect(fetch(urlOf(server, '/healthz'))).rejects.toThrow('fetch failed');
  });

  test.each([
    ['POST', '/metrics', 405],
    ['HEAD', '/metrics', 405],
    ['GET', '/', 404],
    ['GET', '/metrics/../etc/passwd', 404],
  ])('answers %s %s with %i', async (method, path, status) => {
    const server = await startWatched();
    expect((await fetch(urlOf(server, path), { method })).status).toBe(status);
  });

  test('drops a request that is too long', async () => {
    const server = await startWatched();
    const socket = connect(server.metricsPort ?? 0, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET /metrics HTTP/1.1\r\nx: ${'x'.repeat(8192)}\r\n\r\n`);
    expect(await text(socket)).toBe('');
  });
});

test('a port for metrics that is in use leaves nothing behind', async () => {
  const other = await startRawServer();
  await expect(TestServer.start({ metrics: { port: other.port } })).rejects.toMatchObject({
    code: 'ERR_PORT_IN_USE',
    hint: expect.stringContaining('--metrics'),
  });
});

test('a port for clients that is in use leaves no metrics behind', async () => {
  const other = await startRawServer();
  const free = await startRawServer();
  free.close();
  const options = { host: '127.0.0.1', port: other.port, metrics: { port: free.port } };
  await expect(serve(options)).rejects.toMatchObject({ code: 'ERR_PORT_IN_USE' });
  await eventually(() =>
    expect(fetch(`http://127.0.0.1:${free.port}/healthz`)).rejects.toThrow('fetch failed'),
  );
});
