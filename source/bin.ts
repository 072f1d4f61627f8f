#!/usr/bin/env node
/**
 * The command, in syntax that an old Node can still read: it checks the
 * version, answers what needs no program, and loads the rest.
 */
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

declare const PUNCHLINE_VERSION: string;

const needed = [22, 12] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  process.stderr.write(
    `punchline needs Node ${needed.join('.')} or newer, and this is ${process.versions.node}: install a newer one, or in a checkout use "npm run -s punchline --".\n`,
  );
  process.exitCode = 2;
} else if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`${PUNCHLINE_VERSION}\n`);
} else {
  // Blanks the command line in the process list: it may hold a code.
  process.title = 'punchline';
  const cache = process.env['XDG_CACHE_HOME'];
  enableCompileCache(
    join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'punchline'),
  );
  import('./cli.js').catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
    process.exitCode = 1;
  });
}
