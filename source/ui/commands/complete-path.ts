import { type Completion, sharedBeginning } from './completion.ts';
import { readQuoted, writePath } from './path-text.ts';

/** An entry of a folder. */
export interface FolderItem {
  readonly name: string;
  readonly isFolder: boolean;
}

/** The folder to look in, and the beginning of the names to look for. */
interface PathQuery {
  /** Empty for the current folder. Otherwise ends with a slash. */
  readonly folder: string;
  readonly prefix: string;
}

/** Bounds the list that is shown. The user types on instead of reading more; the rest is only counted. */
const MAX_CHOICES = 30;

/** Splits a typed path, which may be quoted, at its last slash. */
export function pathQueryOf(typed: string): PathQuery {
  const { path } = readQuoted(typed);
  const end = path.lastIndexOf('/') + 1;
  return { folder: path.slice(0, end), prefix: path.slice(end) };
}

/** Hidden names are completed only if a dot was typed. */
export function matchesQuery({ prefix }: PathQuery, name: string): boolean {
  return name.startsWith(prefix) && (prefix !== '' || !name.startsWith('.'));
}

/**
 * Completes a typed path. `items` are the names that `matchesQuery`. Undefined
 * if there are none. Pure: the caller reads the folder.
 */
export function completePath(typed: string, items: readonly FolderItem[]): Completion | undefined {
  const { folder, prefix } = pathQueryOf(typed);
  const quote = /^["']/.exec(typed)?.[0] as '"' | "'" | undefined;
  function written(path: string): string {
    return writePath(path, quote ?? '');
  }
  // `~` and `..` are not entries of a folder, but can be completed.
  if (['~', '..'].includes(prefix) && (prefix === '..' || folder === '')) {
    return { text: written(`${folder}${prefix}/`), choices: [] };
  }
  const [first, ...others] = items.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  if (first === undefined) {
    return undefined;
  }
  if (others.length === 0) {
    const isEnd = !first.isFolder && quote !== undefined;
    return {
      text: written(folder + first.name + (first.isFolder ? '/' : '')) + (isEnd ? quote : ''),
      choices: [],
    };
  }
  const all = [first, ...others];
  const shared = sharedBeginning(all.map(({ name }) => name));
  const choices = all.slice(0, MAX_CHOICES).map(({ name, isFolder }) => (isFolder ? `${name}/` : name));
  const more = all.length - choices.length;
  return {
    text: written(folder + shared),
    choices: more === 0 ? choices : [...choices, `… and ${more} more`],
  };
}
