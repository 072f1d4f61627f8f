/**
 * Named labs have their sockets in a folder of this user's. The daemon of each
 * lab listens on one of them. A daemon that was killed leaves a socket on which
 * nobody listens.
 */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { quote } from '../../text/safe-text.ts';
import { PunchlineError } from '../../errors.ts';
import { removeTools } from './own-tools.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { ownFolder, ownTempFolder } from '../../storage/own-folder.ts';

/** Linux allows 107 bytes for the path of a socket, and the folder needs most of them. */
const namePattern = /^[a-z][a-z0-9-]{0,19}$/;

const suffix = '.lab';

/** Throws ERR_USAGE if this cannot be the name of a lab. */
export function checkLabName(name: string): void {
  if (namePattern.test(name)) {
    return;
  }
  throw new PunchlineError('ERR_USAGE', `${quote(name)} cannot be the name of a lab`, {
    hint: 'A name is a letter with up to 19 letters, digits and hyphens, in lower case. A site is NAME=WORDS.',
  });
}

/** The path of the lab's socket. Throws ERR_PERMISSION if others could reach it. */
export function labSocket(name: string): string {
  checkLabName(name);
  return join(labFolder(), `${name}${suffix}`);
}

/** The folder of the lab's own tools, beside its socket. */
export function labTools(socket: string): string {
  return `${socket.slice(0, -suffix.length)}.bin`;
}

/** The names that have a socket, whether a daemon listens on it or not. */
export function labNames(): string[] {
  return readdirSync(labFolder())
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .filter((name) => namePattern.test(name))
    .toSorted();
}

/** Removes a socket that nobody listens on any more, and the tools beside it. */
export function removeSocket(path: string): void {
  rmSync(path, { force: true });
  removeTools(labTools(path));
}

/** A new folder for files outside the labs, such as the socket of tmux. Throws ERR_PERMISSION if others could reach it. */
export function labTempFolder(): string {
  return orRefused(() => ownTempFolder('punchline-try-'));
}

function labFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? '';
  // `sudo` may leave the variable of the user who called it.
  const folder = isOwn(runtime)
    ? join(runtime, 'punchline')
    : join(tmpdir(), `punchline-${process.geteuid?.()}`);
  return orRefused(() => ownFolder(folder));
}

function isOwn(path: string): boolean {
  try {
    const stats = isAbsolute(path) ? lstatSync(path) : undefined;
    return stats?.isDirectory() === true && stats.uid === process.geteuid?.();
  } catch {
    // It is not there, or in a folder that is closed to this user.
    return false;
  }
}

/** Anybody who could replace a lab's socket could choose the command that this user runs to enter the lab. */
function orRefused(make: () => string): string {
  try {
    return make();
  } catch (cause) {
    throw new PunchlineError(
      'ERR_PERMISSION',
      `there is no safe place for the sockets of a lab: ${fileTrouble(cause)}`,
      {
        hint: 'Set XDG_RUNTIME_DIR and TMPDIR to a folder of your own with the mode 0700.',
        cause,
      },
    );
  }
}
