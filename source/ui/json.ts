import { formatJsonLine } from '../core/json-line.ts';
import type { PunchlineEvent } from '../events.ts';

/** `--json`: one event a line, as it is. */
export function createJsonPrinter(write: (text: string) => void): (event: PunchlineEvent) => void {
  return (event) => write(formatJsonLine(event));
}
