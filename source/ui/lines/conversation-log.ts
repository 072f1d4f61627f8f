import { closeSync, writeSync } from 'node:fs';
import { errorCode, PunchlineError } from '../../errors.ts';
import type { PunchlineEvent } from '../../events.ts';
import { openOwnFile } from '../../storage/open-own-file.ts';
import { safeText } from '../../text/safe-text.ts';
import { fileText, refusedText } from '../transfers/file-wording.ts';
import { nameLabel, nameText } from '../text/peer-name.ts';
import { countText } from '../text/wording.ts';

/** Bounds what waits for a file that takes nothing: hours of a chat. */
const MAX_WAITING_BYTES = 1024 * 1024;

export interface ConversationLog {
  readonly print: (event: PunchlineEvent) => void;
  /** At the end: what is missing in the file, in words. */
  close(): string | undefined;
}

/**
 * `--log FILE`: appends the conversation, readable for its owner alone. Throws
 * ERR_FILE where the file cannot be opened. Where it takes nothing later, a full
 * disk for example, `report` is told once; what is said waits, and is tried
 * again with each message.
 */
export function openConversationLog(
  path: string,
  report: (failure: PunchlineError) => void,
): ConversationLog {
  const file = open(path);
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  /** Messages that found no room among those that wait. */
  let leftOut = 0;
  let isReported = false;

  function flush() {
    try {
      for (let line = waiting[0]; line !== undefined; line = waiting[0]) {
        const written = writeSync(file, line);
        waitingBytes -= written;
        if (written < line.length) {
          waiting[0] = line.subarray(written);
        } else {
          waiting.shift();
        }
      }
      isReported = false;
    } catch (error) {
      if (isReported || isBusy(error)) {
        return;
      }
      isReported = true;
      report(unwritable(path, error, 'The chat goes on, and what is said is written as soon as that works.'));
    }
  }
  function add(text: string) {
    const line = Buffer.from(text);
    if (waitingBytes + line.length > MAX_WAITING_BYTES) {
      return false;
    }
    waiting.push(line);
    waitingBytes += line.length;
    return true;
  }
  const print = createLogPrinter((line) => {
    flush();
    if (leftOut > 0 && add(`… ${countText(leftOut, 'message')} could not be written here …\n`)) {
      leftOut = 0;
    }
    if (leftOut > 0 || !add(line)) {
      leftOut += 1;
    }
    flush();
  });

  return {
    print,
    close: () => {
      flush();
      closeSync(file);
      const lines = waiting.length + leftOut;
      return lines === 0
        ? undefined
        : `${countText(lines, 'message')} could not be written to the log ${path}`;
    },
  };
}

function open(path: string): number {
  try {
    return openOwnFile(path);
  } catch (error) {
    throw unwritable(path, error, 'Choose another file with --log, or leave it out.');
  }
}

const reasons = new Map([
  ['ENXIO', 'it is a pipe that nobody reads'],
  ['ELOOP', 'it is a link, in a folder where others may write'],
]);

function unwritable(path: string, cause: unknown, hint: string): PunchlineError {
  const reason =
    reasons.get(errorCode(cause) ?? '') ?? (cause instanceof Error ? cause.message : String(cause));
  return new PunchlineError('ERR_FILE', `the log ${path} cannot be written: ${reason}`, { hint, cause });
}

/** A pipe whose reader takes its time: it will. */
function isBusy(error: unknown): boolean {
  return errorCode(error) === 'EAGAIN';
}

/**
 * `--log`: the conversation, one line a message with its time in ISO 8601. One
 * of the peer has its name, `<NAME> `, one of ours has none, `> `: no name can
 * look so. What becomes of files is a line with a star. Line breaks within a
 * message are shown, not made: one line is one message.
 */
export function createLogPrinter(write: (text: string) => void): (event: PunchlineEvent) => void {
  let peerName = 'peer';
  return (event) => {
    if (event.event === 'connected') {
      peerName = event.peer.name;
    }
    if (event.event === 'renamed') {
      peerName = event.name;
    }
    const happened =
      event.event === 'file'
        ? fileText(event, nameText(peerName))
        : event.event === 'refused'
          ? refusedText(event)
          : undefined;
    if (happened !== undefined) {
      write(`${new Date(event.at).toISOString()} * ${safeText(happened)}\n`);
    }
    if (event.event !== 'message') {
      return;
    }
    const author = event.from === 'me' ? '>' : nameLabel(peerName);
    write(`${new Date(event.at).toISOString()} ${author} ${safeText(event.text)}\n`);
  };
}
