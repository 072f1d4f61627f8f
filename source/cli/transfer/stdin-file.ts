import { createWriteStream, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PunchlineError } from '../../errors.ts';
import { fileTrouble, isDiskFull } from '../../storage/file-trouble.ts';
import { ownTempFolder } from '../../storage/own-folder.ts';
import { onSignals } from '../../ui/lines/until-ended.ts';

/** The peer sees this name. */
const name = 'stdin';

export interface StdinFile {
  readonly path: string;
  readonly remove: () => void;
}

/**
 * Reads stdin to its end, into a file for this user alone: an offer says how long the file is, and a transfer that was
 * cut goes on from the middle. Throws ERR_FILE.
 */
export async function stdinFile(): Promise<StdinFile> {
  let folder: string | undefined;
  function remove() {
    if (folder !== undefined) {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  // Nobody else listens to signals before there is a chat.
  const stopListening = onSignals((exit) => {
    remove();
    process.exit(exit);
  });
  try {
    folder = ownTempFolder('punchline-stdin-');
    const path = join(folder, name);
    if (process.stdin.isTTY) {
      process.stderr.write('* type the text; Ctrl-D on an empty line ends it\n');
    }
    await pipeline(process.stdin, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    return { path, remove };
  } catch (cause) {
    remove();
    throw new PunchlineError('ERR_FILE', `stdin cannot be kept for sending: ${fileTrouble(cause)}`, {
      hint: isDiskFull(cause)
        ? 'Make room in the folder for temporary files, or set TMPDIR to another one, or use punchline pipe.'
        : 'Set TMPDIR to a folder of your own, or use punchline pipe, which keeps nothing.',
      cause,
    });
  } finally {
    stopListening();
  }
}
