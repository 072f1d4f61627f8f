import type { Figure } from './figure.ts';
import { printFigures } from './print-figures.ts';

/**
 * Runs the benches that the command line names, or all, and prints each figure
 * with its bound. The program then exits with 1 if a bound is missed, and with
 * 2 if a name is unknown.
 */
export async function runBenches(benches: Readonly<Record<string, () => Promise<Figure[]>>>): Promise<void> {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) {
    process.stderr.write(`no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`);
    process.exitCode = 2;
    return;
  }
  for (const [name, bench] of Object.entries(benches)) {
    if (chosen.length > 0 && !chosen.includes(name)) {
      continue;
    }
    printFigures(await bench());
  }
}
