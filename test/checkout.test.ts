/** What an installation contains: of a checkout, and of the package that is packed from it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly os?: string | string[];
}

const root = fileURLToPath(new URL('..', import.meta.url));
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};
const installed = Object.entries(packages).filter(([path]) => path.startsWith('node_modules/'));

/** npm takes seconds, and ten times as long on a machine under load. */
const NPM_TIMEOUT_MS = 180_000;

/** Runs a command that must succeed, and returns its stdout. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  expect({ error, status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

test('no package of the lock file runs a script on installation', () => {
  expect(installed.length).toBeGreaterThan(200);
  expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript === true)).toEqual([]);
});

test('every package of the lock file is pinned by a hash, and has no address', () => {
  const foreign = installed.filter(([, { link }]) => link !== true);
  expect(foreign.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? ''))).toEqual([]);
  expect(foreign.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
});

test('a checkout installs one version of Node for Linux on x64 and on arm64, and runs on it', ({ skip }) => {
  const versions = ['x64', 'arm64'].map((cpu) => packages[`node_modules/node-linux-${cpu}`]?.version);
  expect(versions[0]).toMatch(/^24\./);
  expect(versions[1]).toBe(versions[0]);
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    skip('another platform');
  }
  // npm scripts find this Node first, even if the machine's own one is older.
  const node = join(root, 'node_modules', '.bin', 'node');
  expect(run(node, ['-p', 'process.version'], root)).toBe(`v${versions[0]}\n`);
});

test(
  'the packed package installs only itself, without dependencies',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'punchline-packed-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const packed = run(
      'npm',
      ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder],
      root,
    ).trim();
    const user = join(folder, 'user');
    mkdirSync(user);
    writeFileSync(join(user, 'package.json'), '{}');
    run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, packed)], user);
    // npm's own lock file is there as well.
    expect(readdirSync(join(user, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'punchline',
    ]);
    expect(readdirSync(join(user, 'node_modules', '.bin'))).toEqual(['punchline']);
    // For all users of a machine, npm puts the man page where man looks.
    const everybody = join(folder, 'everybody');
    run(
      'npm',
      ['install', '-g', '--prefix', everybody, '--offline', '--no-audit', '--no-fund', join(folder, packed)],
      user,
    );
    expect(readFileSync(join(everybody, 'share', 'man', 'man1', 'punchline.1'), 'utf8')).toContain(
      '.TH PUNCHLINE 1',
    );
    const manifest = JSON.parse(
      readFileSync(join(user, 'node_modules', 'punchline', 'package.json'), 'utf8'),
    ) as Record<string, unknown> & { scripts: Record<string, string> };
    for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies']) {
      expect(manifest).not.toHaveProperty(kind);
    }
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) {
      expect(manifest.scripts).not.toHaveProperty(name);
    }
  },
  NPM_TIMEOUT_MS,
);

test('a build on a Node that is too old fails, and names the version that is needed', () => {
  const preload = join(root, 'test', 'helpers', 'programs', 'old-node.cjs');
  const check = join(root, '.config', 'expect-node.cjs');
  const { status, stderr } = spawnSync(process.execPath, ['--require', preload, check], { encoding: 'utf8' });
  expect(stderr).toMatch(/^A build needs Node 22\.12 or newer, and this is 12\.22\.9: install one [^\n]+\n$/);
  expect(status).toBe(1);
  expect(spawnSync(process.execPath, [check], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});
