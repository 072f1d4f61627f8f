import { constants, openSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { errorCode } from '../../errors.ts';
import { homeFolder, xdgFolder } from '../../storage/home-folder.ts';
import type { Config } from './config.ts';

/** Without O_NONBLOCK, opening a pipe that nobody writes to would never return. */
export const openFlags = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Reads the config file; a missing file counts as an empty one. Most users have
 * none, and the first frame shall not wait for the code that reads it. A folder
 * in which this user can have none is told on stderr, and ignored. Throws
 * ERR_USAGE.
 */
export async function readConfig(): Promise<Config> {
  const named = process.env['XDG_CONFIG_HOME'] ?? '';
  if (named !== '' && !isAbsolute(named)) {
    const { tellRelative } = await import('./load-config.ts');
    tellRelative(named);
  }
  const path = configPath();
  if (path === undefined) {
    return {};
  }
  let file: number;
  try {
    file = openSync(path, openFlags);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return {};
    }
    const { tellIgnored } = await import('./load-config.ts');
    tellIgnored(path, error);
    return {};
  }
  const { loadConfig } = await import('./load-config.ts');
  return loadConfig(file, path);
}

/** Where the config file is, or would be; undefined for a user without a home. */
export function configPath(): string | undefined {
  const folder = configFolder();
  return folder && join(folder, 'config.json');
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
