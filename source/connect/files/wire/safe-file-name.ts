import { safeText } from '../../../text/safe-text.ts';
import { trimEndOf } from '../../../text/trim-end.ts';

/**
 * Names of files as a peer gives them, made fit for any file system and for
 * the eyes: one component, never a way out of the folder it is put in. What is
 * invisible or would be obeyed becomes visible (safe-text.ts).
 */

/** What ext4, APFS and NTFS take for one component; NTFS counts UTF-16 units, of which it is never more. */
const MAX_NAME_BYTES = 255;
/** Room for the number before the extension: ` (1000)`. */
const MAX_UNNUMBERED_BYTES = MAX_NAME_BYTES - 8;
/** Longer endings are no extensions, and are cut like the rest. */
const MAX_EXTENSION_BYTES = 20;

/** What Windows gives a meaning, and the slash of everybody else. */
const forbidden = /[/\\:*?"<>|]/g;
/** Names of devices on Windows, whatever extension they have, and whatever spaces before it. */
const devices = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i;

/**
 * Names without a dot by which a program obeys what lies beside them, as it obeys hidden ones: with `HEAD` a folder is
 * a repository, whose config git reads and may run; the others customize a folder or a drive on Windows.
 */
const obeyed = /^(?:head|desktop\.ini|autorun\.inf|thumbs\.db)$/i;

/** How the folders begin in which what has come waits for the rest: what a peer lays there would be gone on with. */
const reserved = /^\.punchline-/i;

/**
 * One component for a name of a peer; `file` where nothing is left of it. A hidden name, one that begins with a dot or
 * is obeyed by a program, begins with `_` instead, unless `keepsHidden`.
 */
export function safeFileName(name: string, keepsHidden = false): string {
  const safe = safeComponent(name);
  if (safe.startsWith('.')) {
    return keepsHidden && !reserved.test(safe) ? safe : safe.replace(/^[. ]+/, '_');
  }
  return obeyed.test(safe) && !keepsHidden ? `_${safe}` : safe;
}

/** Whether it is for the taker to say what becomes of the name. */
export function isHiddenName(name: string): boolean {
  return safeFileName(name) !== safeFileName(name, true);
}

function safeComponent(name: string): string {
  // Bounded before it is looked through. Dots and spaces at an end are dropped by Windows, and make two names one.
  const visible = safeText(name.slice(0, 4 * MAX_NAME_BYTES)).replaceAll(forbidden, '_');
  const trimmed = trimEndOf(cut(visible.trim()), '. ').trim();
  if (trimmed === '') {
    return 'file';
  }
  // Where somebody types `*`, a hyphen makes an option of it.
  if (trimmed.startsWith('-')) {
    return trimmed.replace('-', '_');
  }
  return devices.test(trimmed) ? `_${trimmed}` : trimmed;
}

/** ` (1)` before the extension: `photo (1).jpg`. */
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

/** As many whole characters as fit. */
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
