/** DEL and C1, line and paragraph separators, and the controls that turn the direction of text. */
const active = /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * A value as one line of JSON, ending with a newline, for stdout. What JSON
 * leaves as it is and a terminal or a line reader would act on is escaped too:
 * a stranger's text goes out verbatim, and yet cannot reach a terminal.
 */
export function formatJsonLine(value: object): string {
  return `${JSON.stringify(value).replaceAll(active, escaped)}\n`;
}
