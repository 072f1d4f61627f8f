import { lstat } from 'node:fs/promises';
import { errorCode } from '../../../errors.ts';

const leadingNowhere: ReadonlySet<string> = new Set(['ENOENT', 'ELOOP']);

/** Whether this error, which came when the path was looked up, means that there is a link without a target. */
export async function leadsNowhere(path: string, error: unknown): Promise<boolean> {
  if (!leadingNowhere.has(errorCode(error) ?? '')) {
    return false;
  }
  const stats = await lstat(path).catch(() => undefined);
  return stats?.isSymbolicLink() === true;
}
