import { constants, type Stats } from 'node:fs';
import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { isHiddenName } from '../wire/safe-file-name.ts';
import { errorCode } from '../../../errors.ts';
import { WRITABLE } from '../../../storage/own-folder.ts';
import { parseJson } from '../../../text/parse-json.ts';
import type { Brought } from '../wire/incoming-order.ts';

const { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } = constants;

const schema = v.object({
  // Only paths as safe-file-name.ts makes them, so that a journal cannot lead anywhere else.
  path: v.pipe(v.string(), v.regex(/^(?:$|(?!\.{0,2}(?:\/|$))[^/\\:]+(?:\/(?!\.{0,2}(?:\/|$))[^/\\:]+)*$)/)),
  isFolder: v.boolean(),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  // Whether the name that the peer gave it is hidden.
  isHidden: v.optional(v.boolean()),
  // The key of a folder whose name here differs from its path: see local-paths.ts.
  key: v.optional(v.string()),
});

export type Begun = Readonly<v.InferOutput<typeof schema>>;

/** The entries of an offer that were begun, in order, and the process that began them. */
export interface Journal {
  readonly owner: number;
  readonly entries: readonly Begun[];
}

/** Undefined if a later run cannot go on with it. A last line that was not written to its end does not count. */
function parseJournal(lines: string, owner: string): Journal | undefined {
  const pid = Number(owner);
  if (!Number.isInteger(pid) || pid < 1) {
    return undefined;
  }
  const entries: Begun[] = [];
  for (const line of lines.split('\n').slice(0, -1)) {
    try {
      entries.push(v.parse(schema, parseJson(line)));
    } catch {
      return undefined;
    }
  }
  return { owner: pid, entries };
}

/** Whether all entries have the names that they should have, given whether hidden names stay. */
export function agreesWith({ entries }: Journal, keepsHidden: boolean): boolean {
  return entries.every(({ path, isHidden }) => {
    const components = path.split('/');
    if (!keepsHidden) {
      return !components.some((component) => isHiddenName(component));
    }
    return isHidden !== true || isHiddenName(components.at(-1) ?? '');
  });
}

/** The journal of a stage; undefined if the stage is not ours. The content is not checked. */
export async function readJournal(stage: string): Promise<Journal | undefined> {
  try {
    const stats = await lstat(stage);
    // Nothing is trusted in a folder that belongs to another user or that others can write to.
    const [owner, mode] = process.getuid === undefined ? [stats.uid, 0] : [process.getuid(), stats.mode];
    if (!stats.isDirectory() || stats.uid !== owner || (mode & WRITABLE) !== 0) {
      return undefined;
    }
    const [journal, pid] = await Promise.all(
      ['journal', 'owner'].map((name) => readFile(join(stage, name), 'utf8')),
    );
    return parseJournal(journal ?? '', pid ?? '');
  } catch {
    return undefined;
  }
}

/** What an earlier run has received, and the entries that this is made of. */
export interface Earlier {
  readonly brought: Brought;
  readonly entries: readonly Begun[];
}

/**
 * What an earlier run has received. The last file that was begun counts with its size on the disk; its hash will say
 * whether it is right. A file that is not there was skipped: what came before it counts, because the peer sends from
 * one point on, and may be able to send it now. Undefined if the disk holds something else than the journal says: after
 * a power cut files may have lost their bytes, and a link would lead anywhere.
 *
 * @param content the path of the offered file or folder.
 */
export async function readEarlier(content: string, { entries }: Journal): Promise<Earlier | undefined> {
  const brought = { entries: 0, files: 0, bytes: 0, partialBytes: 0 };
  const folders = new Set<string>();
  try {
    if (entries.some(({ path }) => path !== '')) {
      await expectFolder(content, '', folders);
    }
    for (const [index, { path, isFolder, bytes }] of entries.entries()) {
      if (path !== '' && !folders.has(path.slice(0, Math.max(0, path.lastIndexOf('/'))))) {
        return undefined;
      }
      if (isFolder) {
        await expectFolder(join(content, path), path, folders);
      } else {
        const stats = await statsOf(join(content, path));
        if (stats === undefined) {
          return { brought, entries: entries.slice(0, index) };
        }
        if (!stats.isFile()) {
          return undefined;
        }
        if (index === entries.length - 1) {
          return { brought: { ...brought, partialBytes: Math.min(stats.size, bytes) }, entries };
        }
        if (stats.size !== bytes) {
          return undefined;
        }
        brought.files += 1;
        brought.bytes += bytes;
      }
      brought.entries += 1;
    }
  } catch {
    return undefined;
  }
  return { brought, entries };
}

/** Undefined if nothing is there. */
async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

async function expectFolder(at: string, path: string, folders: Set<string>): Promise<void> {
  if (!(await lstat(at)).isDirectory()) {
    throw new Error(`${at} is no folder`);
  }
  folders.add(path);
}

/** Writes a journal that has these entries, and no link in its place. */
export async function rewriteJournal(stage: string, entries: readonly Begun[]): Promise<void> {
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  await writeFile(join(stage, 'journal'), lines, { flag: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW });
}

/** Removes files that are not in the journal, because the program ended before it noted them. They would take the names of files that come. */
export async function dropUnnoted(content: string, entries: readonly Begun[]): Promise<void> {
  const noted = new Set(entries.map(({ path }) => join(content, path)));
  // Some file systems spell a name in another way than it was given, with its accents apart.
  for (const { path } of entries) {
    noted.add(await identityOf(join(content, path)));
  }
  for (const { parentPath, name } of await readdir(content, { recursive: true, withFileTypes: true })) {
    const path = join(parentPath, name);
    const identity = noted.has(path) ? path : await identityOf(path).catch(() => path);
    if (!noted.has(identity)) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

/** Tells whether two paths lead to one file, or whether a path still leads to the same. */
export async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await lstat(path, { bigint: true });
  return `${dev} ${ino}`;
}
