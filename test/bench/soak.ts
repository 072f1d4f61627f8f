import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { printFigures } from './print-figures.ts';
import { soak } from './soak/soak.ts';

/**
 * `npm run soak -- --minutes N`: checks that memory and handles do not grow
 * while everything goes on. Exits with 1 if they do.
 */

/** A week. For longer times, use a monitor. */
const MAX_MINUTES = 10_080;

function minutesOf(args: string[]): number {
  const { values } = parseArgs({ args, options: { minutes: { type: 'string', default: '10' } } });
  const minutes = Number(values.minutes);
  if (!/^\d+$/.test(values.minutes) || minutes < 1 || minutes > MAX_MINUTES) {
    throw new TypeError(`--minutes takes a whole number from 1 to ${MAX_MINUTES}, not ${values.minutes}`);
  }
  return minutes;
}

let minutes = 0;
try {
  minutes = minutesOf(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(2);
}
const killed = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => {
    process.exitCode = 128 + constants.signals[name];
    killed.abort();
  });
}
try {
  printFigures(await soak(minutes, killed.signal, (line) => process.stdout.write(`      ${line}\n`)));
} catch (error) {
  if (!killed.signal.aborted) {
    process.stderr.write(
      `FAIL  ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  }
}
// Unfinished work was given up, and must not keep the process alive.
process.exit();
