import type { PunchlineEvent } from '../events.ts';

/**
 * `--json`: one event a line, as it is. JSON escapes every control character,
 * so that the peer's text goes out verbatim and yet cannot reach a terminal.
 */
export function createJsonPrinter(write: (text: string) => void): (event: PunchlineEvent) => void {
  return (event) => {
    write(`${JSON.stringify(event)}\n`);
  };
}
