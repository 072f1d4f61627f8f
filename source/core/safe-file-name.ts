import { safeText, withoutEnd } from './safe-text.ts';

/**
 * Names of files as a peer gives them, made fit for any file system and for
 * the eyes: one component, never a way out of the folder it is put in. What is
 * invisible or would be obeyed becomes visible (safe-text.ts).
 */

/** What ext4, APFS and NTFS take for one component; NTFS counts UTF-16 units, of which it is never more. */
const maxNameBytes = 255;
/** Room for the number before the extension: ` (1000)`. */
const maxUnnumberedBytes = maxNameBytes - 8;
/** Longer endings are no extensions, and are cut like the rest. */
const maxExtensionBytes = 20;

/** What Windows gives a meaning, and the slash of everybody else. */
const forbidden = /[/\\:*?"<>|]/g;
/** Names of devices on Windows, whatever extension they have, and whatever spaces before it. */
const devices = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i;

/** The name for a component of a path; `file` where nothing is left of it. */
export function safeComponent(name: string): string {
  // Bounded before it is looked through. Dots and spaces at an end are dropped by Windows, and make two names one.
  const visible = safeText(name.slice(0, 4 * maxNameBytes)).replaceAll(forbidden, '_');
  const trimmed = withoutEnd(cut(visible.trim()), /[. ]/).trim();
  if (trimmed === '') return 'file';
  return devices.test(trimmed) ? `_${trimmed}` : trimmed;
}

/** The name for what is put into the user's own folder: nothing that is hidden, or read by some program at its start. */
export function safeFileName(name: string): string {
  return safeComponent(name.trim().replace(/^[. ]+/, (dots) => (/[^. ]/.test(name) ? '_' : dots)));
}

/** The components of a path within a folder that is offered. Empty ones and dots mean nothing there. */
export function safePath(path: string): readonly string[] {
  return path
    .split('/')
    .filter((component) => component !== '' && component !== '.')
    .map(safeComponent);
}

/** ` (1)` before the extension: `photo (1).jpg`. */
export function numberedName(name: string, n: number): string {
  if (n === 0) return name;
  const { stem, extension } = parts(name);
  return `${stem} (${n})${extension}`;
}

function cut(name: string): string {
  if (Buffer.byteLength(name) <= maxUnnumberedBytes) return name;
  const { stem, extension } = parts(name);
  return `${fitting(stem, maxUnnumberedBytes - Buffer.byteLength(extension))}${extension}`;
}

function parts(name: string): { readonly stem: string; readonly extension: string } {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  return extension.length > 1 && Buffer.byteLength(extension) <= maxExtensionBytes
    ? { stem: name.slice(0, dot), extension }
    : { stem: name, extension: '' };
}

/** As many whole characters as fit. */
function fitting(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}
