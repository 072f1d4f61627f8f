import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { serve, type Server } from '../../source/server/serve.ts';
import { eventually } from '../helpers/eventually.ts';
import { TestServer } from '../helpers/servers/rendezvous-server.ts';

describe('serve', () => {
  test('says which port is in use, and what to do', async () => {
    const server = await TestServer.start();
    const { port } = server;
    await expect(serve({ port, host: '127.0.0.1' })).rejects.toMatchObject({
      code: 'ERR_PORT_IN_USE',
      exitCode: 8,
      message: expect.stringContaining(String(port)),
      hint: expect.stringContaining('--port'),
    });
  });

  test('closes its main port if it cannot have its probe port', async () => {
    const server = await TestServer.start();
    const { probePort } = server;
    const other = await serve({ port: 0, host: '127.0.0.1' });
    await other.close();
    const { port } = other;
    await expect(serve({ port, host: '127.0.0.1', probePort })).rejects.toMatchObject({
      code: 'ERR_PORT_IN_USE',
    });
    const again = await serve({ port, host: '127.0.0.1' });
    expect(again.port).toBe(port);
    await again.close();
  });

  test.each(['192.0.2.1', 'no-such-host.invalid'])(
    'refuses the host %s, which is not this machine',
    async (host) => {
      await expect(serve({ port: 0, host })).rejects.toMatchObject({ code: 'ERR_NETWORK', exitCode: 8 });
    },
  );

  test('refuses a probe host that is not an address', async () => {
    await expect(serve({ port: 0, probeHost: 'example.org' })).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });

  test('probes on the next port', async () => {
    const servers = await Promise.all(Array.from({ length: 5 }, () => TestServer.start()));
    // Another program may use one of these ports, but hardly all of them.
    expect(servers.some(({ port, probePort }) => probePort === port + 1)).toBe(true);
  });

  test('takes any other probe port if the next one is in use', async () => {
    const servers = await Promise.all(Array.from({ length: 5 }, () => TestServer.start()));
    let below: Server | undefined;
    // Another program may use one of these ports, but hardly all of them.
    for (const { port } of servers) {
      below ??= await serve({ port: port - 1, host: '127.0.0.1' }).catch(() => undefined);
    }
    if (below === undefined) {
      throw new Error('no port below one of ours is free');
    }
    expect(servers.map(({ port }) => port)).toContain(below.port + 1);
    expect(below.probePort).not.toBe(below.port + 1);
    await below.close();
  });
});

describe('a drain', () => {
  test('sends waiting clients away with retry, classic ones with a FIN', async () => {
    const server = await TestServer.start();
    const classic = await server.connect();
    await classic.until('first\n\0');
    const [waiting, undecided] = [await server.opener(), await server.connect()];
    const closed = server.close();
    const { afterMs } = await waiting.client.expect('retry');
    expect(afterMs).toBeGreaterThanOrEqual(1000);
    expect(afterMs).toBeLessThanOrEqual(3000);
    expect(await Promise.all([waiting.client.closed, classic.closed, undecided.closed])).toEqual([
      'end',
      'end',
      'end',
    ]);
    await closed;
    expect(classic.text).toBe('first\n\0');
    expect(server.counts().rooms).toBe(0);
  });

  test('lets a matched pair finish', async () => {
    const server = await TestServer.start({}, { drainMs: 60_000 });
    const { a, b } = await server.pair();
    const closed = server.close();
    a.client.send({ t: 'candidate', sealed: 'AAAA' });
    await b.client.expect('candidate');
    for (const { client } of [a, b]) {
      client.send({ t: 'done', outcome: 'punched' });
      client.socket.end();
    }
    await closed;
    expect(server.counts().connections).toBe(0);
  });

  test('waits a bounded time for a matched pair', async () => {
    const server = await TestServer.start({}, { drainMs: 20 });
    const { a, b } = await server.pair();
    await server.close();
    expect([await a.client.next(), await b.client.next()].map(({ t }) => t)).toContain('retry');
  });

  test('waits a bounded time for a client that does not close', async () => {
    const server = await TestServer.start({}, { drainMs: 20, lingerMs: 20 });
    const { client } = await server.opener();
    client.socket.allowHalfOpen = true;
    await server.close();
    expect(server.counts().connections).toBe(0);
  });

  test('accepts no new client', async () => {
    const server = await TestServer.start();
    const { port } = server;
    await Promise.all([server.close(), server.close()]);
    const error = await new Promise((resolve) => {
      connect({ port, host: '127.0.0.1' }).once('error', resolve);
    });
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('can be cut short', async () => {
    const server = await TestServer.start({}, { drainMs: 60_000 });
    const { a } = await server.pair();
    const closed = server.close();
    server.destroy();
    await closed;
    await a.client.closed;
    await eventually(() => expect(server.counts().connections).toBe(0));
  });
});
