/** `npm run release -- --dry-run`, in a repository of its own that holds the files of this one. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { billOfMaterials } from '../.config/release/bill-of-materials.ts';
import { bundledPackages, separator } from '../.config/release/bundled-packages.ts';
import { changesOf } from '../.config/release/changelog.ts';

/** A build takes some seconds, and ten times as long on a machine under load. */
const BUILD_TIMEOUT_MS = 240_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const page = 'source/cli/manual/changes.md';
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const clone = mkdtempSync(join(tmpdir(), 'punchline-release-'));

/** Of all commits here. */
const committedAt = '2020-02-29T12:00:00Z';

function run(command: string, args: readonly string[], cwd = clone): string {
  const env = { ...process.env, GIT_COMMITTER_DATE: committedAt };
  const { error, status, stderr, stdout } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  expect({ error, status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function git(...args: readonly string[]): string {
  return run('git', args);
}

function release(...options: readonly string[]) {
  return spawnSync(process.execPath, ['.config/release/release.ts', ...options], {
    cwd: clone,
    encoding: 'utf8',
    // A vitest that runs the tests of the clone would be told to run in this one's place.
    env: { PATH: `${join(root, 'node_modules', '.bin')}:${process.env['PATH']}`, HOME: process.env['HOME'] },
  });
}

/** Expects that nothing was made, and returns what was said. */
function refusal(): string {
  const { status, stderr, stdout } = release('--dry-run', '--skip-tests');
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(existsSync(join(clone, 'release'))).toBe(false);
  return stderr;
}

function readBill(): {
  components: { name: string; version: string; purl: string; hashes: { content: string }[] }[];
} {
  return JSON.parse(
    readFileSync(join(clone, 'release', `punchline-${version}.cdx.json`), 'utf8'),
  ) as ReturnType<typeof readBill>;
}

/** The packages whose files the maps of a folder name, each with its version. */
function packagesOfMaps(folder: string): Set<string> {
  const found = new Set<string>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.map'))) {
    const { sources } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { sources: string[] };
    for (const source of sources) {
      const [, inside] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(source) ?? [];
      if (inside !== undefined) {
        const manifest = readFileSync(join(resolve(folder, inside), 'package.json'), 'utf8');
        const { name, version: ofPackage } = JSON.parse(manifest) as { name: string; version: string };
        found.add(`${name} ${ofPackage}`);
      }
    }
  }
  return found;
}

beforeAll(() => {
  const files = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], root);
  for (const file of files.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(join(root, file), join(clone, file));
  }
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  git('init', '--quiet');
  git('config', 'user.name', 'nobody');
  git('config', 'user.email', 'nobody@example.org');
  writeFileSync(join(clone, '.git', 'info', 'exclude'), '/node_modules\n');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'all');
});

afterAll(() => rmSync(clone, { recursive: true, force: true }));

test('refuses what is not committed, and names it', () => {
  writeFileSync(join(clone, 'stray.txt'), 'stray');
  expect(refusal()).toContain(
    'not everything is committed before the build, and a release is made of a commit:\n?? stray.txt',
  );
  rmSync(join(clone, 'stray.txt'));
});

test('refuses a version of which the page on changes says nothing', () => {
  const before = readFileSync(join(clone, page), 'utf8');
  writeFileSync(join(clone, page), before.replace(`## ${version}`, '## 0.0.1'));
  git('commit', '--quiet', '--all', '--message', 'no entry');
  expect(refusal()).toContain(
    `${page} has no text under the heading "## ${version}": write what has changed, and commit it`,
  );
  git('reset', '--quiet', '--hard', 'HEAD~1');
});

