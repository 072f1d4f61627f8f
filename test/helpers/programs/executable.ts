/** Single executables, as a user has them. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Installed } from './installed.ts';
import { startPunchline } from './punchline.ts';

const builder = fileURLToPath(new URL('../../../.config/executable/build.ts', import.meta.url));

/** Makes executables in a folder, as `npm run executable` does. Returns what the command says, and how it ends. */
export function buildExecutables(folder: string, ...names: readonly string[]) {
  const { status, stderr, stdout } = spawnSync(process.execPath, [builder, '--into', folder, ...names], {
    encoding: 'utf8',
  });
  return { status, stderr, stdout };
}

/** Runs an executable, where no Node is on the PATH. The words stand before it. */
export function runnerOf(file: string, under: readonly string[] = []): Pick<Installed, 'run'> {
  return {
    run: (args, { env, ...options } = {}) =>
      startPunchline(args, {
        ...options,
        env: { PATH: '/nonexistent', ...env },
        // The words before the arguments are this Node and the build, which this replaces.
        under: [
          '/bin/sh',
          '-c',
          `shift 2; exec ${[...under, file].map((word) => `'${word}'`).join(' ')} "$@"`,
          'sh',
        ],
      }),
  };
}
