import { closeSync, fstatSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorCode, PunchlineError } from '../../errors.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { replaceFile } from '../../storage/replace-file.ts';
import { parseConfig } from './config.ts';
import { editConfig } from './edit-config.ts';
import { readText } from './load-config.ts';
import { openFlags } from './read-config.ts';

/** What the config file can say of the place: a server by its name, or this machine. */
export type KeptPlace = { readonly server: string } | { readonly here: true };

/**
 * Writes the place into the config file, and leaves all else in it as it is. A
 * missing file is made, for this user alone. Rejects with ERR_FILE if it cannot
 * be written, and with ERR_USAGE if what is there cannot be read: then it stays.
 */
export async function keepPlace(path: string, place: KeptPlace): Promise<void> {
  try {
    const { text, target, mode } = readExisting(path);
    const { server, here }: { server?: string; here?: true } = place;
    const edited = editConfig(editConfig(text, 'server', server), 'here', here);
    // What we write must be read the next time.
    parseConfig(edited, path);
    await replaceFile(target, edited, mode);
  } catch (error) {
    throw error instanceof PunchlineError
      ? error
      : new PunchlineError('ERR_FILE', `the config file ${path} cannot be written: ${fileTrouble(error)}`, {
          hint: 'Write the place into it yourself, or name it with each command.',
          cause: error,
        });
  }
}

/** The file may be a link into a folder under version control. The link stays. */
function readExisting(path: string): { text: string; target: string; mode: number } {
  let file: number;
  try {
    file = openSync(path, openFlags);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') {
      throw error;
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return { text: '{}\n', target: path, mode: 0o600 };
  }
  try {
    const text = readText(file, path);
    parseConfig(text, path);
    const { mode, uid } = fstatSync(file);
    if (process.geteuid !== undefined && uid !== process.geteuid()) {
      throw new Error(`it belongs to another user (${uid})`);
    }
    return { text, target: realpathSync.native(path), mode: mode & 0o777 };
  } finally {
    closeSync(file);
  }
}