test('refuses a lock file of another version', () => {
  const file = join(clone, 'package-lock.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(`"version": "${version}"`, '"version": "0.0.1"'));
  git('commit', '--quiet', '--all', '--message', 'another version');
  expect(refusal()).toContain(`package.json says ${version}, and package-lock.json says 0.0.1: run `);
  git('reset', '--quiet', '--hard', 'HEAD~1');
});

test('refuses a version whose tag exists', () => {
  git('tag', `v${version}`);
  expect(refusal()).toContain(`the tag v${version} exists: give package.json another version`);
  git('tag', '--delete', `v${version}`);
});

test('sets no tag without tests, and takes no other option', () => {
  const untested = release('--skip-tests');
  expect(untested).toMatchObject({ status: 1, stdout: '' });
  expect(untested.stderr).toBe(
    'release: --skip-tests needs --dry-run, because a tag is only set on what was tested\n',
  );
  expect(release('--publish')).toMatchObject({ status: 1, stdout: '' });
  expect(git('tag')).toBe('');
});

test(
  'a dry run packs, and writes checksums and a bill of materials that are true',
  () => {
    const { status, stderr, stdout } = release('--dry-run', '--skip-tests');
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('This was a dry run: no tag was set.');
    expect(git('tag')).toBe('');
    const folder = join(clone, 'release');
    const [archive, bill] = [`punchline-${version}.tgz`, `punchline-${version}.cdx.json`];
    expect(readdirSync(folder).toSorted()).toEqual(['SHA256SUMS', archive, bill].toSorted());
    const sums = [archive, bill].map((file) => {
      const hash = createHash('sha256').update(readFileSync(join(folder, file)));
      return `${hash.digest('hex')}  ${file}\n`;
    });
    expect(readFileSync(join(folder, 'SHA256SUMS'), 'utf8')).toBe(sums.join(''));
    // What was packed is what was built: the licences are in it, in one file.
    const listed = run('tar', ['tzf', join(folder, archive)]).split('\n');
    expect(listed).toEqual(
      expect.arrayContaining([
        'package/license',
        'package/dist/licences.txt',
        'package/dist/manual/changes.md',
      ]),
    );
    const licences = run('tar', ['xzOf', join(folder, archive), 'package/dist/licences.txt']);
    const bundled = bundledPackages(licences).map(({ name, version: of }) => `${name} ${of}`);
    const inMaps = packagesOfMaps(join(clone, 'dist'));
    expect(inMaps.size).toBeGreaterThan(50);
    expect([...inMaps].filter((one) => !bundled.includes(one))).toEqual([]);
    expect(readBill().components.map(({ name, version: of }) => `${name} ${of}`)).toEqual(bundled);
    expect(readBill().components.filter(({ hashes: [hash] }) => hash?.content.length !== 128)).toEqual([]);
    expect(git('status', '--porcelain')).toBe('');
    // The same commit makes the same bytes, on any day.
    expect(run('tar', ['xzOf', join(folder, archive), 'package/dist/man/punchline.1'])).toContain(
      '2020-02-29',
    );
    const before = readFileSync(join(folder, 'SHA256SUMS'), 'utf8');
    expect(release('--dry-run', '--skip-tests').status).toBe(0);
    expect(readFileSync(join(folder, 'SHA256SUMS'), 'utf8')).toBe(before);
  },
  BUILD_TIMEOUT_MS,
);

test(
  'sets a tag with the changes on what was tested, and none on what fails',
  () => {
    const manifest = join(clone, 'package.json');
    const before = readFileSync(manifest, 'utf8');
    // All tests would take too long here, and would run this one again.
    const scriptOfTests = /"test": ".*"/;
    writeFileSync(manifest, before.replace(scriptOfTests, '"test": "exit 3"'));
    git('commit', '--quiet', '--all', '--message', 'tests that fail');
    const failed = release();
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('release: "npm test" failed: it ended with 3\n');
    expect(git('tag')).toBe('');
    writeFileSync(manifest, before.replace(scriptOfTests, '"test": "npm run build"'));
    git('commit', '--quiet', '--all', '--message', 'tests that succeed');
    const { status, stdout } = release();
    expect(status).toBe(0);
    expect(stdout).toContain(`The tag v${version} is set here. To publish: `);
    const changes = changesOf(readFileSync(join(clone, page), 'utf8'), version);
    expect(git('tag', '--list', '--format=%(objecttype) %(*objectname) %(contents)')).toBe(
      `tag ${git('rev-parse', 'HEAD').trim()} punchline ${version}\n\n${changes}\n\n`,
    );
    git('tag', '--delete', `v${version}`);
    git('reset', '--quiet', '--hard', 'HEAD~2');
  },
  BUILD_TIMEOUT_MS,
);

test('each licence of a bundled package has its text, once, and names whose the package is', () => {
  const texts = readFileSync(join(root, 'dist', 'licences.txt'), 'utf8').split(separator);
  const words = texts.map((text) => text.slice(text.indexOf('\n\n')));
  expect(words.filter((one) => !/permission|licen[cs]e/i.test(one) || one.length < 500)).toEqual([]);
  expect(new Set(words).size).toBe(words.length);
  // A text that many share has lost no holder: the licence of MIT asks for that.
  const shared = texts.filter((text) => bundledPackages(text).length > 3);
  expect(shared.length).toBeGreaterThan(0);
  for (const text of shared) {
    const heads = text.slice(0, text.indexOf('\n\n')).split(/\n(?! )/);
    expect(heads.filter((head) => !/\n {2}(?:copyright|\(c\)|©)/i.test(head))).toEqual([]);
  }
});

test('a package that the lock file does not have stands in no bill', () => {
  const one = { name: 'stranger', version: '1.0.0', license: 'MIT' };
  const bill = { name: 'punchline', version, license: 'MIT', timestamp: '', bundled: [one] };
  expect(() => billOfMaterials({ ...bill, lock: { packages: {} } })).toThrow(
    'stranger 1.0.0 went into the bundle, and is not in package-lock.json',
  );
});

test.each([
  ['# Changes\n\n## 2.0.0\n\nnew\n\n## 1.0.0\n\nfirst\n', 'new'],
  ['## 1.0.0\n\nfirst\n\n## 2.0.0\n\nlast\n### more\n', 'last\n### more'],
  ['## 2.0.0\n\n## 1.0.0\n\nfirst\n', undefined],
  ['## 2.0.0-rc\n\nnew\n', undefined],
])('the changes of 2.0.0 in %j are %j', (text, changes) => {
  expect(changesOf(text, '2.0.0')).toBe(changes);
});
