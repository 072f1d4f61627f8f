/**
 * `npm run test:steady [N]`: runs the whole suite N times, every second time
 * beside a load, and counts how often each test failed. A test that fails now
 * and then tells more about itself, or about a race in the program, than about
 * a change.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { busyProcesses, startLoad } from '../helpers/programs/load.ts';

/** Three runs of each kind. */
const defaultRuns = 6;

const root = fileURLToPath(new URL('../..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

interface Assertion {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages?: readonly string[];
}

/** The output of vitest's JSON reporter, as far as it is used here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly Assertion[];
  }[];
}

interface Failure {
  readonly name: string;
  readonly message: string;
}

interface Outcome {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

/** A test may have said much. Its first lines tell what it waited for, and what had happened until then. */
const SHOWN_LINES = 30;

function firstLines(message = '', lines = SHOWN_LINES): string {
  return message.split('\n').slice(0, lines).join('\n    ');
}

function outcomeOf({ testResults }: Report): Outcome {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter((one) => one.status === 'failed');
    if (status === 'failed' && failed.length === 0) {
      // The file could not be loaded, or failed outside of its tests.
      return [{ name: file, message: firstLines(message) }];
    }
    return failed.map(({ fullName, failureMessages = [] }) => ({
      name: `${file} > ${fullName}`,
      message: firstLines(failureMessages[0]),
    }));
  });
  const passed = all.filter(({ status }) => status === 'passed').length;
  const failed = all.filter(({ status }) => status === 'failed').length;
  return { passed, skipped: all.length - passed - failed, failures };
}

/** The processes that this one has started, and that may still run. */
const running = new Set<ChildProcess>();

function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

function endAll(): void {
  for (const child of running) {
    child.kill('SIGTERM');
  }
}

/** Runs the suite once. */
async function runSuite(reportFile: string): Promise<Outcome> {
  rmSync(reportFile, { force: true });
  const args = ['run', '-c', '.config/vitest.config.ts', '--reporter=json', `--outputFile=${reportFile}`];
  const child = start([vitest, ...args]);
  let complaints = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  try {
    const outcome = outcomeOf(JSON.parse(readFileSync(reportFile, 'utf8')) as Report);
    if (code === 0 || outcome.failures.length > 0) {
      return outcome;
    }
    return { ...outcome, failures: [{ name: 'vitest itself', message: complaints.trim() }] };
  } catch (error) {
    const message = `no report (${String(error)}), exit code ${String(code)}\n${complaints.trim()}`;
    return { passed: 0, skipped: 0, failures: [{ name: 'vitest itself', message }] };
  }
}

async function runBesideLoad(reportFile: string): Promise<Outcome> {
  using _ = startLoad();
  return await runSuite(reportFile);
}

/** How often each test has failed, with its first message; the most frequent first. */
function tally(failures: readonly Failure[]): string[] {
  const counts = new Map<string, { times: number; readonly message: string }>();
  for (const { name, message } of failures) {
    const before = counts.get(name);
    counts.set(name, { times: (before?.times ?? 0) + 1, message: before?.message ?? message });
  }
  return [...counts]
    .toSorted(([, one], [, other]) => other.times - one.times)
    .map(([name, { times, message }]) => `${times} × ${name}\n    ${firstLines(message, 1)}`);
}

async function main(argument: string | undefined): Promise<number> {
  const runs = Number(argument ?? defaultRuns);
  if (!Number.isInteger(runs) || runs < 1) {
    process.stderr.write(`The number of runs must be 1 or more, not "${argument}".\n`);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'punchline-steady-'));
  const failures: Failure[] = [];
  try {
    for (let n = 1; n <= runs; n += 1) {
      const isLoaded = n % 2 === 0;
      const startedAt = performance.now();
      const outcome = await (isLoaded ? runBesideLoad : runSuite)(join(folder, 'report.json'));
      failures.push(...outcome.failures);
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      process.stdout.write(
        `run ${n} of ${runs}${isLoaded ? `, beside ${busyProcesses} busy processes` : ''}: ` +
          `${outcome.passed} passed, ${outcome.failures.length} failed, ${outcome.skipped} skipped, ${seconds} s\n`,
      );
      for (const { name, message } of outcome.failures) {
        process.stdout.write(`  failed: ${name}\n    ${message}\n`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(
    failures.length === 0 ? `Nothing failed in ${runs} runs.\n` : `\n${tally(failures).join('\n')}\n`,
  );
  return failures.length === 0 ? 0 : 1;
}

for (const [signal, exit] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  process.once(signal, () => {
    endAll();
    process.exit(exit);
  });
}

process.exitCode = await main(process.argv[2]);
