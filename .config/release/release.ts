/**
 * `npm run release`: checks, builds, tests and packs what is committed, and
 * writes the package, its bill of materials and checksums into `release/`. It
 * then sets the tag. It publishes nothing: it says how to.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { billOfMaterials } from './bill-of-materials.ts';
import { bundledPackages } from './bundled-packages.ts';
import { changesOf } from './changelog.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

type LockFile = Parameters<typeof billOfMaterials>[0]['lock'] & { readonly version: string };

/** What stands in the way of a release, as a sentence. */
class Refusal extends Error {}

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'release');

try {
  release(options());
} catch (error) {
  if (!(error instanceof Refusal)) {
    throw error;
  }
  process.stderr.write(`release: ${error.message}\n`);
  process.exitCode = 1;
}

function options(): { isDry: boolean; skipsTests: boolean } {
  try {
    const { values } = parseArgs({
      options: { 'dry-run': { type: 'boolean' }, 'skip-tests': { type: 'boolean' } },
    });
    const isDry = values['dry-run'] === true;
    const skipsTests = values['skip-tests'] === true;
    if (skipsTests && !isDry) {
      throw new Refusal('--skip-tests needs --dry-run, because a tag is only set on what was tested');
    }
    return { isDry, skipsTests };
  } catch (error) {
    throw error instanceof TypeError ? new Refusal(error.message) : error;
  }
}

function release({ isDry, skipsTests }: { isDry: boolean; skipsTests: boolean }): void {
  const manifest = readJson('package.json') as Manifest;
  const lock = readJson('package-lock.json') as LockFile;
  const { name, version } = manifest;
  const tag = `v${version}`;
  const changes = check(version, lock, tag);
  // The man page names a date. With that of the commit, the same commit makes the same package.
  process.env['SOURCE_DATE_EPOCH'] = run('git', ['log', '-1', '--format=%ct']).trim();
  run('npm', skipsTests ? ['run', 'build'] : ['test'], 'inherit');
  expectCleanTree('after the build');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
  const bill = `${name}-${version}.cdx.json`;
  const bundled = bundledPackages(readFileSync(join(root, 'dist', 'licences.txt'), 'utf8'));
  const timestamp = new Date(run('git', ['log', '-1', '--format=%cI']).trim()).toISOString();
  writeFileSync(join(folder, bill), billOfMaterials({ ...manifest, timestamp, bundled, lock }));
  const archive = `${name}-${version}.tgz`;
  writeFileSync(join(folder, 'SHA256SUMS'), [archive, bill].map(checksum).join(''));
  if (!isDry) {
    // Lines that begin with # are not comments here.
    run('git', [
      'tag',
      '--annotate',
      '--cleanup=whitespace',
      '--message',
      `${name} ${version}\n\n${changes}`,
      tag,
    ]);
  }
  process.stdout.write(
    `release/ holds ${archive} with ${bundled.length} packages inside, ${bill} and SHA256SUMS.\n${
      isDry
        ? 'This was a dry run: no tag was set.\n'
        : `The tag ${tag} is set here. To publish: git push origin ${tag} && npm publish release/${archive}\n`
    }`,
  );
}

/** Returns the text on the version. Throws if anything stands in the way. */
function check(version: string, lock: LockFile, tag: string): string {
  expectCleanTree('before the build');
  if (lock.version !== version) {
    throw new Refusal(
      `package.json says ${version}, and package-lock.json says ${lock.version}: run "npm install --package-lock-only" and commit both`,
    );
  }
  const page = 'source/cli/manual/changes.md';
  const changes = changesOf(readFileSync(join(root, page), 'utf8'), version);
  if (changes === undefined) {
    throw new Refusal(
      `${page} has no text under the heading "## ${version}": write what has changed, and commit it`,
    );
  }
  if (run('git', ['tag', '--list', tag]) !== '') {
    throw new Refusal(`the tag ${tag} exists: give package.json another version`);
  }
  return changes;
}

function expectCleanTree(when: string): void {
  const status = run('git', ['status', '--porcelain']);
  if (status !== '') {
    throw new Refusal(
      `not everything is committed ${when}, and a release is made of a commit:\n${status.trimEnd()}`,
    );
  }
}

/** A line that `sha256sum --check` reads. */
function checksum(file: string): string {
  const hash = createHash('sha256').update(readFileSync(join(folder, file)));
  return `${hash.digest('hex')}  ${file}\n`;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}

/** Returns the stdout of a command that must succeed, unless it is shown. */
function run(command: string, args: readonly string[], stdout: 'pipe' | 'inherit' = 'pipe'): string {
  const ran = spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', stdout, 'inherit'] });
  if (ran.error !== undefined || ran.status !== 0) {
    const why = ran.error?.message ?? `it ended with ${ran.signal ?? ran.status}`;
    throw new Refusal(`"${[command, ...args.slice(0, 2)].join(' ')}" failed: ${why}`);
  }
  return ran.stdout ?? '';
}
