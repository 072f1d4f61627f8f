/** The programs that are compared. Each carries the same bytes from the side that came first to the one that came second. */
import { watch } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Host, HostProcess } from '../../../source/lab/host.ts';
import { bareEnvironment } from '../../helpers/programs/bare-environment.ts';
import type { Installed } from './install.ts';

/** The hosts of a lab, and the file that is carried. */
export interface Task {
  readonly first: Host;
  readonly second: Host;
  readonly rendezvous: Host;
  readonly file: string;
  readonly bytes: Buffer;
  readonly installed: Installed;
  /** Another one in each run, of three digits and two words. */
  readonly code: string;
}

export interface Transfer {
  /** From the start of the second program to the first byte, and to the last. Infinity if it did not come. */
  readonly firstByteMs: number;
  readonly lastByteMs: number;
  readonly way: 'direct' | 'server' | 'none';
}

export interface Contender {
  readonly name: keyof Installed['versions'];
  /** Starts what it needs in the host of the rendezvous. That ends with the lab. */
  serve(task: Task): Promise<void>;
  /** Starts the first side. Resolves when it waits for the second. */
  wait(task: Task): Promise<HostProcess>;
  /** Starts the second side, and follows it until all has arrived or it ends. */
  take(task: Task, over: AbortSignal): Promise<Transfer>;
}

const failed: Transfer = { firstByteMs: Infinity, lastByteMs: Infinity, way: 'none' };
const punchline = fileURLToPath(new URL('../../../dist/punchline.cjs', import.meta.url));
const hyperbeamSide = fileURLToPath(new URL('hyperbeam-side.cjs', import.meta.url));
const dhtNodes = fileURLToPath(new URL('dht-nodes.cjs', import.meta.url));
const PORT = 8877;
const MAILBOX_PORT = 4000;
const TRANSIT_PORT = 4001;
const BOOTSTRAP_PORT = 49_737;
/** A client of the DHT compares what several nodes see of it. */
const DHT_NODES = 8;

/** Runs a program in a host, with this input, and resolves when it has said this. Rejects if it ends before. */
async function started(
  host: Host,
  argv: readonly string[],
  said: RegExp,
  env: NodeJS.ProcessEnv = bareEnvironment,
  input?: Buffer,
): Promise<HostProcess> {
  const child = host.spawn(argv, { env });
  if (input !== undefined) {
    child.stdin.end(input);
  }
  let text = '';
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        text += String(data);
        if (said.test(text)) {
          resolve();
        }
      });
    }
    void child.exited.then(() => reject(new Error(`${argv.join(' ')} has ended: ${text}`)));
  });
  return child;
}

/** Follows the stdout of a second side. `wayOf` reads the way from its stderr. */
async function followed(
  { second, bytes }: Task,
  argv: readonly string[],
  over: AbortSignal,
  wayOf: (said: string) => Transfer['way'],
): Promise<Transfer> {
  const startedAt = performance.now();
  const child = second.spawn(argv, { env: bareEnvironment });
  const chunks: Buffer[] = [];
  let said = '';
  let received = 0;
  let [firstByteMs, lastByteMs] = [Infinity, Infinity];
  child.stderr.on('data', (data) => {
    said += String(data);
  });
  const whole = new Promise<void>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      firstByteMs = Math.min(firstByteMs, performance.now() - startedAt);
      chunks.push(data);
      received += data.length;
      if (received >= bytes.length) {
        lastByteMs = performance.now() - startedAt;
        resolve();
      }
    });
    over.addEventListener('abort', () => resolve(), { once: true });
    void child.exited.then(() => resolve());
  });
  await whole;
  child.kill('SIGKILL');
  await child.exited;
  return Buffer.concat(chunks).equals(bytes) ? { firstByteMs, lastByteMs, way: wayOf(said) } : failed;
}

function pipeWords({ rendezvous, code }: Task): string[] {
  return [
    process.execPath,
    punchline,
    'pipe',
    '--server',
    `${rendezvous.addresses[0]}:${PORT}`,
    '--code',
    `1${code}`,
  ];
}

