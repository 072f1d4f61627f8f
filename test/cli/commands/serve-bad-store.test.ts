import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, onTestFinished, test, vi, type TestContext } from 'vitest';
import { runLine } from '../../../source/cli/run-line.ts';
import { redisOrSkip } from '../../helpers/servers/redis-server.ts';
import { freePort } from '../../helpers/servers/free-port.ts';
import { startPunchline, startServer } from '../../helpers/programs/punchline.ts';
import { defaultLimits } from '../../../source/server/limits.ts';
import { joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { WireClient } from '../../helpers/servers/wire-client.ts';

function pem(name: string) {
  return fileURLToPath(new URL(`../../helpers/servers/${name}.pem`, import.meta.url));
}

/** Starts a Redis with a certificate for `localhost`. Resolves with its port for TLS. */
async function tlsOrSkip(context: TestContext): Promise<number> {
  const port = await freePort();
  const files = ['--tls-cert-file', pem('certificate'), '--tls-key-file', pem('certificate-key')];
  await redisOrSkip(context, ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no']);
  return port;
}

const trusting = { NODE_EXTRA_CA_CERTS: pem('certificate') };

function words(store: string) {
  return ['serve', '--port', '0', '--host', '127.0.0.1', '--store', store];
}

/** How `serve` ends, which would not end if it listened. No process is needed for that. */
async function refused(store: string) {
  vi.stubEnv('XDG_CONFIG_HOME', '/nonexistent');
  const { complaint, exitCode } = await runLine(words(store));
  return { code: exitCode, stderr: complaint };
}

afterEach(() => void vi.unstubAllEnvs());

/** A server that is not a Redis, or a strange one. */
async function stranger(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    server.close();
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers every command with the same bytes. */
function saying(answer: string) {
  return stranger((socket) => {
    socket.on('data', () => void socket.write(answer));
  });
}

function bulk(text: string) {
  return `$${text.length}\r\n${text}\r\n`;
}

describe('serve with an unusable store ends with a sentence and', () => {
  test('exit 2 if it was mistyped', async () => {
    const { code, stderr } = await refused('redis//store.example');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("--store 'redis//store.example' is not the URL of a store"),
    ]);
  });

  test('exit 3 if nobody listens, and says nothing on stdout', async () => {
    const { code, stdout, stderr } = await startPunchline(words('redis://127.0.0.1:1')).ended();
    expect({ code, stdout, stderr }).toEqual({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('cannot be reached: it refused the connection'),
    });
    expect(stderr).not.toContain(' at ');
  });

  test.each([
    ['it never answers', () => stranger(() => undefined), 'no answer within 10000 ms'],
    ['it hangs up', () => stranger((socket) => socket.destroy()), 'cannot be reached'],
    ['it is of another kind', () => saying('HTTP/1.1 400 Bad Request\r\n\r\n'), 'the store redis://'],
    ['it is older', () => saying(bulk('redis_version:5.0.14\r\n')), 'is Redis 5.0, older than 6.2'],
    ['it only has errors', () => saying('-ERR no such thing\r\n'), 'refuses: ERR no such thing'],
    [
      'it is loading',
      () => saying('-LOADING Redis is loading the dataset in memory\r\n'),
      'is still loading its data',
    ],
  ])('exit 3 if %s', async (_, store, sentence) => {
    const { code, stderr } = await refused(await store());
    expect([code, stderr]).toEqual([3, expect.stringContaining(sentence)]);
    expect(stderr).not.toContain(' at ');
  });

  test.for([
    ['it asks for a password', ['--requirepass', 'secret'], '', 'asks for a password'],
    [
      'the password is another',
      ['--requirepass', 'secret'],
      ':wrong@',
      'does not take this user and password',
    ],
    ['it is full', ['--maxmemory', '1'], '', 'is full'],
    ['it is a read-only replica', ['--replicaof', '127.0.0.1 1'], '', 'read-only replica'],
  ] as const)('exit 3 if %s', async ([, options, user, sentence], context) => {
    const redis = await redisOrSkip(context, options);
    const { code, stderr } = await refused(`redis://${user}127.0.0.1:${redis.port}`);
    expect([code, stderr]).toEqual([3, expect.stringContaining(sentence)]);
    expect(stderr).not.toContain('wrong');
  });

  test.for([
    [
      'its certificate is not trusted',
      'rediss://localhost',
      'that is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
    ],
    ['it speaks TLS', 'redis://127.0.0.1', 'cannot be reached'],
  ] as const)('exit 3 if %s', async ([, url, sentence], context) => {
    const { code, stderr } = await refused(`${url}:${await tlsOrSkip(context)}`);
    expect([code, stderr]).toEqual([3, expect.stringContaining(sentence)]);
    expect(stderr).not.toContain(' at ');
  });

  test("exit 3 if its certificate is another's", async (context) => {
    // Node reads whom to trust when a process starts.
    const store = `rediss://127.0.0.1:${await tlsOrSkip(context)}`;
    const { code, stderr, stdout } = await startPunchline(words(store), { env: trusting }).ended();
    expect({ code, stdout, stderr }).toEqual({
      code: 3,
      stdout: '',
      stderr: expect.stringContaining('that is not trusted (ERR_TLS_CERT_ALTNAME_INVALID)'),
    });
    expect(stderr).not.toContain(' at ');
  });

  test('exit 3 if it speaks no TLS', async (context) => {
    const redis = await redisOrSkip(context);
    const { code, stderr } = await refused(`rediss://127.0.0.1:${redis.port}`);
    expect([code, stderr]).toEqual([3, expect.stringContaining('cannot be reached')]);
    expect(stderr).toContain('With TLS it is rediss://, without it redis://.');
  });

  test('exit 3 if servers of another version use it', async (context) => {
    const redis = await redisOrSkip(context);
    const client = await redis.client();
    await client.set('punchline:space', JSON.stringify({ version: 2, id: 'x', limits: {} }));
    const { code, stderr } = await refused(redis.url);
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining('is used by another version (2) of this program'),
    ]);
  });
});

