import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { median, type Figure } from './figure.ts';

const RUNS = 5;
const BYTES = 1_000_000_000;

/**
 * Without this, V8's young generation grows by 67 MB under any load, which
 * would hide what the program keeps: see memory.ts.
 */
const smallNursery = '--max-semi-space-size=1';

const program = fileURLToPath(new URL('../../dist/punchline.cjs', import.meta.url));

/**
 * The time of a file of 1 GB over loopback, as a ratio to the same bytes
 * through `punchline pipe` from and into files; and how much more memory both
 * ends hold than before.
 */
export async function file(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-bench-'));
  const server = spawn(process.execPath, [program, 'serve', '--port', '0', '--host', '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const { port } = JSON.parse(String(line)) as { port: number };
    const options = ['--no-lan', '--code', '5000-velvet-orbit', '--server', `127.0.0.1:${port}`];
    const source = join(folder, 'source');
    writeFileSync(source, '');
    truncateSync(source, BYTES);
    const ratios: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      // Measured right after each other, because the other load of the machine changes by the second.
      const through = await pipeMs(options, source, folder);
      const { ms } = await transfer(options, source, folder);
      process.stdout.write(`      ${rate(through)} MB/s through a pipe, ${rate(ms)} MB/s as a file\n`);
      ratios.push(through / ms);
    }
    const { grownMb } = await transfer(options, source, folder, [smallNursery]);
    return [
      { name: 'file: throughput, ratio to pipe', value: median(ratios), atLeast: 0.9 },
      { name: 'file: memory above idle, MB', value: grownMb, atMost: 60 },
    ];
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function rate(ms: number): string {
  return (BYTES / 1000 / ms).toFixed(0);
}

/** The time from the connection to the last byte. */
async function pipeMs(options: readonly string[], source: string, folder: string): Promise<number> {
  const target = join(folder, 'piped');
  const [from, to, nothing] = [openSync(source, 'r'), openSync(target, 'w'), openSync('/dev/null', 'r')];
  function begin(stdio: [number, number]) {
    return spawn(process.execPath, [program, 'pipe', ...options], { stdio: [...stdio, 'pipe'] });
  }
  const reader = begin([nothing, to]);
  await said(reader, 'waiting for the peer');
  const writer = begin([from, nothing]);
  for (const one of [from, to, nothing]) {
    closeSync(one);
  }
  await said(writer, 'encrypted');
  const begunAt = performance.now();
  await Promise.all([reader, writer].map((child) => once(child, 'exit')));
  const ms = performance.now() - begunAt;
  unlinkSync(target);
  return ms;
}

async function said(child: ChildProcess, text: string): Promise<void> {
  let all = '';
  child.stderr!.setEncoding('utf8');
  await new Promise<void>((resolve) => {
    child.stderr!.on('data', (chunk: string) => {
      all += chunk;
      if (all.includes(text)) {
        resolve();
      }
    });
  });
}

async function transfer(
  options: readonly string[],
  source: string,
  folder: string,
  nodeOptions: readonly string[] = [],
) {
  function startChat(more: readonly string[]) {
    return start([...nodeOptions, program, 'chat', '--json', ...options, ...more]);
  }
  const receiver = startChat(['--accept-files', folder]);
  await receiver.until('"state":"waiting"');
  const sender = startChat(['--send', source]);
  const chats = [receiver, sender];
  try {
    await Promise.all(chats.map((chat) => chat.until('"event":"connected"')));
    await sender.until('"state":"accepted"');
    const begunAt = performance.now();
    const idle = chats.map(({ child }) => residentMb(child));
    const most = [...idle];
    const watch = setInterval(() => {
      for (const [n, { child }] of chats.entries()) {
        most[n] = Math.max(most[n] ?? 0, residentMb(child));
      }
    }, 50);
    await sender.until('"state":"done"');
    clearInterval(watch);
    const ms = performance.now() - begunAt;
    return { ms, grownMb: Math.max(...most.map((mb, n) => mb - (idle[n] ?? 0))) };
  } finally {
    for (const { child } of chats) {
      child.kill('SIGKILL');
    }
    rmSync(join(folder, 'source (1)'), { force: true });
  }
}

function start(args: readonly string[]) {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  let all = '';
  const looks = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    all += chunk;
    for (const look of looks) {
      look();
    }
  });
  function until(text: string) {
    return new Promise<void>((resolve) => {
      function look() {
        if (!all.includes(text)) {
          return;
        }
        looks.delete(look);
        resolve();
      }
      looks.add(look);
      look();
    });
  }
  return { child, until };
}

/** The process's memory as the system counts it (Linux). */
function residentMb({ pid }: ChildProcess): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1000;
}