const pipes: Contender = {
  name: 'punchline',
  async serve({ rendezvous }) {
    await started(rendezvous, [process.execPath, punchline, 'serve', '--port', `${PORT}`], /listening/);
  },
  wait: (task) => started(task.first, pipeWords(task), /waiting for the peer/, bareEnvironment, task.bytes),
  take: (task, over) =>
    followed(task, pipeWords(task), over, (said) => (/by the relay/.test(said) ? 'server' : 'direct')),
};

function beamWords({ installed, rendezvous, code }: Task, task: 'announce' | 'connect'): string[] {
  // A key is 32 bytes in base32.
  const key = code.replaceAll(/[^a-z2-7]/g, '').padEnd(52, 'a');
  return [
    process.execPath,
    hyperbeamSide,
    installed.folder,
    `${rendezvous.addresses[0]}:${BOOTSTRAP_PORT}`,
    task,
    key,
  ];
}

const beams: Contender = {
  name: 'hyperbeam',
  async serve({ rendezvous, installed }) {
    const words = [process.execPath, dhtNodes, installed.folder, `${DHT_NODES}`, ...rendezvous.addresses];
    await started(rendezvous, words, /^ready/);
  },
  wait: (task) => started(task.first, beamWords(task, 'announce'), /^ready/, bareEnvironment, task.bytes),
  // It has no server that could carry the bytes.
  take: (task, over) => followed(task, beamWords(task, 'connect'), over, () => 'direct'),
};

function pythonEnvironment({ installed }: Task): NodeJS.ProcessEnv {
  // Click wants a locale, and the program a home folder.
  return { ...bareEnvironment, HOME: installed.folder, LC_ALL: 'C.UTF-8', PYTHONPATH: installed.pythonPath };
}

/** The system's Python runs it, whatever other Python stands first in the PATH. */
function wormholeWords({ rendezvous }: Task, ...words: readonly string[]): string[] {
  const [address = ''] = rendezvous.addresses;
  const run = 'import sys; from wormhole.cli.cli import wormhole; sys.argv[0] = "wormhole"; wormhole()';
  const places = [
    '--relay-url',
    `ws://${address}:${MAILBOX_PORT}/v1`,
    '--transit-helper',
    `tcp:${address}:${TRANSIT_PORT}`,
  ];
  return ['/usr/bin/python3', '-c', run, ...places, ...words];
}

const wormholes: Contender = {
  name: 'magic-wormhole',
  async serve(task) {
    const { rendezvous } = task;
    const [address = ''] = rendezvous.addresses;
    const servers = [
      ['wormhole-mailbox', `--port=tcp:${MAILBOX_PORT}:interface=${address}`, '--channel-db=:memory:'],
      ['transitrelay', `--port=tcp:${TRANSIT_PORT}:interface=${address}`],
    ];
    for (const words of servers) {
      await started(
        rendezvous,
        ['/usr/bin/python3', '-m', 'twisted', ...words],
        /starting on/,
        pythonEnvironment(task),
      );
    }
  },
  wait: (task) =>
    started(
      task.first,
      wormholeWords(task, 'send', '--hide-progress', '--code', task.code, task.file),
      /receive/,
      pythonEnvironment(task),
    ),
  async take(task, over) {
    const folder = await mkdtemp(join(task.installed.folder, 'received-'));
    const path = join(folder, 'received');
    const startedAt = performance.now();
    let firstByteMs = Infinity;
    // It writes into a file beside, which gets its name at the end. The first change of that is its first byte.
    const watcher = watch(folder, (kind) => {
      if (kind === 'change') {
        firstByteMs = Math.min(firstByteMs, performance.now() - startedAt);
      }
    });
    const words = wormholeWords(task, 'receive', '--hide-progress', '--accept-file', '-o', path, task.code);
    const child = task.second.spawn(words, { env: pythonEnvironment(task), cwd: folder });
    over.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        said += String(data);
      });
    }
    await child.exited;
    const lastByteMs = performance.now() - startedAt;
    watcher.close();
    const received = await readFile(path).catch(() => Buffer.alloc(0));
    return received.equals(task.bytes)
      ? { firstByteMs, lastByteMs, way: /relay:/.test(said) ? 'server' : 'direct' }
      : failed;
  },
};

export const contenders: readonly Contender[] = [pipes, beams, wormholes];
