/** The folder in which the workshop keeps its files. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, PunchlineError } from '../../errors.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { xdgFolder } from '../../storage/home-folder.ts';
import { ignoredVariable } from '../../storage/ignored-variable.ts';
import { ownFolder } from '../../storage/own-folder.ts';
import { safeText } from '../../text/safe-text.ts';

/** The folder of the workshop's files. Throws ERR_FILE if there is no safe place for it. */
export function workshopFolder(): string {
  const state = xdgFolder('XDG_STATE_HOME', '.local/state');
  try {
    if (state === undefined) {
      throw new Error(ignoredVariable('XDG_STATE_HOME') ?? 'this user has no home folder');
    }
    makeAbove(state);
    return ownFolder(join(ownFolder(join(state, 'punchline')), 'workshop'));
  } catch (cause) {
    throw new PunchlineError(
      'ERR_FILE',
      `there is no safe place for the progress: ${state === undefined || errorCode(cause) === undefined ? '' : `${safeText(state)}: `}${fileTrouble(cause)}`,
      { hint: 'Set XDG_STATE_HOME to a folder of your own.', cause },
    );
  }
}

/** A new user has no `~/.local` yet, and ownFolder makes no more than two levels. It tells of any other trouble. */
function makeAbove(state: string): void {
  try {
    mkdirSync(dirname(state), { mode: 0o700 });
  } catch {
    // It is there already, or it cannot be made.
  }
}
