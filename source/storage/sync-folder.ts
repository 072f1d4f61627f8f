import { promises } from 'node:fs';

/**
 * Lets new, renamed and removed entries of a folder survive a loss of power. A file system that cannot do this keeps them
 * as it does: nothing is thrown.
 */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await promises.open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // Windows opens no folder, and some file systems sync none.
  }
}
