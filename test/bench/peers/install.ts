/** Installs the other programs for one run, into a folder that goes with it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Pinned, so that a run can be repeated. */
const hyperbeam = 'hyperbeam@3.1.0';
const debianPackages = [
  'magic-wormhole',
  'python3-magic-wormhole-mailbox-server',
  'magic-wormhole-transit-relay',
];

export interface Installed {
  readonly folder: string;
  /** What finds Python's modules of the packages, for a program of the system's Python. */
  readonly pythonPath: string;
  /** By the name of each program, as it is written in a table. */
  readonly versions: Readonly<Record<'punchline' | 'hyperbeam' | 'magic-wormhole', string>>;
  remove(): void;
}

/** Takes a minute. Needs npm, and Debian's apt-get and dpkg; nothing of the machine is changed. */
export function installPeers(): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-peers-'));
  function remove() {
    rmSync(folder, { recursive: true, force: true });
  }
  process.once('exit', remove);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(1));
  }
  const debian = join(folder, 'debian');
  const archives = join(folder, 'archives');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', hyperbeam]);
  // Those that the machine has already are not fetched.
  run('apt-get', [
    '-o',
    `Dir::Cache::archives=${archives}`,
    '-o',
    'Debug::NoLocking=1',
    '-o',
    'APT::Sandbox::User=root',
    '-y',
    '-d',
    '-qq',
    '--no-install-recommends',
    'install',
    ...debianPackages,
  ]);
  for (const name of readdirSync(archives).filter((one) => one.endsWith('.deb'))) {
    run('dpkg', ['-x', join(archives, name), debian]);
  }
  return {
    folder,
    pythonPath: join(debian, 'usr/lib/python3/dist-packages'),
    versions: {
      punchline: versionOf('package.json'),
      hyperbeam: `${versionOf(join(folder, 'node_modules/hyperbeam/package.json'))} (hyperdht ${versionOf(join(folder, 'node_modules/hyperdht/package.json'))})`,
      'magic-wormhole': candidateOf('magic-wormhole'),
    },
    remove,
  };
}

/** Only what goes wrong is said. */
function run(program: string, words: readonly string[]): void {
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function versionOf(path: string): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

/** The version that apt-get installs. */
function candidateOf(name: string): string {
  const policy = execFileSync('apt-cache', ['policy', name], { encoding: 'utf8' });
  return /Candidate: (\S+)/.exec(policy)?.[1] ?? 'unknown';
}
