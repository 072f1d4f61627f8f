/**
 * Paths as people type them, and as terminals insert them when a file is
 * dropped: in quotes, with backslashes before special characters, or as
 * `file://`. A backslash before a letter or a digit is kept: nobody escapes
 * those, and on Windows it separates folders.
 */

/** The path that the text means, without quotes and escapes. */
export function readPath(text: string): string {
  return readQuoted(fromUrl(text) ?? text).path;
}

/** The path, and the quote that is still open at the end of the text. */
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

/**
 * Writes a path so that `readPath` reads the same path. With a quote, the text
 * starts with it and does not close it.
 */
export function writePath(path: string, quote: '' | '"' | "'"): string {
  if (quote === '"') {
    return `"${path.replaceAll(/["\\]/g, String.raw`\$&`)}`;
  }
  if (quote === "'") {
    return `'${path.replaceAll("'", String.raw`'\''`)}`;
  }
  return path.replaceAll(/[\s'"\\]/g, String.raw`\$&`);
}

/** Undefined if the text is not the URL of a file on this machine. */
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
