import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { base64url, joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { ask, certificate, openWebSocket, overTls, overWebSocket } from '../../helpers/servers/web-client.ts';
import { WireClient } from '../../helpers/servers/wire-client.ts';
import { usedBytes } from '../../helpers/steps/held-bytes.ts';

const both = [
  ['in the clear', false],
  ['in TLS', true],
] as const;

function start(options: Parameters<typeof TestServer.start>[0] = {}, limits = {}) {
  return TestServer.start({ certificate, ...options }, limits);
}

/** A client that waits in a room of its own. */
async function waiting(client: WireClient, number = 4711) {
  const message = joinMessage({ number });
  client.send(message);
  return { message, waiting: await client.expect('waiting') };
}

describe('on one port', () => {
  test('the rendezvous is there over TCP, TLS, and WebSockets in both, for each other', async () => {
    const server = await start();
    const ways = [
      () => server.connect(),
      async () => WireClient.over(await overTls(server)),
      async () => (await overWebSocket(server, false)).client,
      async () => (await overWebSocket(server, true)).client,
    ];
    for (const [index, way] of ways.entries()) {
      const one = await way();
      const { you } = (await waiting(one, 2000 + index)).waiting;
      expect(you).toMatchObject({ address: '127.0.0.1' });
      const other = await ways[(index + 1) % ways.length]!();
      other.send(joinMessage({ number: 2000 + index }));
      expect((await other.expect('matched')).peer.mapped).toEqual(you);
      expect(await one.expect('matched')).toMatchObject({ role: 'b' });
    }
  });

  test.each(both)('its health is told over HTTP %s, and nothing else', async (_, isSecure) => {
    const server = await start();
    expect(await ask(server, isSecure, '/healthz')).toEqual({ status: 200, body: 'ok\n' });
    expect(await ask(server, isSecure, '/healthz?probe')).toMatchObject({ status: 200 });
    expect(await ask(server, isSecure, '/healthz', { method: 'HEAD' })).toEqual({ status: 200, body: '' });
    expect(await ask(server, isSecure, '/healthz', { method: 'POST' })).toMatchObject({ status: 405 });
    expect(await ask(server, isSecure, '/')).toMatchObject({ status: 404 });
    expect(await ask(server, isSecure, '/punchline/1')).toMatchObject({ status: 426 });
  });

  test('a silent client is classic in the clear, and nobody in TLS', async () => {
    const server = await start({}, { classicSilenceMs: 50, firstLineMs: 100 });
    const classic = await server.connect();
    await classic.until('first');
    const secure = await overTls(server);
    await once(secure, 'close');
    expect(secure.bytesRead).toBe(0);
  });

  test('without a certificate TLS is a bad first line', async () => {
    const server = await TestServer.start();
    const client = await server.connect();
    client.socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x0a]));
    expect(await client.expect('error')).toMatchObject({ code: 'ERR_PROTOCOL' });
  });

  test.each([
    ['a handshake that does not go on', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
    ['half a request', 'GET /healthz HTTP/1.1\r\n'],
    ['the first letter of one', 'G'],
  ])('%s is dropped in time', async (_, bytes) => {
    const server = await start({}, { firstLineMs: 100 });
    const socket = connectTcp({ port: server.port, host: '127.0.0.1' });
    onTestFinished(() => void socket.destroy());
    socket.write(bytes);
    await once(socket.resume(), 'close');
    await eventually(() => expect(server.counts().connections).toBe(0));
  });

  test.each([
    ['no request', 'GET \0\r\n\r\n'],
    ['a head that is too long', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`],
  ])('%s is answered with 400', async (_, bytes) => {
    const server = await start();
    const client = await server.connect();
    client.socket.write(bytes);
    await client.until('HTTP/1.1 400 Bad Request');
    expect(await client.closed).toBe('end');
  });
});

describe('a WebSocket', () => {
  test.each([
    ['from a web page', '/punchline/1', { origin: 'https://example.org' }, 403],
    ['at another path', '/punchline/2', {}, 404],
    ['with a query', '/punchline/1?x', {}, 404],
  ])('%s is refused', async (_, path, headers, status) => {
    const server = await start();
    const upgrade = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': randomBytes(16).toString('base64'),
    };
    expect(await ask(server, true, path, { headers: { ...upgrade, ...headers } })).toMatchObject({ status });
  });

  test('carries lines however they are cut into messages', async () => {
    const server = await start();
    const webSocket = await openWebSocket(server, true);
    const heard: string[] = [];
    webSocket.on('message', (bytes: Buffer, isBinary) => heard.push(`${isBinary}: ${bytes.toString()}`));
    const lines = '{"t":"ping"}\n{"t":"ping"}\n';
    for (const character of lines) {
      webSocket.send(Buffer.from(character), { binary: true });
    }
    webSocket.send(Buffer.alloc(0), { binary: true });
    await eventually(() => expect(heard.join('').match(/\{"t":"pong"\}\n/g)).toHaveLength(2));
    expect(heard.every((one) => one.startsWith('true: '))).toBe(true);
  });

  test.each([
    ['text', '{"t":"ping"}\n', 1003],
    ['more than 64 KiB in a message', Buffer.alloc(65_537, 0x20), 1009],
  ])('with %s is closed', async (_, message, code) => {
    const server = await start();
    const webSocket = await openWebSocket(server, true);
    webSocket.on('error', () => undefined);
    webSocket.send(message);
    const [closed] = await once(webSocket, 'close');
    expect(closed).toBe(code);
    await eventually(() => expect(server.counts().connections).toBe(0));
  });

  test.each(['ping', 'pong', 'empty'] as const)(
    'that sends nothing but many a %s is dropped',
    async (kind) => {
      const server = await start();
      const webSocket = await openWebSocket(server, false);
      webSocket.on('error', () => undefined);
      let answers = 0;
      webSocket.on('pong', () => (answers += 1));
      for (let n = 0; n < 1000; n += 1) {
        if (kind === 'empty') {
          webSocket.send(Buffer.alloc(0));
        } else {
          webSocket[kind]();
        }
      }
      await once(webSocket, 'close');
      expect(answers).toBeLessThanOrEqual(100);
    },
  );

  test('is pinged, and answers pings', async () => {
    const server = await start({}, { pingMs: 20 });
    const { client, webSocket } = await overWebSocket(server, true);
    await waiting(client);
    await client.until('"ping"');
    webSocket.ping('are you there');
    const [payload] = await once(webSocket, 'pong');
    expect(String(payload)).toBe('are you there');
  });

  test('ends with an error in words, and in order', async () => {
    const server = await start();
    const { client, webSocket } = await overWebSocket(server, true);
    client.socket.write('no line\n');
    expect(await client.expect('error')).toMatchObject({ code: 'ERR_PROTOCOL' });
    const [code] = await once(webSocket, 'close');
    expect(code).toBe(1000);
  });
});

/** Two clients that were matched, and have asked to be relayed. */
async function relayed(one: WireClient, other: WireClient) {
  one.send(joinMessage({ number: 5000 }));
  await one.expect('waiting');
  other.send(joinMessage({ number: 5000 }));
  await Promise.all([one.expect('matched'), other.expect('matched')]);
  one.send({ t: 'relay' });
  other.send({ t: 'relay' });
  await Promise.all([one.expect('relaying'), other.expect('relaying')]);
}

/** A message of a WebSocket is bounded. */
function writeInPieces({ socket }: WireClient, bytes: Buffer) {
  for (let from = 0; from < bytes.length; from += 65_536) {
    socket.write(bytes.subarray(from, from + 65_536));
  }
}

describe('a relayed pair', () => {
  test.each([
    ['of two WebSockets', true],
    ['of a WebSocket and a TCP connection', false],
  ])('%s gets every byte, and then the end', async (_, isWeb) => {
    const server = await start({}, { relayBytesPerSecond: Infinity });
    const { client: one } = await overWebSocket(server, true);
    const other = isWeb ? (await overWebSocket(server, false)).client : await server.connect();
    await relayed(one, other);
    const [there, back] = [randomBytes(3_000_000), randomBytes(2_000_000)];
    const [before, beforeBack] = [other.received.length, one.received.length];
    writeInPieces(one, there);
    writeInPieces(other, back);
    await eventually(() => {
      expect(other.received.length - before).toBe(there.length);
      expect(one.received.length - beforeBack).toBe(back.length);
    });
    expect(other.received.subarray(before).equals(there)).toBe(true);
    expect(one.received.subarray(beforeBack).equals(back)).toBe(true);
    one.socket.end('goodbye');
    await other.until('goodbye');
    expect(await other.closed).toBe('end');
    other.socket.end();
    await eventually(() => expect(server.counts()).toMatchObject({ connections: 0, relays: 0 }));
  });

  test('in which one side does not read holds up the other, and keeps little here', async () => {
    const server = await start({}, { relayBytesPerSecond: Infinity });
    const { client: one, webSocket } = await overWebSocket(server, true);
    const { client: other, webSocket: theirs } = await overWebSocket(server, true);
    await relayed(one, other);
    theirs.pause();
    const whole = 200_000_000;
    const before = await usedBytes();
    let written = 0;
    const chunk = Buffer.alloc(65_536);
    while (written < whole && webSocket.bufferedAmount < 8_000_000) {
      webSocket.send(chunk);
      written += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // What the system's buffers take, and not all.
    expect(written).toBeLessThan(whole);
    const held = (await usedBytes()) - before;
    // The sender's own queue of 8 MB is a part of it. What waits for a collection does not count.
    expect(held).toBeLessThan(16_000_000);
  });
});

describe('behind a reverse proxy', () => {
  const trusted = { forwarded: ['127.0.0.9/32'] };
  const localAddress = '127.0.0.9';

  function through(server: TestServer, forwarded?: string) {
    const headers = forwarded === undefined ? {} : { forwarded };
    return overWebSocket(server, false, { localAddress, headers });
  }

  test('the endpoint of a client is the one that the proxy tells', async () => {
    const server = await start(trusted);
    const { client } = await through(server, 'for="192.0.2.60:4711"');
    expect((await waiting(client)).waiting.you).toMatchObject({ address: '192.0.2.60', port: 4711 });
  });

  test.each([['for=192.0.2.60'], ['for=unknown'], [undefined]])(
    'there is none where the proxy tells %j',
    async (forwarded) => {
      const server = await start(trusted);
      const { client } = await through(server, forwarded);
      client.send({ t: 'open', v: 1, client: base64url(16) });
      expect(await client.expect('opened')).not.toHaveProperty('you');
      expect((await waiting(client)).waiting).not.toHaveProperty('you');
      const peer = await server.connect();
      peer.send(joinMessage({ number: 4711 }));
      expect((await peer.expect('matched')).peer).not.toHaveProperty('mapped');
    },
  );

  test('a client that is not mapped is not observed, and not dialled', async () => {
    const server = await start(trusted);
    for (const question of [
      { t: 'observe', v: 1 },
      { t: 'dial-back', from: 'port' },
    ] as const) {
      const { client } = await through(server, 'for=192.0.2.60');
      client.send(question);
      expect(await client.expect('error')).toMatchObject({ code: 'ERR_PROTOCOL' });
    }
  });

  test('the limits are those of the client, and not of the proxy', async () => {
    const server = await start(trusted, { maxConnectionsPerAddress: 1 });
    const { client: first } = await through(server, 'for="192.0.2.60:1000"');
    await waiting(first, 6001);
    const { client: second } = await through(server, 'for="192.0.2.61:1000"');
    await waiting(second, 6002);
    const { client: third } = await through(server, 'for="192.0.2.60:2000"');
    expect(await third.expect('error')).toMatchObject({ code: 'ERR_RENDEZVOUS_REFUSED' });
  });

  test('nobody else is believed', async () => {
    const server = await start(trusted);
    const { client } = await overWebSocket(server, false, {
      headers: { forwarded: 'for="192.0.2.60:4711"' },
    });
    expect((await waiting(client)).waiting.you).toMatchObject({ address: '127.0.0.1' });
  });

  test('the proxy itself may ask for the health, and may not be an old program', async () => {
    const server = await start(trusted, {
      classicSilenceMs: 20,
      firstLineMs: 100,
      maxConnectionsPerAddress: 1,
    });
    const silent = await server.connect('127.0.0.1', 0, localAddress);
    expect(await silent.closed).toBe('end');
    expect(silent.text).toBe('');
  });
});

test('a certificate is taken over while the server runs, and one that is none is refused', async () => {
  const server = await start();
  const before = await overTls(server);
  expect(() => server.useCertificate({ cert: 'none', key: 'none' })).toThrow(
    /the certificate and its key cannot be used/,
  );
  server.useCertificate(certificate);
  const after = await overTls(server);
  expect(after.getPeerX509Certificate()?.fingerprint).toBe(before.getPeerX509Certificate()?.fingerprint);
});

test('a drain sends WebSockets away in words, and drops who has not said what it wants', async () => {
  const server = await start({}, { returnMs: 60_000 });
  const { client, webSocket } = await overWebSocket(server, true);
  await waiting(client);
  const secure = await overTls(server);
  const closed = server.close();
  expect(await client.expect('retry')).toMatchObject({ t: 'retry' });
  await Promise.all([once(webSocket, 'close'), once(secure, 'close'), closed]);
});
