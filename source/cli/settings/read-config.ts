import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, PunchlineError, usageError } from '../../errors.ts';
import { parseConfig, type Config } from './config.ts';
import { homeFolder, xdgFolder } from '../../storage/home-folder.ts';

const ROOT = 0;
/** Bounds what is read: a link may lead to a file without an end. A file that names every key has 4 KB. */
const MAX_BYTES = 64 * 1024;
/**
 * The bit of a mode that lets all users write. The bit of the group does not
 * matter: many systems give each user a group of their own.
 */
const WRITABLE_BY_ALL = 0o002;
/** Without O_NONBLOCK, opening a pipe that nobody writes to would never return. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Reads the config file; a missing file counts as an empty one. Throws ERR_USAGE,
 * also if it belongs to another user, who could choose the rendezvous and where
 * files go.
 */
export function readConfig(): Config {
  const folder = configFolder();
  if (folder === undefined) {
    return {};
  }
  const path = join(folder, 'config.json');
  let text: string;
  try {
    text = readOwn(path);
  } catch (cause) {
    if (cause instanceof PunchlineError) {
      throw cause;
    }
    const code = errorCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return {};
    }
    const why =
      code === 'EACCES' || code === 'EPERM' ? 'this user has no permission' : `the system says ${code}`;
    throw new PunchlineError('ERR_USAGE', `the config file ${path} cannot be read: ${why}`, {
      hint: 'Make it readable for this user. HOME and XDG_CONFIG_HOME say where it is.',
      cause,
    });
  }
  return parseConfig(text, path);
}

/** The folder that the system wants for such files; undefined for a user without a home. */
function configFolder(): string | undefined {
  const { env, platform } = process;
  const home = homeFolder();
  if (platform === 'darwin') {
    return home && join(home, 'Library', 'Preferences', 'punchline');
  }
  if (platform === 'win32') {
    const folder = env['APPDATA'] || (home && join(home, 'AppData', 'Roaming'));
    return folder && join(folder, 'punchline', 'Config');
  }
  const folder = xdgFolder('XDG_CONFIG_HOME', '.config');
  return folder && join(folder, 'punchline');
}

function readOwn(path: string): string {
  const file = openSync(path, flags);
  try {
    const stats = fstatSync(file);
    const { mode, uid } = stats;
    const euid = process.geteuid?.();
    if (euid !== undefined && uid !== euid && uid !== ROOT) {
      throw notOwn(path, `it belongs to another user (${uid})`);
    }
    if (!stats.isFile()) {
      throw refused(path, 'it is not a file', 'Replace it by a file of JSON, or delete it.');
    }
    if (euid !== undefined && (mode & WRITABLE_BY_ALL) !== 0) {
      throw notOwn(path, 'all may write to it');
    }
    return decode(readBytes(file), path);
  } finally {
    closeSync(file);
  }
}

/** Returns one byte more than `MAX_BYTES` if there are more. */
function readBytes(file: number): Buffer {
  const bytes = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  for (let count = -1; count !== 0; length += count) {
    count = readSync(file, bytes, length, bytes.length - length, null);
  }
  return bytes.subarray(0, length);
}

/** Some editors begin a file with a byte order mark, which is no JSON. */
function decode(bytes: Buffer, path: string): string {
  if (bytes.length > MAX_BYTES) {
    throw refused(path, `it has more than ${MAX_BYTES} bytes`, 'Fix or delete it.');
  }
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isUtf16 || !isUtf8(bytes)) {
    throw refused(path, isUtf16 ? 'it is UTF-16' : 'it is not UTF-8', 'Save it as UTF-8.');
  }
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

function refused(path: string, why: string, hint: string): PunchlineError {
  return usageError(`the config file ${path}: ${why}`, hint);
}

function notOwn(path: string, why: string): PunchlineError {
  return refused(
    path,
    why,
    'It must belong to you or to root, and others must not be able to write to it. With sudo, "sudo -H" reads that of root.',
  );
}
