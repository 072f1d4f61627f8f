import { promises } from 'node:fs';

/**
 * Creates a file that only this user may read, and writes the text into it. A
 * link that somebody else has put there is not followed, because nothing may be
 * there yet. Rejects with Node's error, and then leaves no file.
 */
export async function writeNewFile(path: string, text: string): Promise<void> {
  const file = await promises.open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
  } catch (error) {
    await promises.unlink(path).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
}
