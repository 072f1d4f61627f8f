import type { Chat } from '../../events.ts';
import { failureLines } from '../../text/failure-lines.ts';
import { createJsonPrinter, omittedJson } from './json.ts';
import type { LogSwitch } from './log-switch.ts';
import { omittedLine, Outlet } from './outlet.ts';
import { createPlainPrinter } from './plain.ts';
import { sendTypedLines } from './typed-lines.ts';

export interface LinesOptions {
  /** Whether they are events as JSON; else they are for people. */
  readonly isJson: boolean;
  /** Where files are put unless another folder is named, in words. */
  readonly downloads: string;
  /** Whether the end of stdin is the end of the chat. */
  readonly endsWithInput: boolean;
}

/** A chat as lines on stdout and stdin. Resolves when nothing more is read from there. */
export async function showLines(
  chat: Chat,
  log: LogSwitch,
  { isJson, downloads, endsWithInput }: LinesOptions,
): Promise<void> {
  const { stdin, stdout, stderr } = process;
  // Whoever read our output is gone: there is nobody to talk for.
  stdout.on('error', () => chat.leave());
  // While whoever reads it takes nothing, neither do we.
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
  // The plain face tells a failure too: on one terminal, once is enough.
  const told = !isJson && stdout.isTTY && stderr.isTTY;
  chat.subscribe((event) => {
    if (event.event === 'error' && !told) {
      stderr.write(failureLines(event));
    }
  });
  // A script's lines are what it wants to say; `/quit` alone has always been its way to leave.
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
  });
}
