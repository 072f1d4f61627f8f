/** Reads a recording: a file of the lines that `lab watch --json` prints. */
import * as v from 'valibot';
import { quote } from '../../../text/safe-text.ts';
import { PunchlineError } from '../../../errors.ts';
import { parseJson } from '../../../text/parse-json.ts';
import { watchEventSchema, type WatchEvent } from '../watch-events.ts';

/** Throws ERR_USAGE, which names the file and the line. */
export function parseRecording(text: string, path: string): readonly WatchEvent[] {
  const lines = text.split('\n');
  const events = lines.flatMap((line, index) => (line === '' ? [] : [parseLine(line, index + 1, path)]));
  if (events[0]?.event !== 'watch') {
    throw bad(path, 'it does not begin with a line of the event "watch"');
  }
  return events;
}

function parseLine(line: string, number: number, path: string): WatchEvent {
  let value: unknown;
  try {
    value = parseJson(line);
  } catch (cause) {
    throw bad(path, `line ${number} is not JSON`, cause);
  }
  const result = v.safeParse(watchEventSchema, value);
  if (result.success) {
    return result.output;
  }
  const [issue] = result.issues;
  throw bad(path, `line ${number}: ${v.getDotPath(issue) ?? 'event'}: ${issue.message}`, result.issues);
}

function bad(path: string, why: string, cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_USAGE', `${quote(path)} is no recording: ${why}`, {
    hint: 'A recording is what punchline lab watch NAME --record FILE writes.',
    ...(cause !== undefined && { cause }),
  });
}
