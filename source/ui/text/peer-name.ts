/** How the peer is called in lines and sentences: what it calls itself never passes for more than its name. */
import { safeName } from '../../text/safe-text.ts';

/** Before a message, `<anna>`: the name itself holds no such bracket. */
export function nameLabel(name: string): string {
  return `<${safeName(name).replaceAll('<', '‹').replaceAll('>', '›')}>`;
}

/** In a sentence: `anna`; in quotes where it is more than one word, `"Ada Lovelace"`. Not to be applied twice. */
export function nameText(name: string): string {
  const safe = safeName(name);
  // Letters, digits and what joins them make no sentence.
  return /^[\p{L}\p{M}\p{N}._\-]+$/v.test(safe) ? safe : `"${safe.replaceAll('"', "'")}"`;
}
