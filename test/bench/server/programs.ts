/** The processes of these benches: servers, and programs that put load on them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FloodTally } from '../../helpers/strangers/floods.ts';

function pathOf(relative: string) {
  return fileURLToPath(new URL(relative, import.meta.url));
}
/**
 * For memory benches only. Without this, V8's young generation grows by 50 MB
 * under any load, which would hide what the program keeps.
 */
export const smallNursery = '--max-semi-space-size=1';
const punchline = pathOf('../../../dist/punchline.cjs');
/** The unit of a process's time in the kernel: USER_HZ is 100 on Linux. */
const TICKS_PER_S = 100;
const PAGE_BYTES = 4096;
/** After this time, lingering closes, time limits of first lines and times for returning are over. */
const SETTLE_MS = 45_000;
/** The interval of asking the server for its counts. */
const ASK_EVERY_MS = 100;

export interface Listening {
  readonly port: number;
  readonly probePort?: number;
  readonly metricsPort?: number;
}

export interface LoadedServer extends Listening {
  readonly pid: number;
  stop(): Promise<void>;
}

async function startServer(words: readonly string[]): Promise<LoadedServer> {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    ...(JSON.parse(line) as Listening),
    pid: child.pid ?? 0,
    stop: () => end(child),
  };
}

/** Starts a rendezvous with metrics and without a log. */
export function startRendezvous(
  options: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<LoadedServer> {
  const ports = ['--port', '0', '--host', '127.0.0.1', '--metrics', '0'];
  return startServer([...nodeOptions, punchline, 'serve', ...ports, '--log-level', 'silent', ...options]);
}

/** All load comes from one machine, and must not be taken for a flood. */
export const forManyClients = ['--exempt', '127.0.0.0/8', '--max-connections', '50000'] as const;

export function startBare(): Promise<LoadedServer> {
  return startServer([pathOf('bare-server.ts')]);
}
export function startBareSplice(): Promise<LoadedServer> {
  return startServer([pathOf('bare-splice.ts')]);
}

type Words = readonly (string | number)[];

function spawnLoad(words: Words, under: readonly string[] = []) {
  const [command = '', ...rest] = [...under, process.execPath, pathOf('load.ts'), ...words.map(String)];
  return spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Runs a load to its end. Resolves with the JSON that it prints. */
export async function load<Result>(words: Words): Promise<Result> {
  const child = spawnLoad(words);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  await end(child);
  return JSON.parse(line) as Result;
}

export interface Load {
  stop(): Promise<void>;
}

/** Starts a load that continues until it is stopped. Resolves when it has begun. */
export async function startLoad(words: Words): Promise<Load> {
  const child = spawnLoad(words);
  await once(createInterface(child.stdout), 'line');
  return { stop: () => end(child) };
}

/** Starts a flood. Resolves at its first connection. `stop` tells what it has done. */
export function startFlood(
  name: string,
  port: number,
  count: number,
  addresses: readonly string[],
): { stop(): Promise<FloodTally> } {
  // Real flooders have machines of their own. Here they share two cores with the server and the honest clients, which
  // would wait for the kernel and not for the server. With `nice` the flood gets only what is left over, which is
  // still some GiB in 8 s.
  const child = spawnLoad(['flood', name, port, count, ...addresses], ['nice', '-n', '19']);
  const told = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  return {
    stop: async () => {
      child.kill('SIGTERM');
      const [line] = await told;
      await end(child);
      return JSON.parse(line) as FloodTally;
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** The most memory that the process has ever held. */
export function peakBytes(pid: number): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}

export function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}

/** The processor time of the process, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // After the name, which may contain spaces, the state is field 1 and utime field 12.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** The server's own counts. */
export async function countsOf({
  metricsPort,
}: Pick<Listening, 'metricsPort'>): Promise<Map<string, number>> {
  const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return new Map(
    [...page.matchAll(/^punchline_now\{kind="(\w+)"\} (\d+)$/gm)].map(([, kind = '', n]) => [
      kind,
      Number(n),
    ]),
  );
}

/** The number of connections, rooms and seats that are left when their clients have gone and all times are over. */
export async function leftOver(server: Pick<Listening, 'metricsPort'>): Promise<number> {
  const deadline = performance.now() + SETTLE_MS;
  for (;;) {
    const counts = await countsOf(server);
    const left = ['connections', 'rooms', 'seats', 'probes', 'relays'].reduce(
      (sum, kind) => sum + (counts.get(kind) ?? 0),
      0,
    );
    if (left === 0 || performance.now() > deadline) {
      return left;
    }
    await sleep(ASK_EVERY_MS);
  }
}
