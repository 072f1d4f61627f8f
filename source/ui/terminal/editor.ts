import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { errorCode } from '../../errors.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { ownTempFolder } from '../../storage/own-folder.ts';
import { MAX_DRAFT_LENGTH } from '../composer/step-composer.ts';

/** The text as the editor left it, or a sentence that says why there is none. */
export type Edited = { readonly text: string } | { readonly notice: string };

/** A shell's exit code for a command that does not exist (POSIX, 2.8.2). */
const NOT_FOUND = 127;

/**
 * Lets the user edit `text` in `editor`, which has the terminal until it ends.
 * The text is in a file that only the user can read, and that is removed
 * afterwards. This never rejects: if something goes wrong, it resolves with a
 * notice, and the caller keeps the old text. Aborting the signal ends the
 * editor.
 */
export async function editText(text: string, editor: string, signal: AbortSignal): Promise<Edited> {
  let folder: string | undefined;
  try {
    folder = ownTempFolder('punchline-');
    const file = join(folder, 'message.txt');
    writeFileSync(file, text, { mode: 0o600 });
    const failure = await run(editor, file, signal);
    if (failure !== undefined) {
      return { notice: `${failure} The draft is unchanged.` };
    }
    const edited = readFileSync(file, 'utf8');
    if (edited.length > MAX_DRAFT_LENGTH) {
      const kept = file;
      folder = undefined;
      return { notice: `The text is too long: a message has at most 64 KiB. It is kept in ${kept}.` };
    }
    // Editors add a newline to the last line.
    return { text: edited.replace(/\r?\n$/, '') };
  } catch (error) {
    // An error without a code names the folder already.
    const what = errorCode(error) === undefined ? '' : 'the file of the draft cannot be used: ';
    return { notice: `Editing failed: ${what}${fileTrouble(error)}.` };
  } finally {
    if (folder !== undefined) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function ignore(): void {}

/**
 * Starts the editor through a shell, because $EDITOR may hold options. Resolves
 * with what went wrong, or undefined. The shell has a trap for INT, so that it
 * waits for the editor even if the editor handles Ctrl-C itself.
 */
function run(editor: string, file: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    // The terminal sends Ctrl-C to every process of the job. While the editor runs, only the editor may act on it.
    const listeners = process.rawListeners('SIGINT') as (() => void)[];
    process.removeAllListeners('SIGINT');
    process.on('SIGINT', ignore);
    function finish(failure: string | undefined): void {
      process.off('SIGINT', ignore);
      for (const listener of listeners) {
        process.on('SIGINT', listener);
      }
      resolve(failure);
    }
    const child = spawn('/bin/sh', ['-c', `trap : INT; ${editor} "$1"`, 'sh', file], {
      stdio: 'inherit',
      signal,
    });
    child.once('error', (error) => finish(`The editor did not start: ${fileTrouble(error)}.`));
    child.once('exit', (code, killed) => {
      if (code === 0) {
        finish(undefined);
      } else if (code === NOT_FOUND) {
        finish(`The editor ${editor} was not found. Set $VISUAL or $EDITOR to another one.`);
      } else {
        finish(`The editor ended with ${code === null ? String(killed) : `exit code ${code}`}.`);
      }
    });
  });
}
