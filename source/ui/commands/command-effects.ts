/**
 * What the commands of a chat do outside of the screen's state. It is loaded
 * with the views that come after the first frame: no command is entered before.
 */
import process from 'node:process';
import type { Chat } from '../../events.ts';
import { copyCommand } from '../copying/copy-command.ts';
import type { LogSwitch } from '../lines/log-switch.ts';
import { savePath } from '../path/save-path.ts';
import type { ScreenEffect, ScreenInput } from '../screen/screen-state.ts';
import { runFileCommand } from './file-commands.ts';
import { lookUpPath } from './look-up-path.ts';
import { runCommand } from './run-command.ts';

export type CommandEffect = Extract<
  ScreenEffect,
  { readonly kind: 'command' | 'files' | 'save-path' | 'copy' | 'complete' }
>;

/** What a command works on, besides the screen's state. */
export interface CommandGround {
  readonly chat: Chat;
  readonly log: LogSwitch;
  /** Writes sequences to the terminal that draw nothing. */
  readonly tell: (sequences: string) => void;
}

/** Runs the effect of a command. Resolves with what the screen should show about it, if anything. */
export async function runCommandEffect(
  effect: CommandEffect,
  { chat, log, tell }: CommandGround,
): Promise<ScreenInput | undefined> {
  const { pane } = effect;
  function notice(text: string): ScreenInput {
    return { kind: 'notice', pane, text };
  }
  function refused(text: string, reason: string): ScreenInput {
    return { kind: 'refused', pane, text, reason };
  }
  switch (effect.kind) {
    case 'command': {
      const text = await runCommand(chat, log, effect.command);
      return text === undefined ? undefined : notice(text);
    }
    case 'files': {
      const { command, text, ...given } = effect;
      const reason = await runFileCommand(chat, command, given);
      return reason === undefined ? undefined : refused(text, reason);
    }
    case 'save-path': {
      const done = await savePath(effect.chat, effect.file);
      return 'wrong' in done ? refused(effect.text, done.wrong) : notice(done.notice);
    }
    case 'copy': {
      const copied = copyCommand(effect.chat, effect.count, process.env);
      if ('refusal' in copied) {
        return refused(effect.text, copied.refusal);
      }
      tell(copied.sequence);
      return notice(copied.notice);
    }
    case 'complete': {
      const { path } = effect;
      const found = await lookUpPath(path);
      return 'notice' in found
        ? notice(found.notice)
        : { kind: 'completed', pane, text: path.head + path.typed, completion: found };
    }
    default: {
      return effect satisfies never;
    }
  }
}
