/**
 * Where named labs are found: a folder of this user's with one socket for each,
 * on which the lab's keeper listens. A socket that nobody listens on is what a
 * killed keeper left.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { quote } from '../core/quote.ts';
import { PunchlineError } from '../errors.ts';

/** Linux takes 107 bytes for the path of a socket, and the folder needs most of them. */
const namePattern = /^[a-z][a-z0-9-]{0,19}$/;

const suffix = '.lab';

/** Throws ERR_USAGE where a lab cannot be named so. */
export function checkLabName(name: string): void {
  if (namePattern.test(name)) return;
  throw new PunchlineError('ERR_USAGE', `${quote(name)} cannot be the name of a lab`, {
    hint: 'A name is a letter with up to 19 letters, digits and hyphens, in lower case. A site is NAME=WORDS.',
  });
}

/** The socket of the lab of that name. Throws ERR_PERMISSION where others could reach it. */
export function labSocket(name: string): string {
  checkLabName(name);
  return join(labFolder(), `${name}${suffix}`);
}

/** The names for which there is a socket, alive or not. */
export function labNames(): string[] {
  return readdirSync(labFolder())
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .filter((name) => namePattern.test(name))
    .toSorted();
}

/** Removes a socket that nobody listens on any more. */
export function removeSocket(path: string): void {
  rmSync(path, { force: true });
}

function labFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
  // `sudo` may leave the variable of the user who called it.
  const folder =
    isAbsolute(runtime) && isOwn(runtime)
      ? join(runtime, 'punchline')
      : join(tmpdir(), `punchline-${process.getuid?.()}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // In a place that all may write to, somebody else may have been first.
  if (isOwn(folder) && (lstatSync(folder).mode & 0o077) === 0) return folder;
  throw new PunchlineError('ERR_PERMISSION', `the folder ${folder} is open to others`, {
    hint: 'Remove it, or set XDG_RUNTIME_DIR to a folder of your own with the mode 0700.',
  });
}

function isOwn(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === process.getuid?.();
}
