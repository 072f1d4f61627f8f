/** Single executables: that of this machine as a whole, and that for arm64 in an emulator. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, onTestFinished, test, type TestContext } from 'vitest';
import { siteKinds } from '../../source/lab/plan/site-kinds.ts';
import { labOrSkip } from '../helpers/lab/lab.ts';
import { buildExecutables, runnerOf } from '../helpers/programs/executable.ts';
import { startPunchline } from '../helpers/programs/punchline.ts';
import { allWell, tryInstalled } from '../helpers/programs/try-installed.ts';
import { startRawServer } from '../helpers/strangers/raw-server.ts';
import { redisOrSkip } from '../helpers/servers/redis-server.ts';
import { skipWithout } from '../helpers/skip-without.ts';
import { openTerminal } from '../helpers/terminal/terminal.ts';

const BUILD_TIMEOUT_MS = 300_000;
const own = `punchline-linux-${process.arch}`;
const foreign = 'punchline-linux-arm64';
const emulator = '/usr/bin/qemu-aarch64-static';
/** Debian's package for a foreign C++ library, which brings the others along, puts them here. */
const foreignRoot = '/usr/aarch64-linux-gnu';

const folder = mkdtempSync(join(tmpdir(), 'punchline-executables-'));
let built: ReturnType<typeof buildExecutables> | undefined;

beforeAll(() => {
  if (process.platform === 'linux') {
    built = buildExecutables(folder, ...new Set([own, foreign]));
  }
}, BUILD_TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOrSkip(context: TestContext, name = own): string {
  if (built?.status !== 0) {
    return skipWithout(context, `no executable can be built: ${built?.stderr ?? 'this is not Linux'}`);
  }
  return join(folder, name);
}

test('a target that is not known is named, and nothing is made', () => {
  const empty = mkdtempSync(join(tmpdir(), 'punchline-executables-'));
  onTestFinished(() => rmSync(empty, { recursive: true }));
  expect(buildExecutables(empty, 'punchline-amiga')).toEqual({
    status: 1,
    stdout: '',
    stderr:
      'executable: there is no target punchline-amiga: the targets are punchline-linux-x64, punchline-linux-arm64, punchline-macos-x64, punchline-macos-arm64, punchline-windows-x64.exe\n',
  });
  expect(buildExecutables(empty, '--fast').stderr).toMatch(/^executable: Unknown option '--fast'/);
});

test('a checksum stands beside an executable', (context) => {
  const file = fileOrSkip(context);
  expect(statSync(file).mode & 0o111).toBe(0o111);
  const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
  expect(readFileSync(`${file}.sha256`, 'utf8')).toBe(`${hash}  ${own}\n`);
});

test('it serves, chats and examines, where there is no Node', async (context) => {
  expect(await tryInstalled(runnerOf(fileOrSkip(context)))).toMatchObject(allWell);
});

test('it serves with a store', async (context) => {
  const { run } = runnerOf(fileOrSkip(context));
  const { url } = await redisOrSkip(context);
  const options = ['--store', url, '--advertise', '127.0.0.1'];
  expect(await tryInstalled({ run }, undefined, options)).toMatchObject(allWell);
});

test.for([
  '--version',
  'help',
  'help friends',
  'help keys',
  'lab up --help',
  'completion bash',
  'completion zsh',
  'completion fish',
  '__complete words',
  'workshop',
  'workshop print',
  'chat --colour',
  'nonsense',
])('"%s" says the same as with the command of the package', async (line, context) => {
  const args = line.split(' ');
  const { run } = runnerOf(fileOrSkip(context));
  const said = await run(args, { input: '' }).ended();
  expect(said).toEqual(await startPunchline(args, { input: '' }).ended());
});

test('it shows the screen', async (context) => {
  const file = fileOrSkip(context);
  const { port } = await startRawServer();
  await using terminal = openTerminal({ command: file, args: ['chat', '-s', `127.0.0.1:${port}`], env: {} });
  expect(await terminal.waitFor(/rendezvous/i)).toBeDefined();
});

test(
  'it makes labs, in which it is on the PATH, and goes through an exercise that runs files',
  { timeout: 180_000 },
  async (context) => {
    const { run } = runnerOf(fileOrSkip(context));
    await (await labOrSkip(context, { sites: { a: siteKinds['open']!.site } })).close();
    const home = mkdtempSync(join(tmpdir(), 'punchline-home-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const env = { HOME: home, XDG_RUNTIME_DIR: home, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    async function done(...args: readonly string[]) {
      const { code, stderr, stdout } = await run(args, { env, input: '' }).ended();
      expect({ args, code, stderr: code === 0 ? '' : stderr }).toEqual({ args, code: 0, stderr: '' });
      return stdout;
    }
    await done('lab', 'up', 'class', 'alice=port-restricted');
    onTestFinished(async () => void (await run(['lab', 'down', 'class'], { env, input: '' }).ended()));
    const inLab = ['lab', 'enter', 'class', 'alice', '--'];
    expect(await done(...inLab, 'punchline', '--version')).toBe(await done('--version'));
    const script = join(home, 'script.mjs');
    writeFileSync(script, 'console.log(await Promise.resolve(process.argv.slice(2).join()));');
    expect(await done(...inLab, 'node', script, 'one', '--two')).toBe('one,--two\n');
    const { code, stderr } = await run([...inLab, 'node', '-e', '1'], { env, input: '' }).ended();
    expect({ code, stderr }).toEqual({
      code: 9,
      stderr: 'node: this one is inside punchline, and only runs a file: node FILE [WORD…]\n',
    });
    await done('lab', 'down', 'class');
    await done('workshop', 'rehearse', '7');
  },
);

test('that for arm64 serves, chats and examines in an emulator', { timeout: 180_000 }, async (context) => {
  const file = fileOrSkip(context, foreign);
  if (process.arch === 'arm64') {
    return context.skip('the executable of this machine is the same');
  }
  if (!existsSync(emulator) || !existsSync(`${foreignRoot}/lib/libatomic.so.1`)) {
    skipWithout(
      context,
      'no emulator for arm64 (Debian packages qemu-user-static, libstdc++6-arm64-cross and libatomic1-arm64-cross)',
    );
  }
  const under = [emulator, '-L', foreignRoot];
  const { run } = runnerOf(file, under);
  const topic = ['help', 'json'];
  expect(await run(topic, { input: '' }).ended()).toEqual(await startPunchline(topic, { input: '' }).ended());
  expect(await tryInstalled({ run })).toMatchObject(allWell);
});
