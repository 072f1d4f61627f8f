import { safeFileName } from './wire/safe-file-name.ts';
import { errorCode, PunchlineError } from '../../errors.ts';

const words: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  EEXIST: 'its name is taken already',
  ENOTEMPTY: 'its name is taken already',
  EISDIR: 'it is a folder',
  ENOTDIR: 'it is not a folder',
  ELOOP: 'it is a link',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full for this user',
  EROFS: 'the disk is read-only',
  EFBIG: 'the file is too large for the disk',
  EIO: 'the disk reports an error',
  ENAMETOOLONG: 'its name or path is too long',
  EMFILE: 'too many files are open',
};

/** An error of the system about a file, in words. The peer gets them too, so the system's own message, which names a path, is not used. */
export function fileTrouble(error: unknown): string {
  const code = errorCode(error);
  if (code !== undefined) {
    return words[code] ?? `the system says ${code}`;
  }
  return error instanceof Error ? error.message : String(error);
}

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
