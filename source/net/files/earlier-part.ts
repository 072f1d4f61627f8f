import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Brought } from '../../connect/files/wire/incoming-order.ts';
import { parseJournal, type Begun, type Journal } from '../../connect/files/disk/journal.ts';

/** For any but the owner. */
const WRITABLE = 0o022;

/** The journal of a stage, whose content nobody has looked at; undefined where it is none of ours. */
export async function readJournal(stage: string): Promise<Journal | undefined> {
  try {
    const stats = await lstat(stage);
    // Somebody else's, or within reach of others, or no folder: not to be trusted with a single byte.
    const [owner, mode] = process.getuid === undefined ? [stats.uid, 0] : [process.getuid(), stats.mode];
    if (!stats.isDirectory() || stats.uid !== owner || (mode & WRITABLE) !== 0) return undefined;
    const [journal, pid] = await Promise.all(
      ['journal', 'owner'].map((name) => readFile(join(stage, name), 'utf8')),
    );
    return parseJournal(journal ?? '', pid ?? '');
  } catch {
    return undefined;
  }
}

/**
 * What an earlier run has brought. The last file that was begun counts by what is on the disk: whether it is whole is
 * for its hash to say. Undefined where something else is there than the journal says: after a power cut files may have
 * lost their bytes, and a link would lead anywhere.
 *
 * @param content where the file or the folder lies that is offered.
 */
export async function readBrought(content: string, { entries }: Journal): Promise<Brought | undefined> {
  const brought = { entries: 0, files: 0, bytes: 0, partialBytes: 0 };
  const folders = new Set<string>();
  try {
    if (entries.some(({ path }) => path !== '')) await expectFolder(content, '', folders);
    for (const [index, { path, isFolder, bytes }] of entries.entries()) {
      if (path !== '' && !folders.has(path.slice(0, Math.max(0, path.lastIndexOf('/'))))) return undefined;
      if (isFolder) {
        await expectFolder(join(content, path), path, folders);
      } else {
        const stats = await lstat(join(content, path));
        if (!stats.isFile()) return undefined;
        if (index === entries.length - 1) {
          return { ...brought, partialBytes: Math.min(stats.size, bytes) };
        }
        if (stats.size !== bytes) return undefined;
        brought.files += 1;
        brought.bytes += bytes;
      }
      brought.entries += 1;
    }
  } catch {
    return undefined;
  }
  return brought;
}

async function expectFolder(at: string, path: string, folders: Set<string>): Promise<void> {
  if (!(await lstat(at)).isDirectory()) throw new Error(`${at} is no folder`);
  folders.add(path);
}

/** Removes what was made and not noted any more: the program had ended in between, and it would take the name of what comes. */
export async function dropUnnoted(content: string, entries: readonly Begun[]): Promise<void> {
  const noted = new Set(entries.map(({ path }) => join(content, path)));
  for (const { parentPath, name } of await readdir(content, { recursive: true, withFileTypes: true })) {
    const path = join(parentPath, name);
    if (!noted.has(path)) await rm(path, { recursive: true, force: true });
  }
}
