import type { Chat } from '../../events.ts';
import { isSameFile } from '../../storage/same-file.ts';
import { failureLines } from '../../text/failure-lines.ts';
import { createJsonPrinter, omittedJson } from './json.ts';
import type { LogSwitch } from './log-switch.ts';
import { omittedLine, Outlet } from './outlet.ts';
import { createPlainPrinter } from './plain.ts';
import { sendTypedLines } from './typed-lines.ts';
import { signals } from './until-ended.ts';

export interface LinesOptions {
  /** Whether the lines are JSON. If not, they are text for people. */
  readonly isJson: boolean;
  /** Where received files are put by default, as it is shown to the user. */
  readonly downloads: string;
  /** Whether the end of stdin ends the chat. */
  readonly endsWithInput: boolean;
  /** Asked when the chat has ended: whether a question follows, so that stdin has to stay open. */
  readonly isQuestionNext?: (() => boolean) | undefined;
}

/** Shows a chat as lines on stdout, and sends the lines of stdin. Resolves when stdin is not read any more. */
export async function showLines(
  chat: Chat,
  log: LogSwitch,
  { isJson, downloads, endsWithInput, isQuestionNext }: LinesOptions,
): Promise<void> {
  const { stdin, stdout, stderr } = process;
  // If nobody can read the output, the chat is of no use.
  stdout.on('error', () => (stdout.isTTY ? onTerminalGone() : chat.leave()));
  function onTerminalGone(): void {
    chat.interrupt(signals.SIGHUP);
  }
  // While the reader of the output takes nothing, we take nothing from the peer.
  const outlet = new Outlet(stdout, {
    onHeld: () => chat.pause(),
    onFree: () => chat.resume(),
    missing: isJson ? omittedJson : omittedLine,
  });
  function write(text: string): void {
    return outlet.write(text);
  }
  chat.subscribe(({ event }) => {
    if (event === 'ended') {
      outlet.end();
    }
  });
  chat.subscribe(
    isJson
      ? createJsonPrinter(write)
      : createPlainPrinter(write, { ownMessages: !stdin.isTTY, terminal: stdout }),
  );
  // The plain lines tell a failure, too. If both streams go to one terminal or file, it would be there twice.
  const told = !isJson && isSameFile(stdout.fd, stderr.fd);
  chat.subscribe((event) => {
    if (event.event === 'error' && !told) {
      stderr.write(failureLines(event));
    }
  });
  // The lines of a script are messages. Only `/quit` is a command there.
  const hasCommands = !isJson && stdin.isTTY;
  const commands = hasCommands ? await import('../commands/line-commands.ts') : undefined;
  await sendTypedLines({
    input: stdin,
    output: stdout,
    chat,
    commands: !isJson,
    onCommand: commands?.createLineCommands(chat, log, write, { downloads, terminal: stdout }),
    endsChat: endsWithInput,
    scripted: !stdin.isTTY,
    onTerminalGone,
    keepsInput: isQuestionNext,
  });
}
