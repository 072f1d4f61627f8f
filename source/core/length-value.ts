/**
 * The one way in which fields are joined before they are hashed: each with its
 * length in front, so that no two different lists of fields give the same bytes.
 * It is `lv_cat` of draft-irtf-cfrg-cpace, used for all our keys as well.
 */

const encoder = new TextEncoder();

/** Concatenates the fields, each after its length in LEB128; a string counts as its UTF-8. */
export function lengthValue(...fields: readonly (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = typeof field === 'string' ? encoder.encode(field) : field;
      return [leb128(bytes.length), bytes];
    }),
  );
}

function leb128(length: number): Uint8Array {
  const digits: number[] = [];
  let rest = length;
  while (rest >= 0x80) {
    digits.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Uint8Array.from([...digits, rest]);
}
