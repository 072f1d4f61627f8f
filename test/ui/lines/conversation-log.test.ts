// This import must be the first, because it counts only the code that is compiled after it.
import { workOf } from '../../helpers/steps/counted-work.ts';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openConversationLog, type ConversationLog } from '../../../source/ui/lines/conversation-log.ts';

interface StalledLog {
  readonly log: ConversationLog;
  /** Reads everything that is in the pipe. */
  readonly read: () => string;
}

/** Opens a log into a pipe that is read only when the test says so. */
function openStalled(): StalledLog {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-stalled-'));
  const path = join(folder, 'chat.log');
  execFileSync('mkfifo', [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  onTestFinished(() => {
    closeSync(reader);
    rmSync(folder, { recursive: true });
  });
  const buffer = Buffer.alloc(1024 * 1024);
  return {
    log: openConversationLog(path, () => {}),
    read: () => buffer.toString('utf8', 0, readSync(reader, buffer)),
  };
}

function say(log: ConversationLog, from: number, count: number): void {
  for (let n = from; n < from + count; n++) {
    log.print({ v: 1, at: 0, event: 'message', from: 'peer', id: `${n}`, text: `${n}` });
  }
}

test('twice the messages that wait for a file take at most 2.5 times the steps', () => {
  say(openStalled().log, 0, 1);
  const one = workOf(() => say(openStalled().log, 0, 10_000));
  const two = workOf(() => say(openStalled().log, 0, 20_000));
  expect(two.steps / one.steps).toBeLessThanOrEqual(2.5);
});

test('lines that have waited are written whole and in order when the file can be written again', () => {
  const { log, read } = openStalled();
  say(log, 0, 10_000);
  let text = '';
  for (let n = 10_000; n < 10_100; n++) {
    text += read();
    say(log, n, 1);
  }
  text += read();
  expect(log.close()).toBeUndefined();
  const numbers = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').at(-1));
  expect(numbers).toEqual(Array.from({ length: 10_100 }, (_, n) => `${n}`));
});

test('the number of missing messages is told at the end', () => {
  const { log, read } = openStalled();
  say(log, 0, 10_000);
  const told = log.close();
  // The last one was written in part.
  const written = read().split('\n').length - 1;
  expect(told).toMatch(new RegExp(`^${10_000 - written} messages could not be written`));
});
