/** The folders of a user's files, as the environment names them. own-folder.ts checks that they are the user's own. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** An absolute path; undefined if HOME is not absolute, or if the user has no home. */
export function homeFolder(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    // HOME is not set, and the user's number is not in the list of users.
    return undefined;
  }
}

/** Replaces the `~` in `~` and `~/…` by the home folder, if there is one. Other paths stay. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=\/|$)/, () => homeFolder() ?? '~');
}

/** A path in the home folder as people write it: beginning with `~`. */
export function abbreviateHome(path: string): string {
  const home = homeFolder();
  return home !== undefined && (path === home || path.startsWith(`${home}/`))
    ? `~${path.slice(home.length)}`
    : path;
}

/** The folder that a variable of the XDG Base Directory Specification names. A relative path is ignored, as it demands. */
export function xdgFolder(
  variable: 'XDG_CACHE_HOME' | 'XDG_CONFIG_HOME' | 'XDG_DATA_HOME' | 'XDG_STATE_HOME',
  inHome: '.cache' | '.config' | '.local/share' | '.local/state',
): string | undefined {
  const named = process.env[variable];
  if (named !== undefined && isAbsolute(named)) {
    return named;
  }
  const home = homeFolder();
  return home && join(home, inHome);
}
