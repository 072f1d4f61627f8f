import { closeSync, openSync, writeSync } from 'node:fs';
import { PunchlineError } from '../errors.ts';
import type { PunchlineEvent } from '../events.ts';
import { createLogPrinter } from './log.ts';

/**
 * `--log FILE`: appends the conversation, readable for its owner alone. Throws
 * ERR_FILE where the file cannot be written; where it cannot be any more, says
 * so once on stderr, and the chat goes on.
 */
export function openConversationLog(path: string): (event: PunchlineEvent) => void {
  let file: number | undefined;
  try {
    file = openSync(path, 'a', 0o600);
  } catch (cause) {
    throw new PunchlineError('ERR_FILE', `the log ${path} cannot be written: ${reason(cause)}`, {
      hint: 'Choose another file with --log, or leave it out.',
      cause,
    });
  }
  const print = createLogPrinter((text) => {
    if (file === undefined) return;
    try {
      writeSync(file, text);
    } catch (error) {
      close();
      process.stderr.write(`punchline: the log ${path} cannot be written any more: ${reason(error)}\n`);
    }
  });
  const close = () => {
    if (file !== undefined) closeSync(file);
    file = undefined;
  };
  return (event) => {
    print(event);
    if (event.event === 'ended') close();
  };
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
