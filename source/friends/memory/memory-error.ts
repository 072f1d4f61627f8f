import { errorCode, PunchlineError } from '../../errors.ts';
import { fileTrouble, isDiskFull } from '../../storage/file-trouble.ts';
import { abbreviateHome } from '../../storage/home-folder.ts';

/** The use of a file that has failed. */
export type FileUse = 'read' | 'written' | 'removed';

/** An error of the system about a file of a friend's folder, as ERR_FILE. Any other error stays as it is. */
export function memoryError(path: string, use: FileUse, error: unknown): unknown {
  if (error instanceof PunchlineError || errorCode(error) === undefined) {
    return error;
  }
  return new PunchlineError(
    'ERR_FILE',
    `${abbreviateHome(path)} cannot be ${use}: ${fileTrouble(error)}`,
    isDiskFull(error)
      ? { hint: 'Make room on this disk. What was kept before is still there.', cause: error }
      : { hint: 'See that this user may read and write this file and its folder.', cause: error },
  );
}

/** Runs a task that uses this file. Rejects as memoryError() says. */
export async function usingFile<Result>(
  path: string,
  use: FileUse,
  task: () => Promise<Result>,
): Promise<Result> {
  try {
    return await task();
  } catch (error) {
    throw memoryError(path, use, error);
  }
}
