import type { PunchlineEvent } from '../events.ts';

/**
 * `--json`: one event a line, as it is. What JSON leaves as it is and a
 * terminal or a line reader would act on is escaped too: the peer's text goes
 * out verbatim, and yet cannot reach a terminal.
 */
/** DEL and C1, line and paragraph separators, and the controls that turn the direction of text. */
const active = /[\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

export function createJsonPrinter(write: (text: string) => void): (event: PunchlineEvent) => void {
  return (event) => {
    write(`${JSON.stringify(event).replaceAll(active, escaped)}\n`);
  };
}
