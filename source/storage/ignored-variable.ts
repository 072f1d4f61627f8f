import { isAbsolute } from 'node:path';
import { quote } from '../text/safe-text.ts';

/** The reason why a variable is ignored, for a user who has no home instead: it names no absolute path. Else undefined. */
export function ignoredVariable(variable: 'XDG_DATA_HOME' | 'XDG_STATE_HOME'): string | undefined {
  const named = process.env[variable];
  return named === undefined || named === '' || isAbsolute(named)
    ? undefined
    : `${variable} is no absolute path (${quote(named)}), and this user has no home folder`;
}
