import { numberedName } from './safe-file-name.ts';

/** A name in a folder: as it is sent, and as it is on the disk. */
export interface SentName {
  readonly name: string;
  readonly bytes: Buffer;
}

/** The longest character of UTF-8. */
const MAX_CHARACTER_BYTES = 4;

/**
 * The names of one folder as they are sent, sorted, so that the same folder is
 * always the same offer. A name on the disk may be any bytes, but paths are sent
 * as UTF-8: bytes that are not UTF-8 become visible, and a name that would then
 * be that of another file gets a number.
 */
export function sentNames(names: readonly Buffer[]): readonly SentName[] {
  const sent = names
    .filter((bytes) => isUtf8(bytes))
    .map((bytes): SentName => ({ name: bytes.toString(), bytes }));
  const taken = new Set(sent.map(({ name }) => name));
  const others = names.filter((bytes) => !isUtf8(bytes)).toSorted((one, other) => one.compare(other));
  for (const bytes of others) {
    const visible = visibleBytes(bytes);
    let name = visible;
    for (let n = 1; taken.has(name); n += 1) {
      name = numberedName(visible, n);
    }
    taken.add(name);
    sent.push({ name, bytes });
  }
  return sent.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Shows what is not UTF-8 as numbers: `caf⟨0xE9⟩.txt`, and several in a row as one: `⟨0x8EA9⟩`. */
export function visibleBytes(bytes: Buffer): string {
  let text = '';
  let wrong = '';
  for (let at = 0; at < bytes.length;) {
    const character = characterAt(bytes, at);
    if (character === undefined) {
      wrong += bytes.toString('hex', at, at + 1).toUpperCase();
      at += 1;
    } else {
      text += shown(wrong) + character.toString();
      wrong = '';
      at += character.length;
    }
  }
  return text + shown(wrong);
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString()).equals(bytes);
}

function shown(wrong: string): string {
  return wrong === '' ? '' : `⟨0x${wrong}⟩`;
}

/** The bytes of the character that begins there; undefined if none does. */
function characterAt(bytes: Buffer, at: number): Buffer | undefined {
  const end = Math.min(at + MAX_CHARACTER_BYTES, bytes.length);
  for (let to = at + 1; to <= end; to += 1) {
    const piece = bytes.subarray(at, to);
    if (isUtf8(piece)) {
      return piece;
    }
  }
  return undefined;
}
