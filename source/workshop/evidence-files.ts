/** Reads what was recorded of a lab, and what chats have told. */
import * as v from 'valibot';
import { PunchlineError } from '../errors.ts';
import { parseRecording } from '../lab/watch/drawing/recording.ts';
import type { WatchEvent } from '../lab/watch/watch-events.ts';
import { fileTrouble } from '../storage/file-trouble.ts';
import { readBoundedFile } from '../storage/read-bounded-file.ts';
import { parseJson } from '../text/parse-json.ts';
import { safeText } from '../text/safe-text.ts';
import type { ChatEvent } from './judge/evidence.ts';

/** Bounds what is read of a file. Twenty sprays of 1,024 dials have 20 MB. */
const MAX_BYTES = 128 * 1024 * 1024;

const chatEventSchema = v.looseObject({ event: v.pipe(v.string(), v.maxLength(40)) });

/** The events of a watched lab. The last line may still be under way, and is left out then. Throws as parseRecording does. */
export function readRecording(path: string): readonly WatchEvent[] {
  const text = readText(path);
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole === '' ? [] : parseRecording(whole, path);
}

/** The events of a chat. Lines that are none are left out: a terminal adds its own. Throws ERR_FILE if there is none. */
export function readChat(path: string): readonly ChatEvent[] {
  const events = chatEventsIn(readText(path));
  if (events.length === 0) {
    throw unusable(path, 'it holds no events of a chat');
  }
  return events;
}

/** The lines of a text that are events of a chat. */
export function chatEventsIn(text: string): readonly ChatEvent[] {
  return linesIn(text).flatMap((line) => {
    const result = v.safeParse(chatEventSchema, jsonOf(line));
    return result.success ? [result.output] : [];
  });
}

function linesIn(text: string): readonly string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function readText(path: string): string {
  try {
    return readBoundedFile(path, MAX_BYTES, { followsLink: true }).text;
  } catch (cause) {
    throw unusable(path, fileTrouble(cause), cause);
  }
}

function jsonOf(line: string): unknown {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}

function unusable(path: string, why: string, cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_FILE', `the file ${safeText(path)} cannot be used: ${why}`, {
    hint: 'A chat writes its events with --json, for example: punchline chat --json | tee bob.jsonl.',
    cause,
  });
}
