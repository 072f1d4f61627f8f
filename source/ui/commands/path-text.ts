import { homeFolder } from '../../storage/home-folder.ts';

/**
 * Paths as people type them, and as terminals write them when a file is dropped
 * on them: in quotes, with backslashes before what is special, or as `file://`.
 * A backslash before a letter or a digit stays: nobody escapes those, and on
 * Windows it parts folders.
 */

/** What the text means, without quotes and escapes. */
export function readPath(text: string): string {
  return readQuoted(fromUrl(text) ?? text).path;
}

/** The path, and which quote is still open at its end. */
export function readQuoted(text: string): { readonly path: string; readonly open: '' | '"' | "'" } {
  let path = '';
  let open: '' | '"' | "'" = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    const next = text[at + 1] ?? '';
    if (character === '\\' && open !== "'" && /^[^\p{Letter}\p{Number}]$/u.test(next)) {
      path += next;
      at += 1;
    } else if (open === '' && (character === '"' || character === "'")) {
      open = character;
    } else if (character === open) {
      open = '';
    } else {
      path += character;
    }
  }
  return { path, open };
}

/** So that it is read as this path again, in the given quote, which stays open, or without one. */
export function writePath(path: string, quote: '' | '"' | "'"): string {
  if (quote === '"') {
    return `"${path.replaceAll(/["\\]/g, String.raw`\$&`)}`;
  }
  if (quote === "'") {
    return `'${path.replaceAll("'", String.raw`'\''`)}`;
  }
  return path.replaceAll(/[\s'"\\]/g, String.raw`\$&`);
}

/** Undefined for what is no URL of a file on this machine. */
function fromUrl(text: string): string | undefined {
  const [, path] = /^file:\/\/(?:localhost)?(\/.*)$/s.exec(text) ?? [];
  if (path === undefined) {
    return undefined;
  }
  try {
    return writePath(decodeURIComponent(path), '');
  } catch {
    return undefined;
  }
}

/** `~` and `~/…` in the home folder, where there is one; any other path stays. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=\/|$)/, () => homeFolder() ?? '~');
}

/** As people write it: what lies in the home folder begins with `~`. */
export function abbreviateHome(path: string): string {
  const home = homeFolder();
  return home !== undefined && (path === home || path.startsWith(`${home}/`))
    ? `~${path.slice(home.length)}`
    : path;
}
