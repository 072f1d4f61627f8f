/** DEL and C1, line and paragraph separators, and the controls that change the direction of text. */
const active = /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * A value as one line of JSON with its newline, for stdout. Characters that JSON
 * leaves alone, but on which a terminal or a line reader would act, are escaped,
 * too. So a program gets a stranger's text verbatim, and a terminal never does.
 */
export function formatJsonLine(value: object): string {
  return `${JSON.stringify(value).replaceAll(active, escaped)}\n`;
}
