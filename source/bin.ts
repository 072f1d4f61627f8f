#!/usr/bin/env node
/**
 * The command, in syntax that an old Node can still read. It checks the version
 * of Node, answers `--version`, and loads the program.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { fileTrouble } from './storage/file-trouble.ts';
import { xdgFolder } from './storage/home-folder.ts';
import { ownFolder } from './storage/own-folder.ts';

declare const PUNCHLINE_VERSION: string;

const needed = [22, 12] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** A shell asks for names at a Tab. What answers needs no current folder, and has no place for an error. */
const isAsked = process.argv[2] === '__complete';

if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  process.stderr.write(
    `punchline needs Node ${needed.join('.')} or newer, and this is ${process.versions.node}: install a newer one, or in a checkout use "npm run -s punchline --".\n`,
  );
  process.exitCode = 2;
} else if (process.argv.length === 3 && ['--version', '-V', 'version'].includes(process.argv[2] ?? '')) {
  // A reader who has gone misses nothing.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      process.stderr.write(
        `punchline: not everything could be written to stdout: ${fileTrouble(error)}\nMake room on that disk, or write to another one.\n`,
      );
      process.exitCode = 8;
    }
  });
  process.stdout.write(`${PUNCHLINE_VERSION}\n`);
} else if (!isAsked && !hasCurrentFolder()) {
  // Every command would fail with a stack, because libraries ask for this folder as they are loaded.
  process.stderr.write(
    'punchline: the current folder is not there any more\nGo to another one, for example with "cd".\n',
  );
  process.exitCode = 8;
} else {
  // Blanks the command line in the process list: it may hold a code.
  process.title = 'punchline';
  keepCompiledCode();
  (isAsked ? import('./cli/completion/complete-names.js') : import('./cli/cli.js')).catch(
    (error: unknown) => {
      process.stderr.write(
        `${error instanceof Error ? String(error.stack) : String(error)}\npunchline ${PUNCHLINE_VERSION}, Node ${process.versions.node}, ${process.platform} ${process.arch}\n`,
      );
      process.exitCode = 1;
    },
  );
}

function hasCurrentFolder(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}

/** Node runs whatever is cached, so that only a folder which others cannot write to will do. Without one, the start is slower. */
function keepCompiledCode(): void {
  const caches = xdgFolder('XDG_CACHE_HOME', '.cache');
  if (caches === undefined) {
    return;
  }
  try {
    enableCompileCache(ownFolder(join(caches, 'punchline')));
  } catch {
    // The cache only saves time: no error is shown.
  }
}
