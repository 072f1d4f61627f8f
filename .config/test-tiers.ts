/**
 * The three tiers of tests. `long` is a folder. The others follow from imports: a test is quick unless it reaches,
 * over any chain of imports, a helper that opens a pseudo-terminal, makes a network, or starts a program.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What `npm test` runs. */
export const allTests = 'test/**/*.test.{ts,tsx}';
/** What `npm run test:long` runs, and `npm test` does not. */
export const longTests = 'test/long/**/*.test.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const slowHelpers = ['test/helpers/terminal/terminal.ts', 'test/helpers/lab/', 'test/helpers/programs/'];
const relativeImport = /(?:\bfrom|\bimport)\s*\(?\s*'(?<path>\.[^']+)'/g;

/** The test files of the quick tier, relative to the project's folder. */
export function quickTests(): string[] {
  const known = new Map<string, boolean>();
  function isSlow(file: string): boolean {
    const before = known.get(file);
    if (before !== undefined) {
      return before;
    }
    // A circle of imports ends here, too.
    known.set(file, false);
    const slow = slowHelpers.some((helper) => file.startsWith(helper)) || testImports(file).some(isSlow);
    known.set(file, slow);
    return slow;
  }
  return globSync(allTests, { cwd: root }).filter((file) => !file.startsWith('test/long/') && !isSlow(file));
}

/** What a file of `test/` imports from `test/`; the program's own files start nothing by being imported. */
function testImports(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(relativeImport)]
    .map(({ groups }) => join(dirname(file), groups?.['path'] ?? ''))
    .filter((path) => path.startsWith('test/') && existsSync(join(root, path)));
}
