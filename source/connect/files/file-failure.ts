import { safeFileName } from './wire/safe-file-name.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { PunchlineError } from '../../errors.ts';

/** Why an offer of this name cannot be put into the folder, in words. The peer gets them too, so they name no path of this side. */
export function troubleOf(name: string, folder: string, error: unknown): string {
  if (error instanceof PunchlineError) {
    return error.message.replaceAll(folder, 'the folder');
  }
  return `${safeFileName(name)} cannot be written: ${fileTrouble(error)}`;
}

/** A failure about files of this side that a person can mend. */
export function fileError(message: string, hint: string, cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_FILE', message, { hint, cause });
}
