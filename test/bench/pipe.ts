import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { median, type Figure } from './figure.ts';

const RUNS = 5;
/**
 * Enough for four seconds on each side. The first second goes into compiling
 * and a growing heap, on both sides of the ratio.
 */
const MEGABYTES = 2048;

const program = fileURLToPath(new URL('../../dist/punchline.cjs', import.meta.url));
const bareTls = fileURLToPath(new URL('bare-tls.ts', import.meta.url));

/**
 * The throughput of `punchline pipe` over loopback, as a ratio to TLS on a
 * socket. Both are measured as whole programs.
 */
export async function pipe(): Promise<Figure[]> {
  const ratios: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    // An empty transfer takes the time to start and connect, which is not part of the throughput.
    const bareStart = await timeBare(0);
    const oursStart = await timePipe(0);
    // Measured right after each other, because the other load of the machine changes by the second.
    const bare = (await timeBare(MEGABYTES)) - bareStart;
    const ours = (await timePipe(MEGABYTES)) - oursStart;
    process.stdout.write(`      ${rate(bare)} MB/s bare, ${rate(ours)} MB/s through us\n`);
    ratios.push(bare / ours);
  }
  return [{ name: 'pipe: throughput, ratio to bare TLS', value: median(ratios), atLeast: 0.9 }];
}

function rate(ms: number): string {
  return ((MEGABYTES * 1000) / ms).toFixed(0);
}

async function timeBare(megabytes: number): Promise<number> {
  const port = await freePort();
  const listener = feed([bareTls, `${port}`, 'listen'], 0);
  await once(listener.stderr!, 'data');
  return timed(listener, feed([bareTls, `${port}`, 'dial'], megabytes));
}

/** In ms, with the start of the programs. */
export async function timePipe(megabytes: number): Promise<number> {
  const server = spawn(process.execPath, [program, 'serve', '--port', '0', '--host', '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const { port } = JSON.parse(String(line)) as { port: number };
    const args = [
      program,
      'pipe',
      '--no-lan',
      '--code',
      '5000-velvet-orbit',
      '--server',
      `127.0.0.1:${port}`,
    ];
    const reader = feed(args, 0);
    // Waits until it has opened the room.
    for await (const text of reader.stderr!) {
      if (String(text).includes('waiting for the peer')) {
        break;
      }
    }
    return await timed(reader, feed(args, megabytes));
  } finally {
    server.kill();
  }
}

/** Starts a program with so many megabytes of zeros as stdin. Its stdout is discarded. */
function feed(args: readonly string[], megabytes: number): ChildProcess {
  const nowhere = openSync('/dev/null', 'w');
  const command = `head -c ${megabytes}M /dev/zero | exec "$@"`;
  const child = spawn('sh', ['-c', command, 'sh', process.execPath, ...args], {
    stdio: ['ignore', nowhere, 'pipe'],
  });
  closeSync(nowhere);
  return child;
}

async function timed(...children: readonly ChildProcess[]): Promise<number> {
  const startedAt = performance.now();
  for (const child of children) {
    child.stderr?.resume();
  }
  const exits = await Promise.all(children.map((child) => once(child, 'exit')));
  const ms = performance.now() - startedAt;
  if (exits.some(([code]) => code !== 0)) {
    throw new Error(`a transfer ended with ${JSON.stringify(exits)}`);
  }
  return ms;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
