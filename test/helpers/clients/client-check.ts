/** Runs `punchline workshop check` on the clients of this folder. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, type TestContext } from 'vitest';
import { errorCode } from '../../../source/errors.ts';
import { bareEnvironment } from '../programs/bare-environment.ts';
import { program } from '../programs/punchline.ts';
import { skipWithout } from '../skip-without.ts';

/** The exit code where this machine lacks a tool or a permission. */
const MACHINE_REFUSES = 8;

export interface TrialJson {
  readonly network: string;
  readonly first: string;
  readonly second: string;
  readonly passed: boolean;
  readonly verdict: { readonly defect: string; readonly host: string; readonly evidence: string } | null;
}

export interface Checked {
  readonly code: number | null;
  readonly trials: readonly TrialJson[];
  readonly stderr: string;
}

/** Runs the check with options for one client. The test is skipped where no lab can be made or watched. */
export async function checkClient(
  context: TestContext,
  command: readonly string[],
  ...options: readonly string[]
): Promise<Checked> {
  const child = spawn(
    process.execPath,
    [program, 'workshop', 'check', '--json', ...options, '--', ...command],
    { env: bareEnvironment },
  );
  context.onTestFinished(() => void child.kill('SIGKILL'));
  const [stdout, stderr, [code]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  if (code === MACHINE_REFUSES) {
    skipWithout(context, stderr);
  }
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TrialJson & { readonly event: string });
  return { code, stderr, trials: lines.filter(({ event }) => event === 'trial') };
}

export type Defect = 'FRESH_PORT' | 'OUTSIDE_PORT' | 'BLOCKS' | 'NO_RETRY' | 'FIXED_PERIOD';

const folder = mkdtempSync(join(tmpdir(), 'punchline-clients-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** The client in C, right or with one defect. */
export function clientInC(context: TestContext, defect: Defect | 'NONE' = 'NONE'): string[] {
  const client = join(folder, defect.toLowerCase());
  const { error, status, stderr } = spawnSync(
    'gcc',
    ['-Wall', '-Wextra', '-Werror', `-DDEFECT=${defect}`, '-o', client, pathOf('right.c')],
    { encoding: 'utf8' },
  );
  if (errorCode(error) === 'ENOENT') {
    skipWithout(context, 'gcc is not installed');
  }
  if (status !== 0) {
    throw new Error(`gcc: ${stderr}`);
  }
  return [client];
}

/** The client in Python. */
export function clientInPython(context: TestContext): string[] {
  if (errorCode(spawnSync('python3', ['--version']).error) === 'ENOENT') {
    skipWithout(context, 'python3 is not installed');
  }
  return ['python3', pathOf('right.py')];
}

/** The client in JavaScript. */
export function clientInNode(_context: TestContext): string[] {
  return [process.execPath, pathOf('right.mjs')];
}
