/** The peer's name in lines and sentences. The peer chooses it, so it must not pass for anything but a name. */
import { safeName } from '../../text/safe-text.ts';

/** The name before a message: `<anna>`. Angle brackets in the name itself are replaced. */
export function nameLabel(name: string): string {
  return `<${safeName(name).replaceAll('<', '‹').replaceAll('>', '›')}>`;
}

/**
 * The name in a sentence: `anna`, or in quotes if it is more than one word:
 * `"Ada Lovelace"`. A name that looks like ours has its mark before the quotes:
 * `peer "you"`. Must not be applied twice.
 */
export function nameText(name: string): string {
  const safe = safeName(name);
  // A name of letters, digits, dots and hyphens cannot look like a sentence.
  return /^(?:[\p{L}\p{M}\p{N}._\-]+|peer "[^"]+")$/v.test(safe) ? safe : `"${safe.replaceAll('"', "'")}"`;
}
