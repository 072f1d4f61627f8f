/** Files that a command writes little by little. */
import { closeSync, openSync } from 'node:fs';
import { errorCode, PunchlineError } from '../../errors.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { quote } from '../../text/safe-text.ts';
import { writeAll } from '../whole-output.ts';

export interface NewOutput {
  /** After a failure it writes no more. */
  readonly write: (chunk: Uint8Array | string) => void;
  /** Throws ERR_FILE if not everything could be written. */
  readonly close: () => void;
}

/** Makes a file that only this user may read. Throws ERR_FILE if that is not possible, or if the file is there already. */
export function openNewOutput(path: string): NewOutput {
  const descriptor = open(path);
  let failure: PunchlineError | undefined;
  return {
    write: (chunk) => {
      if (failure !== undefined) {
        return;
      }
      try {
        writeAll(descriptor, typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      } catch (cause) {
        failure = unwritable(path, cause, 'Make room on that disk, or choose another one.');
      }
    },
    close: () => {
      closeSync(descriptor);
      if (failure !== undefined) {
        throw failure;
      }
    },
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (cause) {
    const isThere = errorCode(cause) === 'EEXIST';
    throw unwritable(
      path,
      cause,
      isThere ? 'Choose another name, or delete it first.' : 'Choose another place.',
    );
  }
}

function unwritable(path: string, cause: unknown, hint: string): PunchlineError {
  return new PunchlineError('ERR_FILE', `the file ${quote(path)} cannot be written: ${fileTrouble(cause)}`, {
    hint,
    cause,
  });
}
