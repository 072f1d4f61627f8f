import { ProtocolError } from '../errors.ts';

/**
 * Bounds how deep a stranger's JSON is nested. The deepest message has four levels (`matched`, its `peer`, the peer's
 * `mapped`, the values in it); the rest is room for later fields. Deeper JSON is not parsed at all, because work on a
 * value can grow with the square of its depth: JSON.stringify() takes 7 ms for 4,000 arrays that fit into 8 KiB.
 */
export const MAX_JSON_DEPTH = 8;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Parses a stranger's text. Throws ProtocolError if it is nested too deeply, and SyntaxError if it is not JSON. A
 * `__proto__` in it is a field like any other.
 */
export function parseJson(text: string): unknown {
  if (isDeep(text)) {
    throw new ProtocolError(`JSON that is nested more than ${MAX_JSON_DEPTH} levels deep`);
  }
  return JSON.parse(text);
}

/** Takes time in proportion to the length. Whether the text is JSON is left to the parser. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) {
        return true;
      }
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) {
      depth -= 1;
    }
  }
  return false;
}

/** The index of its closing quote, or the length of the text if there is none. Searches fast: most of a long line is one string. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) {
    end = text.indexOf('"', end + 1);
  }
  return end === -1 ? text.length : end;
}

/** Whether an odd number of backslashes stands before the quote. No backslash is looked at for two quotes. */
function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text.charCodeAt(start - 1) === BACKSLASH) {
    start -= 1;
  }
  return (at - start) % 2 === 1;
}
