/**
 * `npm run executable -- [--into FOLDER] [TARGET…]`: makes single executables of the build in `dist/`, from the programs of
 * Node that packages of npm bring. Those packages are unpacked, and none of their scripts is run.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { builders, integrity, targets, type Target } from './targets.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const own = fileURLToPath(new URL('.', import.meta.url));

/** What stands in the way, as a sentence. */
class Refusal extends Error {}

const scratch = mkdtempSync(join(tmpdir(), 'punchline-executable-'));
try {
  main();
} catch (error) {
  if (!(error instanceof Refusal)) {
    throw error;
  }
  process.stderr.write(`executable: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function main(): void {
  const { into, names } = options();
  const wanted = names.length === 0 ? Object.keys(targets) : names;
  const chosen = wanted.map((name) => [name, targetNamed(name)] as const);
  const folder = resolve(into);
  mkdirSync(folder, { recursive: true });
  for (const [name, target] of chosen) {
    const made = join(scratch, name);
    build(builderOf(target), fetchNode(target), made);
    const file = join(folder, name);
    // The two may lie on different disks.
    copyFileSync(made, file);
    rmSync(made);
    writeFileSync(`${file}.sha256`, `${hashOf('sha256', file, 'hex')}  ${name}\n`);
    process.stdout.write(`${file}${target.note === undefined ? '' : `: ${target.note}`}\n`);
  }
}

function options(): { readonly into: string; readonly names: readonly string[] } {
  try {
    const { positionals, values } = parseArgs({
      options: { into: { type: 'string' } },
      allowPositionals: true,
    });
    return { into: values.into ?? join(root, 'release'), names: positionals };
  } catch (error) {
    throw error instanceof TypeError ? new Refusal(error.message) : error;
  }
}

function targetNamed(name: string): Target {
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (target === undefined) {
    throw new Refusal(`there is no target ${name}: the targets are ${Object.keys(targets).join(', ')}`);
  }
  return target;
}

/** The Node for this machine that builds it. */
function builderOf({ version }: Target): string {
  const { arch, platform } = process;
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) {
    throw new Refusal(`executables are built on Linux on x64 or arm64, and this is ${platform} on ${arch}`);
  }
  return fetchNode({ node: builders[version][arch], version, file: 'bin/node' });
}

/** A program of Node, unpacked. npm and we check its hash, and none of the package's scripts is run. */
function fetchNode({ file, node, version }: Target): string {
  const name = `${node}-${version}`;
  const program = join(scratch, name, 'package', ...file.split('/'));
  if (existsSync(program)) {
    return program;
  }
  run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', scratch, `${node}@${version}`]);
  const archive = join(scratch, `${name}.tgz`);
  const found = `sha512-${hashOf('sha512', archive, 'base64')}`;
  const expected = integrity[`${node}@${version}`];
  if (found !== expected) {
    throw new Refusal(`${node} ${version} has the hash ${found}, and ${expected} is expected: do not use it`);
  }
  run('tar', ['-xzf', archive, '--one-top-level', '-C', scratch, `package/${file}`]);
  rmSync(archive);
  return program;
}

/** Puts the build into a copy of Node. */
function build(builder: string, executable: string, output: string): void {
  const config = join(scratch, 'config.json');
  const assets = Object.fromEntries([
    ['run-file.cjs', join(own, 'run-file.cjs')],
    ...filesIn(join(root, 'dist')).map((path) => [
      relative(join(root, 'dist'), path).replaceAll(sep, '/'),
      path,
    ]),
  ]) as Readonly<Record<string, string>>;
  const facts = {
    main: join(own, 'main.cjs'),
    executable,
    output,
    disableExperimentalSEAWarning: true,
    // It takes no options of Node: what stands on the line is for the program.
    execArgvExtension: 'none',
    assets,
  };
  writeFileSync(config, JSON.stringify(facts));
  run(builder, ['--build-sea', config]);
}

/** The files of the build that a user needs: not the maps, and not the types of the library. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !/\.(?:map|d\.ts|1)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function hashOf(algorithm: string, file: string, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(readFileSync(file)).digest(encoding);
}

function run(command: string, args: readonly string[]): void {
  const ran = spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (ran.error !== undefined || ran.status !== 0) {
    const why = ran.error?.message ?? `${ran.stderr}${ran.stdout}`.trim();
    throw new Refusal(`"${[command, ...args.slice(0, 2)].join(' ')}" failed: ${why}`);
  }
}
