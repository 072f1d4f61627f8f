import { closeSync, writeSync } from 'node:fs';
import { errorCode, PunchlineError } from '../../errors.ts';
import type { PunchlineEvent } from '../../events.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { openOwnFile } from '../../storage/open-own-file.ts';
import { safeText } from '../../text/safe-text.ts';
import { fileText } from '../transfers/file-wording.ts';
import { friendText } from '../friend/friend-text.ts';
import { isTime } from '../friend/written-text.ts';
import { nameLabel, nameText } from '../text/peer-name.ts';
import { againText, countText, refusedText } from '../text/wording.ts';

/** Bounds the lines that wait while the file cannot be written. That is enough for hours of a chat. */
const MAX_WAITING_BYTES = 1024 * 1024;

export interface ConversationLog {
  readonly print: (event: PunchlineEvent) => void;
  /** Closes the file. Returns a sentence if messages are missing in it. */
  close(): string | undefined;
}

/**
 * Opens the file of `--log FILE`, to append the conversation. Only its owner can
 * read the file. Throws ERR_FILE if it cannot be opened. If it cannot be written
 * later, for example because the disk is full, `report` is called once. The
 * lines wait, and each further message tries to write them again.
 */
export function openConversationLog(
  path: string,
  report: (failure: PunchlineError) => void,
): ConversationLog {
  const file = open(path);
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  /** How many messages were dropped, because too many waited already. */
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
      report(unwritable(path, error, 'The chat goes on. The log is written as soon as that works again.'));
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
    throw unwritable(path, error, 'Choose another file with --log, or leave --log out.');
  }
}

/** The log itself is made if it is not there. So these errors are about its folder, or about a folder that may not be trusted. */
const reasons = new Map([
  ['ENOENT', 'its folder is not there'],
  ['ENOTDIR', 'its folder is not a folder'],
  ['ELOOP', 'it is a link, in a folder where others may write'],
]);

function unwritable(path: string, cause: unknown, hint: string): PunchlineError {
  const reason = reasons.get(errorCode(cause) ?? '') ?? fileTrouble(cause);
  return new PunchlineError('ERR_FILE', `the log ${path} cannot be written: ${reason}`, { hint, cause });
}

/** Whether the file is a pipe whose reader is slow. Writing to it will work later. */
function isBusy(error: unknown): boolean {
  return errorCode(error) === 'EAGAIN';
}

/**
 * Writes the conversation as lines for `--log`. Each message is one line, with
 * its time in ISO 8601: its line breaks are shown as signs. A message of the
 * peer begins with `<NAME> `, and one of ours with `> `, which no name can look
 * like. News of a file or a friend begins with `* `. What was kept of an earlier
 * conversation is left out.
 */
export function createLogPrinter(write: (text: string) => void): (event: PunchlineEvent) => void {
  let peerName = 'peer';
  let isConnected = false;
  return (event) => {
    if (event.event === 'connected') {
      isConnected = true;
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
          : event.event === 'friend' && event.state !== 'meeting'
            ? friendText(event, isConnected ? peerName : undefined)
            : undefined;
    if (happened !== undefined) {
      write(`${new Date(event.at).toISOString()} * ${safeText(happened)}\n`);
    }
    if (event.event !== 'message') {
      return;
    }
    if (event.writtenAt !== undefined) {
      write(`${new Date(event.at).toISOString()} * ${writtenForLog(event.writtenAt)}:\n`);
    }
    if (event.again === true) {
      write(`${new Date(event.at).toISOString()} * ${againText}\n`);
    }
    const author = event.from === 'me' ? '>' : nameLabel(peerName);
    write(`${new Date(event.at).toISOString()} ${author} ${safeText(event.text)}\n`);
  };
}

/** When a message was written that waited for its reader. */
function writtenForLog(at: number): string {
  return `written ${isTime(at) ? new Date(at).toISOString() : 'at an unknown time'}`;
}
