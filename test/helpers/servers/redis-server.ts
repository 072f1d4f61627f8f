import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createClient } from '@redis/client';
import { freePort } from './free-port.ts';
import { skipWithout, type Owner } from '../skip-without.ts';

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** A client to inspect it, and to do what an operator may do. */
  client(): Promise<RedisClient>;
  /** Kills it like a crash. Its data is lost unless it was told to save. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  start(): Promise<void>;
  close(): Promise<void>;
}

export type RedisClient = ReturnType<typeof newClient>;

function newClient(url: string) {
  return createClient({ url, RESP: 2, socket: { reconnectStrategy: false } });
}

/** Why there is no real store to test with. Undefined if there is one. */
export function missingRedis(): string | undefined {
  const isHere = (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, 'redis-server')));
  return isHere ? undefined : 'redis-server is not installed (Debian package redis-server)';
}

/** Starts a redis-server that ends with the test. The test is skipped if there is none. */
export async function redisOrSkip(context: Owner, options: readonly string[] = []): Promise<RedisServer> {
  const reason = missingRedis();
  if (reason !== undefined) {
    return skipWithout(context, reason);
  }
  const redis = await startRedis(options);
  context.onTestFinished(() => redis.close());
  return redis;
}

/** Starts a real redis-server on a free port of loopback, which saves nothing. The caller closes it. */
export async function startRedis(options: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-redis-'));
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const clients: RedisClient[] = [];
  async function start() {
    const started = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder, ...options],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    child = started;
    let said = '';
    const ready = new Promise<void>((resolve, reject) => {
      started.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('Ready to accept connections')) {
          resolve();
        }
      });
      started.once('error', reject);
      started.once('exit', () => reject(new Error(`redis-server has ended: ${said}`)));
    });
    await ready;
  }
  async function kill() {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
  await start();
  return {
    port,
    url,
    client: async () => {
      const client = newClient(url);
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
    kill,
    start,
    close: async () => {
      for (const client of clients) {
        if (client.isOpen) {
          client.destroy();
        }
      }
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
