import { formatJsonLine } from '../../text/json-line.ts';
import type { OmittedEvent, PunchlineEvent } from '../../events.ts';

/** `--json`: one event a line, as it is. */
export function createJsonPrinter(write: (text: string) => void): (event: PunchlineEvent) => void {
  return (event) => write(formatJsonLine(event));
}

/** Stands where so many events are missing. */
export function omittedJson(events: number): string {
  const omitted: OmittedEvent = { event: 'omitted', events };
  return formatJsonLine({ v: 1, at: Date.now(), ...omitted });
}
