import { completePath, isSought, soughtOf } from '../complete-path.ts';
import type { Completion } from './completion.ts';
import { listFolder } from '../list-folder.ts';
import type { TypedPath } from './slash-commands.ts';

/** What Tab makes of a path behind a command, or why nothing. */
export async function lookUpPath({
  head,
  typed,
  isFolder,
}: TypedPath): Promise<Completion | { readonly notice: string }> {
  const sought = soughtOf(typed);
  try {
    const items = await listFolder(sought.folder, (name) => isSought(sought, name));
    if (items === undefined) {
      return { notice: 'There is too much in this folder to look it up: type on.' };
    }
    const wanted = isFolder ? items.filter((item) => item.isFolder) : items;
    const completion = completePath(typed, wanted);
    return completion === undefined
      ? { notice: nothingText(sought.prefix, isFolder) }
      : { ...completion, text: head + completion.text };
  } catch (error) {
    return {
      notice: `${sought.folder || 'The current folder'} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    };
  }
}

function nothingText(prefix: string, isFolder: boolean): string {
  const what = isFolder ? 'folder' : 'file or folder';
  return prefix === '' ? `There is no ${what} in there.` : `No ${what} there begins with ${prefix}`;
}
