import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, PunchlineError, usageError } from '../../errors.ts';
import { parseConfig, type Config } from './config.ts';
import { homeFolder, xdgFolder } from '../../storage/home-folder.ts';

const ROOT = 0;
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
    throw new PunchlineError('ERR_USAGE', `the config file ${path} cannot be read`, {
      hint: 'Fix or delete it.',
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
    const { mode, uid } = fstatSync(file);
    const euid = process.geteuid?.();
    if (euid !== undefined && uid !== euid && uid !== ROOT) {
      throw notOwn(path, `it belongs to another user (${uid})`);
    }
    if (euid !== undefined && (mode & WRITABLE_BY_ALL) !== 0) {
      throw notOwn(path, 'all may write to it');
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function notOwn(path: string, why: string): PunchlineError {
  return usageError(
    `the config file ${path}: ${why}`,
    'It must belong to you or to root, and others must not be able to write to it. With sudo, "sudo -H" reads that of root.',
  );
}
