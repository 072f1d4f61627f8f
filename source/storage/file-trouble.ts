import { errorCode } from '../errors.ts';
import { systemWords } from '../text/system-words.ts';

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
  ENFILE: 'too many files are open',
  ENXIO: 'it is a pipe that nobody reads',
  EPIPE: 'its reader is gone',
  EBADF: 'it is closed',
};

/**
 * An error of the system about a file, in words. The peer may get them, too, so
 * the system's own message, which names a path, is not used. The message of an
 * error that has no code is ours already.
 */
export function fileTrouble(error: unknown): string {
  const code = errorCode(error);
  if (code !== undefined) {
    return words[code] ?? systemWords(code) ?? 'the system gives no reason';
  }
  return error instanceof Error ? error.message : String(error);
}

const full: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS']);

/** Whether another disk, or more room on this one, would have helped. */
export function isDiskFull(error: unknown): boolean {
  return full.has(errorCode(error) ?? '');
}
