import { randomBytes } from 'node:crypto';
import { promises } from 'node:fs';

/**
 * Puts a file with this text and mode in the place of another one, at once: whoever reads it sees the old one or the
 * new one, also after a crash. Rejects with Node's error, and then leaves all as it was.
 */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await promises.open(draft, 'wx', 0o600);
  try {
    try {
      await file.writeFile(text);
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await promises.rename(draft, path);
  } catch (error) {
    await promises.unlink(draft).catch(() => undefined);
    throw error;
  }
}
