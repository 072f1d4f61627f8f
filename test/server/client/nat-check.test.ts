import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { onTestFinished, expect, test } from 'vitest';
import { base64url, joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';
import type { WireClient } from '../../helpers/servers/wire-client.ts';

/** A client that listens on the port from which it has dialled the server. */
async function listening(server: TestServer): Promise<{ client: WireClient; arrivals: Server }> {
  const client = await server.connect('127.0.0.1', 0);
  const arrivals = createServer();
  arrivals.listen({ port: client.port, host: '127.0.0.1' });
  await once(arrivals, 'listening');
  onTestFinished(() => void arrivals.close());
  return { client, arrivals };
}

const second = '127.0.0.2';

test.each([second, `::ffff:${second}`])(
  'a client that asks is told its endpoint, and the ports for probes: %s',
  async (probeHost) => {
    const server = await TestServer.start({ probeHost });
    const client = await server.connect();
    client.send({ t: 'observe', v: 1 });
    expect(await client.expect('observed')).toEqual({
      t: 'observed',
      you: { address: '127.0.0.1', port: client.port },
      probe: server.probePort,
      probeHost: second,
    });
  },
);

test.each(['127.0.0.1', second])('a probe at %s is told the endpoint that the server sees', async (host) => {
  const server = await TestServer.start({ probeHost: second });
  const probe = await server.probe(host);
  probe.socket.write(`{"t":"probe","token":"${base64url(16)}"}\n`);
  expect(await probe.expect('observed')).toMatchObject({ you: { port: probe.port } });
  expect(await probe.closed).toBe('end');
});

test.each([
  ['port', '127.0.0.1'],
  ['address', second],
] as const)(
  'a dial back from another %s comes from %s to the port of the request, and is closed',
  async (from, address) => {
    const server = await TestServer.start({ probeHost: second });
    const { client, arrivals } = await listening(server);
    client.send({ t: 'dial-back', from });
    const [arrival] = (await once(arrivals, 'connection')) as [Socket];
    expect(arrival.remoteAddress).toBe(address);
    expect([server.port, server.probePort]).not.toContain(arrival.remotePort);
    expect(await client.expect('dialled-back')).toMatchObject({ from, outcome: 'connected' });
    arrival.resume();
    expect(await once(arrival, 'end')).toEqual([]);
  },
);

test('a dial back to a port on which nothing listens is refused', async () => {
  const server = await TestServer.start();
  const client = await server.connect();
  client.send({ t: 'dial-back', from: 'port' });
  expect(await client.expect('dialled-back')).toMatchObject({ from: 'port', outcome: 'refused' });
});

test('without a second address, or with too many under way, a dial back is unavailable', async () => {
  const [one, none] = [await TestServer.start(), await TestServer.start({}, { maxDialBacksAtOnce: 0 })];
  const [first, other] = [await one.connect(), await none.connect()];
  first.send({ t: 'dial-back', from: 'address' });
  expect(await first.expect('dialled-back')).toMatchObject({ from: 'address', outcome: 'unavailable' });
  other.send({ t: 'dial-back', from: 'port' });
  expect(await other.expect('dialled-back')).toMatchObject({ from: 'port', outcome: 'unavailable' });
});

test('the server cannot dial back from an address that this machine does not have', async () => {
  const server = await TestServer.start({ host: '0.0.0.0', probeHost: '192.0.2.1' });
  const client = await server.connect();
  client.send({ t: 'dial-back', from: 'address' });
  expect(await client.expect('dialled-back')).toMatchObject({ outcome: 'unavailable' });
});

test('a fifth dial back ends the connection', async () => {
  const server = await TestServer.start();
  const client = await server.connect();
  for (let count = 0; count < 4; count += 1) {
    client.send({ t: 'dial-back', from: 'port' });
    await client.expect('dialled-back');
  }
  client.send({ t: 'dial-back', from: 'port' });
  expect(await client.expect('error')).toMatchObject({ code: 'ERR_PROTOCOL' });
});

test('two dials back at once end the connection', async () => {
  const server = await TestServer.start();
  const client = await server.connect();
  client.send({ t: 'dial-back', from: 'port' }, { t: 'dial-back', from: 'port' });
  expect(await client.expect('error')).toMatchObject({ message: 'dial-back: another one is under way' });
});

test.each([
  { t: 'dial-back', from: 'port' },
  { t: 'wake', v: 1, afterMs: 1 },
] as const)('a client in a room may not ask for a $t', async (question) => {
  const server = await TestServer.start();
  const client = await server.connect();
  client.send(joinMessage({ number: 1000 }));
  await client.expect('waiting');
  client.send(question);
  expect(await client.expect('error')).toMatchObject({ message: `${question.t}: only before a join` });
});

test('a join ends earlier requests, and the room works as any other', async () => {
  const server = await TestServer.start({}, { pingMs: 5 });
  const client = await server.connect();
  client.send({ t: 'wake', v: 1, afterMs: 100_000 }, joinMessage({ number: 1000 }));
  await client.expect('waiting');
  await client.until('"ping"');
  expect(client.text).not.toContain('awake');
});

test('a client that asks to be woken gets nothing until then, and pings afterwards', async () => {
  const server = await TestServer.start({}, { pingMs: 5 });
  const client = await server.connect();
  client.send({ t: 'wake', v: 1, afterMs: 100 });
  await client.until('"ping"');
  expect(client.text).toMatch(/^\{"t":"awake"\}\n/);
});

test('a client that leaves while it is dialled leaves nothing behind', async () => {
  const server = await TestServer.start();
  const client = await server.connect();
  client.send({ t: 'dial-back', from: 'port' }, { t: 'wake', v: 1, afterMs: 100_000 });
  client.socket.destroy();
  await server.settled();
  expect(server.counts()).toMatchObject({ connections: 0, seats: 0 });
});
