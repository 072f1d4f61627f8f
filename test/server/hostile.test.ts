import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Limits } from '../../source/server/limits.ts';
import { eventually } from '../helpers/eventually.ts';
import { TestServer, base64url, joinMessage } from '../helpers/servers/rendezvous-server.ts';

/** Two clients can still be matched. */
async function isAlive(server: TestServer): Promise<boolean> {
  const { a, b } = await server.pair();
  return a.matched.session === b.matched.session;
}

describe('a client that sends', () => {
  test.each<[string, string | Buffer]>([
    ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x0a])],
    ['an empty line', '\n'],
    ['a NUL', '\0\n'],
    ['no object', '[]\n'],
    ['an unknown type', '{"t":"hello"}\n'],
    ["a server's message", '{"t":"pong"}\n{"t":"opened","number":1}\n'],
    ['invalid UTF-8', Buffer.from([0xc3, 0x28, 0x0a])],
    ['another version', '{"t":"open","v":2,"client":""}\n'],
    ['a candidate before a match', '{"t":"candidate","sealed":"AAAA"}\n'],
    ['a round before a match', '{"t":"round","n":1}\n'],
    ['1 MB without a newline', Buffer.alloc(1_000_000, 'x')],
    ['a line that is just too long', `${'x'.repeat(8193)}\n`],
    ['deep JSON', `${'['.repeat(8000)}\n`],
  ])('%s gets one error and a close, without a reset', async (_, bytes) => {
    const server = await TestServer.start();
    const client = await server.connect();
    client.socket.write(bytes);
    const error = await client.expect('error');
    expect(error.code).toBe('ERR_PROTOCOL');
    expect(error.message).toMatch(/^[ -~…]{5,200}$/);
    expect(await client.closed).toBe('end');
    expect(client.text.match(/error/g)).toHaveLength(1);
    expect(await isAlive(server)).toBe(true);
  });

  test('a second open gets an error: one connection has one room', async () => {
    const server = await TestServer.start();
    const { client, join } = await server.opener();
    client.send({ t: 'open', v: 1, client: join.client });
    expect(await client.expect('error')).toMatchObject({ code: 'ERR_PROTOCOL' });
  });

  test('half a line gets an error when its time is over', async () => {
    const server = await TestServer.start({}, { firstLineMs: 50 });
    const client = await server.connect();
    client.socket.write('{"t":"op');
    expect((await client.expect('error')).message).toContain('no complete line');
    expect(await client.closed).toBe('end');
  });

  test('half a line and then a FIN, or a reset, leaves nothing behind', async () => {
    const server = await TestServer.start();
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const client = await server.connect();
      client.socket.write('{"t":"op');
      client.socket[leave]();
      await once(client.socket, 'close');
    }
    await server.settled();
    expect(await isAlive(server)).toBe(true);
  });

  test.each<[string, Partial<Limits>]>([
    ['each', { lingerBytes: 100_000 }],
    ['all', { lingerBytes: Infinity, lingerBytesPerSecond: 1 }],
  ])('a flood after its error is read for a bounded number of bytes of %s', async (_, limits) => {
    const server = await TestServer.start({}, { lingerMs: 60_000, ...limits });
    const client = await server.connect();
    // Without this, Node would end our side when the server ends its own.
    client.socket.allowHalfOpen = true;
    // The server's FIN may be read before its RST, so that `closed` tells the one or the other.
    const failed = new Promise((resolve) => client.socket.once('error', resolve));
    const flood = Buffer.alloc(65_536, 'x');
    function pour() {
      if (client.socket.writable) {
        client.socket.write(flood, pour);
      }
    }
    pour();
    expect(await failed).toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) });
    await server.settled();
  });

  test('a few lines behind the bad one are read to the end, however much others send', async () => {
    const server = await TestServer.start({}, { lingerBytesPerSecond: 0 });
    // The first one uses up what all connections together may send.
    for (let n = 0; n < 2; n += 1) {
      const client = await server.connect();
      client.socket.allowHalfOpen = true;
      client.socket.write('bad\n');
      await client.expect('error');
      const closed = once(client.socket, 'close');
      for (let line = 0; line < 100; line += 1) {
        client.socket.write('{"t":"ping"}\n'.repeat(10));
        await new Promise(setImmediate);
      }
      client.socket.end();
      const hadError = false;
      expect(await closed).toEqual([hadError]);
    }
  });

  test('arbitrary bytes never end the server', async () => {
    const server = await TestServer.start({}, { firstLineMs: 20 });
    const start = JSON.stringify(joinMessage({ number: 1000 }));
    for (let count = 0; count < 100; count += 1) {
      const client = await server.connect();
      const cut = Math.floor(Math.random() * start.length);
      client.socket.on('error', () => {});
      client.socket.write(
        Buffer.concat([Buffer.from(start.slice(0, cut)), randomBytes(count), Buffer.from('\n')]),
      );
      if (count % 3 === 0) {
        client.socket.resetAndDestroy();
      }
    }
    expect(await isAlive(server)).toBe(true);
  });
});

test('a client that does not read is dropped, and its peer is told', async () => {
  // Without this, it would take long until the system's own buffers are full.
  const server = await TestServer.start({}, { lineBurst: Infinity, addressLineBurst: Infinity });
  const { a, b } = await server.pair();
  b.client.socket.pause();
  const line = `${JSON.stringify({ t: 'candidate', sealed: base64url(4500) })}\n`;
  const gone = a.client.expect('error');
  function pour() {
    if (a.client.socket.writable) {
      a.client.socket.write(line.repeat(20), pour);
    }
  }
  a.client.socket.on('error', () => {});
  pour();
  expect(await gone).toMatchObject({ code: 'ERR_PEER_LEFT' });
  b.client.socket.destroy();
});

test('lines that are split at any byte, or come all at once, are read the same', async () => {
  const server = await TestServer.start();
  const client = await server.connect();
  const id = base64url(16);
  const lines = Buffer.from(
    `${JSON.stringify({ t: 'open', v: 1, client: id })}\r\n${JSON.stringify(joinMessage({ number: 1, client: id }))}\n`,
  );
  for (const byte of lines) {
    client.socket.write(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
  await client.expect('opened');
  await client.expect('waiting');
  client.socket.end();
  await eventually(() => expect(server.counts().rooms).toBe(0));
  const other = await server.connect();
  other.socket.write(lines.toString().replaceAll('"number":1', '"number":2'));
  await other.expect('opened');
  await other.expect('waiting');
});
