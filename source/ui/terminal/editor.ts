import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ownTempFolder } from '../../storage/own-folder.ts';
import { MAX_DRAFT_LENGTH } from '../composer/step-composer.ts';

/** Either the text as the editor left it, or why there is none. */
export type Edited = { readonly text: string } | { readonly notice: string };

/** What a shell says of a command that does not exist (POSIX, 2.8.2). */
const NOT_FOUND = 127;

/**
 * Lets a person edit `text` in `editor`, which has the terminal meanwhile: a
 * file readable for them alone, removed afterwards. Never rejects: what went
 * wrong is a notice, and the text is then as it was. An aborted signal ends the
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
      return { notice: `${failure} The draft is as it was.` };
    }
    const edited = readFileSync(file, 'utf8');
    if (edited.length > MAX_DRAFT_LENGTH) {
      const kept = file;
      folder = undefined;
      return { notice: `That is too long: a message has at most 64 KiB. It is kept in ${kept}.` };
    }
    // Editors end the last line.
    return { text: edited.replace(/\r?\n$/, '') };
  } catch (error) {
    return { notice: `No editor: ${error instanceof Error ? error.message : String(error)}.` };
  } finally {
    if (folder !== undefined) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function ignore(): void {}

/**
 * Through a shell, for editors that come with options; resolves with what went
 * wrong. A shell with a trap waits for the editor whatever that does with Ctrl-C.
 */
function run(editor: string, file: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Ctrl-C in the editor is the editor's, though the terminal sends it to all of us.
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
    child.once('error', (error) => finish(`The editor did not start: ${error.message}.`));
    child.once('exit', (code, killed) => {
      if (code === 0) {
        finish(undefined);
      } else if (code === NOT_FOUND) {
        finish(`The editor ${editor} is not there; $VISUAL or $EDITOR names it.`);
      } else {
        finish(`The editor ended with ${code === null ? String(killed) : `exit code ${code}`}.`);
      }
    });
  });
}
