import { readQuoted, writePath } from './path-text.ts';

export interface Completion {
  readonly text: string;
  /** What it can be, where it is more than one. */
  readonly choices: readonly string[];
}

/** What all of them begin with, in whole characters. */
export function sharedBeginning(words: readonly string[]): string {
  const [first = '', ...others] = words;
  let { length } = first;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) {
      length -= 1;
    }
  }
  return first.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** What a path that is being typed becomes with Tab. Pure: what is in the folder comes in. */

export interface FolderItem {
  readonly name: string;
  readonly isFolder: boolean;
}

/** Where to look for what is typed, and what the names there begin with. */
interface Sought {
  /** Empty for the current folder; else ends with a slash. */
  readonly folder: string;
  readonly prefix: string;
}

/** More are counted: a person types on instead of reading them. */
const MAX_CHOICES = 30;

export function soughtOf(typed: string): Sought {
  const { path } = readQuoted(typed);
  const end = path.lastIndexOf('/') + 1;
  return { folder: path.slice(0, end), prefix: path.slice(end) };
}

/** Hidden ones are meant only by who types the dot. */
export function isSought({ prefix }: Sought, name: string): boolean {
  return name.startsWith(prefix) && (prefix !== '' || !name.startsWith('.'));
}

/** `items`: all that are sought. Undefined: nothing there begins like that. */
export function completePath(typed: string, items: readonly FolderItem[]): Completion | undefined {
  const { folder, prefix } = soughtOf(typed);
  const quote = /^["']/.exec(typed)?.[0] as '"' | "'" | undefined;
  function written(path: string): string {
    return writePath(path, quote ?? '');
  }
  // These are no entries of a folder, and the way up all the same.
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
