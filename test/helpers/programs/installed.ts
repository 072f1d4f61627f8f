/** The package as a user has it: packed, and installed globally into an empty folder. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { startPunchline, type Punchline, type PunchlineOptions } from './punchline.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Packed {
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

export interface Installed extends Packed {
  /** Runs the command of the package, with this Node or with another one. */
  readonly run: (args: readonly string[], options?: PunchlineOptions, node?: string) => Punchline;
  readonly uninstall: () => void;
  readonly prefix: string;
  readonly remove: () => void;
}

/** Runs npm, and returns its stdout. Throws if it fails. */
export function npm(args: readonly string[], cwd: string): string {
  const { error, status, stderr, stdout } = spawnSync('npm', args, { cwd, encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    throw error ?? new Error(`npm ${args.join(' ')} ends with ${status}: ${stderr}`);
  }
  return stdout;
}

/** Packs the build, and installs it. */
export function install(): Installed {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-installed-'));
  function remove() {
    rmSync(folder, { recursive: true, force: true });
  }
  try {
    const told: unknown = JSON.parse(
      npm(['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', folder], root),
    );
    // npm 11 and older tell a list, and later ones an object.
    const [packed] = Object.values(told as Record<string, Packed & { filename: string }>);
    if (packed === undefined) {
      throw new Error('npm pack tells of no package');
    }
    const prefix = join(folder, 'prefix');
    const offline = ['--global', '--prefix', prefix, '--offline', '--no-audit', '--no-fund'];
    npm(['install', ...offline, join(folder, packed.filename)], folder);
    const bin = join(prefix, 'bin', 'punchline');
    return {
      ...packed,
      prefix,
      remove,
      uninstall: () => void npm(['uninstall', ...offline, 'punchline'], folder),
      run: (args, options = {}, node = process.execPath) =>
        // The words before the arguments are this Node and the build, which this replaces.
        startPunchline(args, {
          ...options,
          under: ['sh', '-c', `shift 2; exec '${node}' '${bin}' "$@"`, 'sh'],
        }),
    };
  } catch (error) {
    remove();
    throw error;
  }
}