describe('serve', () => {
  test('shares its rooms in a store with TLS', async (context) => {
    const store = `rediss://localhost:${await tlsOrSkip(context)}`;
    const [first, second] = await Promise.all(
      [1, 2].map(() => startServer(['--store', store], { env: trusting })),
    );
    const clients = [];
    for (const server of [first, second]) {
      const client = await WireClient.connect(server?.port ?? 0);
      onTestFinished(() => void client.socket.destroy());
      client.send(joinMessage({ number: 1000 }));
      clients.push(client);
      if (clients.length === 1) {
        await client.expect('waiting');
      }
    }
    for (const client of clients) {
      expect(await client.expect('matched')).toHaveProperty('session');
    }
  });

  test('warns if another server of its store has other limits', async (context) => {
    const redis = await redisOrSkip(context);
    const client = await redis.client();
    await TestServer.start({ store: redis.url });
    const space = JSON.parse((await client.get('punchline:space')) ?? '') as { limits: object };
    await client.set(
      'punchline:space',
      JSON.stringify({ ...space, limits: { ...defaultLimits, returnMs: 5 } }),
    );
    const other = await startServer(['--store', redis.url]);
    const [warning] = await other.process.waitForText(/.*another server of this store has other limits.*/);
    expect(warning).toContain('returnMs: 600000 here, 5 there');
  });

  test('holds new clients for 5 s while its store is full, then refuses them, and goes on when there is room', async (context) => {
    const redis = await redisOrSkip(context);
    const client = await redis.client();
    const server = await startServer(['--store', redis.url]);
    async function join() {
      const one = await WireClient.connect(server.port);
      onTestFinished(() => void one.socket.destroy());
      one.send(joinMessage({ number: 1000 }));
      return one;
    }
    await client.configSet('maxmemory', '1');
    const early = await join();
    await server.process.waitForText(/is full \(maxmemory\)/);
    expect(await early.expect('error')).toMatchObject({
      code: 'ERR_RENDEZVOUS_REFUSED',
      message: 'the store that this rendezvous needs does not answer',
    });
    await client.configSet('maxmemory', '0');
    await (await join()).expect('waiting');
    expect(server.process.stderr).toContain('the store is back');
  });

  test('answers late what it was asked while its store did not answer for some seconds', async (context) => {
    const redis = await redisOrSkip(context);
    const server = await TestServer.start({ store: redis.url });
    const client = await redis.client();
    await client.sendCommand(['CLIENT', 'PAUSE', '4000']);
    const one = await server.connect();
    one.send(joinMessage({ number: 1000 }));
    expect(await one.expect('waiting')).toHaveProperty('you');
  });
});
