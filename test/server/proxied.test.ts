/** A client that says it comes through a proxy. The server sees the proxy, and tells nobody its endpoint. */
import { expect, test } from 'vitest';
import { base64url, joinMessage, TestServer } from '../helpers/servers/rendezvous-server.ts';
import { WireClient } from '../helpers/servers/wire-client.ts';

test('the peer of a proxied guest is told no mapped endpoint of it, and the guest none of its own', async () => {
  const server = await TestServer.start();
  const { client: b, number } = await server.opener();
  const a = await server.connect();
  a.send(joinMessage({ number, proxied: true }));
  const toGuest = await a.expect('matched');
  const toOpener = await b.expect('matched');
  expect(toGuest).not.toHaveProperty('you');
  expect(toGuest.peer.mapped).toMatchObject({ address: '127.0.0.1', port: b.port });
  expect(toOpener.you).toMatchObject({ port: b.port });
  expect(toOpener.peer).not.toHaveProperty('mapped');
});

test('a proxied client that waits is told no mapped endpoint, and is not held for a probe', async () => {
  // Whoever waited for the probe would not answer before the test ends.
  const server = await TestServer.start({}, { probeWaitMs: 600_000 });
  const client = await server.connect();
  client.send(joinMessage({ number: 4711, proxied: true, probeToken: base64url(16) }));
  expect(await client.expect('waiting')).not.toHaveProperty('you');
});

test('the probe of a proxied client counts for a round, from whatever address it comes', async () => {
  const server = await TestServer.start({}, { roundProbeMs: 600_000 });
  const { client: b, number } = await server.opener();
  const a = await server.connect();
  a.send(joinMessage({ number, proxied: true }));
  await Promise.all([a.expect('matched'), b.expect('matched')]);
  const token = base64url(16);
  const probe = await WireClient.connect(server.probePort, '127.0.0.1', 0, '127.0.0.5');
  probe.socket.write(`{"t":"probe","token":"${token}"}\n`);
  await probe.closed;
  a.send({ t: 'round', n: 1, probeToken: token });
  b.send({ t: 'round', n: 1 });
  expect(await b.expect('start')).toMatchObject({ n: 1, probePort: probe.port });
});

test('a proxied client that comes back to a session is told no endpoint, and neither is its peer', async () => {
  const server = await TestServer.start();
  const common = { t: 'join', v: 1, room: base64url(16), rttMs: 20 } as const;
  const [a, b] = [await server.connect(), await server.connect()];
  a.send({ ...common, client: base64url(16), nonce: base64url(16), slot: 'a', proxied: true });
  expect(await a.expect('waiting')).not.toHaveProperty('you');
  b.send({ ...common, client: base64url(16), nonce: base64url(16), slot: 'b' });
  expect((await b.expect('matched')).peer).not.toHaveProperty('mapped');
  expect((await a.expect('matched')).peer.mapped).toMatchObject({ port: b.port });
});
