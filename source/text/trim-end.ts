/**
 * Removes these characters (one UTF-16 unit each) from the end of the text. A
 * regular expression would also start a match at each of them in the middle of
 * the text, and take time in proportion to the square of their number.
 */
export function trimEndOf(text: string, characters: string): string {
  let { length } = text;
  while (length > 0 && characters.includes(text.charAt(length - 1))) {
    length -= 1;
  }
  return text.slice(0, length);
}
