/** What a user gets with npm: the files, a program that works without a checkout, and stacks that can be read. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { install, type Installed } from './helpers/programs/installed.ts';
import { allWell, tryInstalled } from './helpers/programs/try-installed.ts';

const MAX_BYTES = 2_500_000;
const NPM_TIMEOUT_MS = 180_000;
const known =
  /^(?:package\.json|readme\.md|license|dist\/(?:punchline\.cjs|licences\.txt|[\w.-]+\.js|types\/[\w/-]+\.d\.ts|(?:manual|exercises|man|script|shells)\/.+))$/;

let installed: Installed | undefined;

beforeAll(() => {
  installed = install();
}, NPM_TIMEOUT_MS);
afterAll(() => installed?.remove());

test('the package is small, and has only the program, its texts and its types', () => {
  const { files, unpackedSize } = installed!;
  expect(unpackedSize).toBeLessThan(MAX_BYTES);
  const paths = files.map(({ path }) => path);
  expect(paths.filter((path) => !known.test(path) || path.endsWith('.map'))).toEqual([]);
  expect(paths).toEqual(
    expect.arrayContaining([
      'dist/cli.js',
      'dist/index.js',
      'dist/manual/chat.md',
      'dist/punchline.cjs',
      'dist/types/index.d.ts',
      'license',
      'readme.md',
    ]),
  );
});

test('installed into an empty folder, it serves, chats and examines', async () => {
  expect(await tryInstalled(installed!)).toMatchObject(allWell);
});

test('the stack of a bug names the version, and the maps of the build lead to the source', async () => {
  const bug = `import crypto from 'node:crypto';
    import { syncBuiltinESMExports } from 'node:module';
    crypto.randomBytes = () => { throw new TypeError('a bug') };
    syncBuiltinESMExports();`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}` };
  const { code, stderr } = await installed!.run(['chat', '--json', '-s', '127.0.0.1:1'], { env }).ended();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^This is a bug in Punchline \d+\.\d+\.\d+: |^punchline \d+\.\d+\.\d+, Node /m);
  const tool = fileURLToPath(new URL('../.config/map-stack.cjs', import.meta.url));
  const mapped = spawnSync(process.execPath, [tool], { input: stderr, encoding: 'utf8' });
  expect(mapped).toMatchObject({ status: 0, stderr: '' });
  expect(mapped.stdout).toMatch(/\.js:\d+:\d+ \[source\/[\w/-]+\.ts:\d+:\d+ #?\w+\]/);
  const other = spawnSync(process.execPath, [tool], { input: '    at e (/a/b-0.js:1:2)', encoding: 'utf8' });
  expect(other.stdout).toBe('    at e (/a/b-0.js:1:2 [b-0.js is not in this build])');
});

test(
  'npm removes it without a rest in its folder',
  () => {
    installed!.uninstall();
    expect(existsSync(join(installed!.prefix, 'bin', 'punchline'))).toBe(false);
    expect(existsSync(join(installed!.prefix, 'lib', 'node_modules', 'punchline'))).toBe(false);
  },
  NPM_TIMEOUT_MS,
);
