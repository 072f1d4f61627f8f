/**
 * The three tiers of tests. `long` is a folder. The others follow from imports: a test is quick unless it, or a helper
 * that it imports, starts programs, opens a pseudo-terminal, or makes a network.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `npm test` runs, but for the long tier. */
export const allTests = 'test/**/*.test.{ts,tsx}';
/** What `npm run test:long` runs. */
export const longTests = 'test/long/**/*.test.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const labHelpers = 'test/helpers/lab/';
const labPrograms = [
  'test/helpers/clients/client-check.ts',
  'test/helpers/workshop/rehearse.ts',
  'test/helpers/workshop/class-server.ts',
];
/** Steps are counted only in code that is compiled afterwards, and memory is measured best where there is little. */
const measuringHelpers = 'test/helpers/steps/';
/** The home folder is a setting of the whole process, and threads of one process share it. */
const setsHome = /stubEnv\('HOME'|process\.env\['HOME'\] =/;
const slowPackages = new Set(['node:child_process', '@lydell/node-pty']);
const anyImport = /(?:\bfrom|\bimport)\s*\(?\s*'(?<path>[^']+)'/g;

/** The test files of the quick tier, relative to the project's folder, by what they need. */
export interface QuickTests {
  /** These share threads. */
  readonly shared: string[];
  /** Each needs a thread of its own. */
  readonly alone: string[];
  /** Each needs a process of its own. */
  readonly processes: string[];
}

export function quickTests(): QuickTests {
  const isSlow = reaches(
    (file, packages) => file.startsWith(labHelpers) || packages.some((name) => slowPackages.has(name)),
  );
  const measuring = new Set(measuringTests());
  const quick = shortTests().filter((file) => !isSlow(file));
  const processes = new Set(quick.filter((file) => setsHome.test(readFileSync(join(root, file), 'utf8'))));
  const threads = quick.filter((file) => !processes.has(file));
  return {
    shared: threads.filter((file) => !measuring.has(file)),
    alone: threads.filter((file) => measuring.has(file)),
    processes: [...processes],
  };
}

/** The test files of `npm test` that need a worker of their own. */
export function measuringTests(): string[] {
  return shortTests().filter(reaches((file) => file.startsWith(measuringHelpers)));
}

/** The test files of `npm test` that make networks, or that let the built program make them. */
export function networkTests(): string[] {
  return shortTests().filter(
    reaches((file) => [labHelpers, ...labPrograms].some((start) => file.startsWith(start))),
  );
}

function shortTests(): string[] {
  return globSync(allTests, { cwd: root }).filter((file) => !file.startsWith('test/long/'));
}

/** Whether a file, or one that it imports over any chain, matches. */
function reaches(matches: (file: string, packages: readonly string[]) => boolean): (file: string) => boolean {
  const known = new Map<string, boolean>();
  return function reach(file) {
    const before = known.get(file);
    if (before !== undefined) {
      return before;
    }
    // A circle of imports ends here, too.
    known.set(file, false);
    const { files, packages } = importsOf(file);
    const found = matches(file, packages) || files.some(reach);
    known.set(file, found);
    return found;
  };
}

/** Files of `test/` and packages. The program's own files are left out: importing them starts nothing. */
function importsOf(file: string): {
  readonly files: readonly string[];
  readonly packages: readonly string[];
} {
  const text = readFileSync(join(root, file), 'utf8');
  const paths = [...text.matchAll(anyImport)].map(({ groups }) => groups?.['path'] ?? '');
  return {
    files: paths
      .filter((path) => path.startsWith('.'))
      .map((path) => join(dirname(file), path))
      .filter((path) => path.startsWith('test/') && existsSync(join(root, path))),
    packages: paths.filter((path) => !path.startsWith('.')),
  };
}
