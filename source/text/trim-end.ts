/**
 * The text without those of the characters, one UTF-16 unit each, that stand at
 * its end. An expression would look for its beginning at each of them in the
 * middle of the text, too, and take the square of their number.
 */
export function trimEndOf(text: string, characters: string): string {
  let { length } = text;
  while (length > 0 && characters.includes(text.charAt(length - 1))) {
    length -= 1;
  }
  return text.slice(0, length);
}
