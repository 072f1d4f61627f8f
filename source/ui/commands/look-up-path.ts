import { promises } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { completePath, matchesQuery, pathQueryOf, type FolderItem } from './complete-path.ts';
import type { Completion } from './completion.ts';
import type { TypedPath } from './slash-commands.ts';
import { expandHome } from '../../storage/home-folder.ts';

/** Completes a path after a command, or says why it cannot. */
export async function lookUpPath({
  head,
  typed,
  isFolder,
}: TypedPath): Promise<Completion | { readonly notice: string }> {
  const query = pathQueryOf(typed);
  try {
    const items = await listFolder(query.folder, (name) => matchesQuery(query, name));
    if (items === undefined) {
      return { notice: 'This folder is too large to complete names in it. Type the path.' };
    }
    const wanted = isFolder ? items.filter((item) => item.isFolder) : items;
    const completion = completePath(typed, wanted);
    return completion === undefined
      ? { notice: nothingText(query.prefix, isFolder) }
      : { ...completion, text: head + completion.text };
  } catch (error) {
    return {
      notice: `${query.folder || 'The current folder'} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    };
  }
}

function nothingText(prefix: string, isFolder: boolean): string {
  const what = isFolder ? 'folder' : 'file or folder';
  return prefix === '' ? `This folder contains no ${what}.` : `No ${what} there begins with ${prefix}`;
}

/** The bounds of one listing. */
export interface ListLimits {
  readonly maxMs: number;
  readonly maxItems: number;
}

/**
 * Bounds how long Tab takes, because a network drive may need minutes, and how
 * much memory a folder of millions of files takes.
 */
const listLimits: ListLimits = { maxMs: 1000, maxItems: 10_000 };

/**
 * The entries of `folder` with the wanted names; an empty `folder` is the
 * current one. Resolves with undefined if the listing takes too long or is too
 * large. Rejects if the folder cannot be read.
 */
export async function listFolder(
  folder: string,
  isWanted: (name: string) => boolean,
  limits = listLimits,
): Promise<readonly FolderItem[] | undefined> {
  const path = expandHome(folder) || '.';
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), limits.maxMs);
  try {
    return await Promise.race([readItems(path, isWanted, limits), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function readItems(
  path: string,
  isWanted: (name: string) => boolean,
  { maxMs, maxItems }: ListLimits,
): Promise<readonly FolderItem[] | undefined> {
  const startedAt = performance.now();
  const items: FolderItem[] = [];
  const folder = await promises.opendir(path, { bufferSize: 1024 });
  for await (const entry of folder) {
    if (items.length === maxItems || performance.now() - startedAt > maxMs) {
      return undefined;
    }
    if (isWanted(entry.name)) {
      const isFolder = entry.isSymbolicLink()
        ? await leadsToFolder(join(path, entry.name))
        : entry.isDirectory();
      items.push({ name: entry.name, isFolder });
    }
  }
  return items;
}

async function leadsToFolder(path: string): Promise<boolean> {
  try {
    return (await promises.stat(path)).isDirectory();
  } catch {
    // A broken link is listed as well.
    return false;
  }
}
