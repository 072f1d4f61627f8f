/** What is loaded before the chat's first frame. The bench `start-up` measures its time. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import * as module from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { program } from '../../helpers/programs/punchline.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';

const home = mkdtempSync(join(tmpdir(), 'punchline-first-frame-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The files of `dist/` and the Intl objects that are loaded up to the first frame, in order. */
async function traceFirstFrame(): Promise<string[]> {
  const trace = join(home, 'trace');
  // The server says nothing, so the screen stays at its first frame.
  const server = await startRawServer();
  await using terminal = openTerminal({
    command: process.execPath,
    args: [
      '--import',
      new URL('../../helpers/terminal/trace-first-frame.ts', import.meta.url).href,
      program,
      'chat',
      '--server',
      `127.0.0.1:${server.port}`,
    ],
    env: {
      HOME: home,
      XDG_CACHE_HOME: join(home, 'cache'),
      FIRST_FRAME_TRACE: trace,
    },
  });
  await terminal.waitFor(/rendezvous/i);
  const lines = readFileSync(trace, 'utf8').trim().split('\n');
  expect(lines.pop()).toBe('frame');
  return lines;
}

function chunkName(file: string): string {
  return basename(file).replace(/-[\w-]{8}\.js$/, '');
}

test('the first frame needs few files, 760 KB in all, and no Intl object', async (context) => {
  if (!('registerHooks' in module)) {
    context.skip('this version of Node cannot tell which files it loads');
  }
  const lines = await traceFirstFrame();
  const files = lines.filter((line) => line.startsWith('file:')).map((url) => fileURLToPath(url));
  const names = files.map(chunkName);
  expect(new Set(names)).toEqual(
    new Set([
      'punchline.cjs',
      'cli.js',
      'rolldown-runtime',
      'shared',
      'base',
      'chat-command',
      'connection',
      'screen',
    ]),
  );
  // Two of them only import chunks that other commands share. Each file takes a millisecond.
  expect(names.length).toBeLessThanOrEqual(10);
  // Code that the first frame does not need must be loaded after it.
  expect(files.reduce((bytes, file) => bytes + statSync(file).size, 0)).toBeLessThanOrEqual(760_000);
  // The first Intl object loads data for 8 ms.
  expect(lines.filter((line) => line.startsWith('Intl.'))).toEqual([]);
});

/** The chunks that are loaded with the file, by `import` statements. */
function loadedWith(file: string, known = new Set<string>()): ReadonlySet<string> {
  known.add(file);
  const code = readFileSync(join(dirname(program), file), 'utf8');
  for (const [, other = ''] of code.matchAll(/(?:from|\bimport)["'`]\.\/([^"'`]+)["'`]/g)) {
    if (!known.has(other)) {
      loadedWith(other, known);
    }
  }
  return known;
}

test('the command line is parsed before any code of a chat or a screen is loaded', () => {
  expect(new Set([...loadedWith('cli.js')].map(chunkName))).toEqual(
    new Set(['cli.js', 'rolldown-runtime', 'shared', 'base']),
  );
});

test.each(['serve-command', 'pipe-command', 'show-lines', 'doctor-command', 'help-command', 'lab-try'])(
  'no code of the screen is loaded with %s',
  (name) => {
    const files = readdirSync(dirname(program)).filter((file) => chunkName(file) === name);
    expect(files).not.toEqual([]);
    const loaded = files.flatMap((file) => Array.from(loadedWith(file), chunkName));
    expect(loaded).toContain('base');
    expect(loaded).not.toContain('screen');
  },
);
