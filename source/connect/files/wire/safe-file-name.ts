import { safeText } from '../../../text/safe-text.ts';
import { trimEndOf } from '../../../text/trim-end.ts';

/**
 * Makes the name that a peer gives a file safe for every file system and for
 * the screen. The result is one component, which never leads out of its folder.
 * Invisible and control characters become visible (safe-text.ts).
 */

/** Bounds one component as ext4, APFS and NTFS do. NTFS counts UTF-16 units, which are never more than the bytes. */
const MAX_NAME_BYTES = 255;
/** Room for the number before the extension: ` (1000)`. */
const MAX_UNNUMBERED_BYTES = MAX_NAME_BYTES - 8;
/** A longer ending is not an extension, and is cut like the rest. */
const MAX_EXTENSION_BYTES = 20;

/** The characters that have a meaning on Windows, and the slash. */
const forbidden = /[/\\:*?"<>|]/g;
/** Names of devices on Windows, with any extension and any spaces before it. */
const devices = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i;

/**
 * Names that have an effect on programs as hidden names have, though they begin with no dot. With `HEAD` a folder is
 * a repository, and git reads its config and may run what it names. The others change how Windows treats a folder or a
 * drive.
 */
const obeyed = /^(?:head|desktop\.ini|autorun\.inf|thumbs\.db)$/i;

/** The folders of parts that have arrived begin with this. A peer could plant such a part, and a later run would go on with it. */
const reserved = /^\.punchline-/i;

/**
 * One safe component for a name of a peer; `file` if nothing is left of it. A hidden name begins with a dot or has an
 * effect on programs. It begins with `_` instead, unless `keepsHidden`.
 */
export function safeFileName(name: string, keepsHidden = false): string {
  const safe = safeComponent(name);
  if (safe.startsWith('.')) {
    return keepsHidden && !reserved.test(safe) ? safe : safe.replace(/^[. ]+/, '_');
  }
  return obeyed.test(safe) && !keepsHidden ? `_${safe}` : safe;
}

/** Whether a name counts as hidden, so that the person who accepts it decides whether it stays. */
export function isHiddenName(name: string): boolean {
  return safeFileName(name) !== safeFileName(name, true);
}

function safeComponent(name: string): string {
  // Bounded before it is searched. Windows drops dots and spaces at an end, so that two names would become one.
  const visible = safeText(name.slice(0, 4 * MAX_NAME_BYTES)).replaceAll(forbidden, '_');
  const trimmed = trimEndOf(cut(visible.trim()), '. ').trim();
  if (trimmed === '') {
    return 'file';
  }
  // When somebody types `*` in a shell, a name that begins with a hyphen would become an option.
  if (trimmed.startsWith('-')) {
    return trimmed.replace('-', '_');
  }
  return devices.test(trimmed) ? `_${trimmed}` : trimmed;
}

/** Puts a number before the extension: `photo (1).jpg`. */
export function numberedName(name: string, n: number): string {
  if (n === 0) {
    return name;
  }
  const { stem, extension } = parts(name);
  return `${stem} (${n})${extension}`;
}

function cut(name: string): string {
  if (Buffer.byteLength(name) <= MAX_UNNUMBERED_BYTES) {
    return name;
  }
  const { stem, extension } = parts(name);
  return `${fitting(stem, MAX_UNNUMBERED_BYTES - Buffer.byteLength(extension))}${extension}`;
}

function parts(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  return extension.length > 1 && Buffer.byteLength(extension) <= MAX_EXTENSION_BYTES
    ? { stem: name.slice(0, dot), extension }
    : { stem: name, extension: '' };
}

/** As many whole characters as fit into `maxBytes`. */
function fitting(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) {
      break;
    }
    end += character.length;
  }
  return text.slice(0, end);
}
