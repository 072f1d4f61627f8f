import { isUtf8 } from 'node:buffer';
import { promises } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { completePath, matchesQuery, pathQueryOf, type FolderItem } from './complete-path.ts';
import type { Completion } from './completion.ts';
import type { TypedPath } from './slash-commands.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { expandHome } from '../../storage/home-folder.ts';

/** Completes a path after a command, or says why it cannot. */
export async function lookUpPath({
  head,
  typed,
  isFolder,
}: TypedPath): Promise<Completion | { readonly notice: string }> {
  const query = pathQueryOf(typed);
  try {
    const found = await listFolder(query.folder, (name) => matchesQuery(query, name));
    if (found === undefined) {
      return { notice: 'This folder is too large to complete names in it. Type the path.' };
    }
    const wanted = isFolder ? found.items.filter((item) => item.isFolder) : found.items;
    const completion = completePath(typed, wanted);
    return completion === undefined
      ? { notice: nothingText(query.prefix, isFolder, found.hasUntypable) }
      : { ...completion, text: head + completion.text };
  } catch (error) {
    return {
      notice: `${query.folder || 'The current folder'} cannot be read: ${fileTrouble(error)}.`,
    };
  }
}

function nothingText(prefix: string, isFolder: boolean, hasUntypable: boolean): string {
  const what = isFolder ? 'folder' : 'file or folder';
  const nothing =
    prefix === '' ? `This folder contains no ${what}` : `No ${what} there begins with ${prefix}`;
  if (hasUntypable) {
    return `${nothing}, except names that are not UTF-8 and cannot be typed. Send the folder, or rename them.`;
  }
  return prefix === '' ? `${nothing}.` : nothing;
}

/** The names in a folder that somebody looks for. */
interface Found {
  readonly items: readonly FolderItem[];
  /** Whether some others look like them, but hold bytes that are not UTF-8, which nobody can type. */
  readonly hasUntypable: boolean;
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
): Promise<Found | undefined> {
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
): Promise<Found | undefined> {
  const startedAt = performance.now();
  const items: FolderItem[] = [];
  let hasUntypable = false;
  // The types of Node know only texts here.
  const folder = await promises.opendir(path, { encoding: 'buffer' as BufferEncoding, bufferSize: 1024 });
  for await (const entry of folder) {
    if (items.length === maxItems || performance.now() - startedAt > maxMs) {
      return undefined;
    }
    const bytes = Buffer.from(entry.name);
    const name = bytes.toString();
    if (!isWanted(name)) {
      continue;
    }
    if (!isUtf8(bytes)) {
      hasUntypable = true;
      continue;
    }
    const isFolder = entry.isSymbolicLink() ? await leadsToFolder(join(path, name)) : entry.isDirectory();
    items.push({ name, isFolder });
  }
  return { items, hasUntypable };
}

async function leadsToFolder(path: string): Promise<boolean> {
  try {
    return (await promises.stat(path)).isDirectory();
  } catch {
    // A broken link is listed as well.
    return false;
  }
}
