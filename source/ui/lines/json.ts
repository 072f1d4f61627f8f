import { formatJsonLine } from '../../text/json-line.ts';
import type { OmittedEvent, PunchlineEvent } from '../../events.ts';

/** Prints events for `--json`: each event is one line. */
export function createJsonPrinter(write: (text: string) => void): (event: PunchlineEvent) => void {
  return (event) => write(formatJsonLine(event));
}

/** Returns the line that replaces events that had to be dropped. */
export function omittedJson(events: number): string {
  const omitted: OmittedEvent = { event: 'omitted', events };
  return formatJsonLine({ v: 1, at: Date.now(), ...omitted });
}
