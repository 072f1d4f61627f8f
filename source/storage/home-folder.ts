/** Where a user's files are, as the environment says; whether it may be believed is for own-folder to say. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** An absolute path; undefined where HOME is none, and for a user who has no home. */
export function homeFolder(): string | undefined {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : undefined;
  } catch {
    // Without HOME, a number that has no entry in the list of users.
    return undefined;
  }
}

/** The folder that a variable of the XDG Base Directory Specification names, which says to ignore relative ones. */
export function xdgFolder(
  variable: 'XDG_CACHE_HOME' | 'XDG_CONFIG_HOME',
  inHome: '.cache' | '.config',
): string | undefined {
  const named = process.env[variable];
  if (named !== undefined && isAbsolute(named)) {
    return named;
  }
  const home = homeFolder();
  return home && join(home, inHome);
}
