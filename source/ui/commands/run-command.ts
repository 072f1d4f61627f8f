import { safeName } from '../../text/safe-text.ts';
import { PunchlineError } from '../../errors.ts';
import type { Chat } from '../../events.ts';
import { expandHome } from './path-text.ts';
import type { LogSwitch } from '../lines/conversation-log.ts';
import type { ShellCommand } from './slash-commands.ts';
import { durationText, failureText } from '../text/wording.ts';

/** Does what a command asks of the chat and of what stands around it; returns what to say about it. */
export function runCommand(chat: Chat, log: LogSwitch, command: ShellCommand): string {
  try {
    return result(chat, log, command);
  } catch (error) {
    if (error instanceof PunchlineError) {
      return failureText(error);
    }
    throw error;
  }
}

function result(chat: Chat, log: LogSwitch, command: ShellCommand): string {
  switch (command.kind) {
    case 'verify': {
      return verifyText(chat);
    }
    case 'name': {
      chat.rename(command.name);
      return `You are ${safeName(command.name)} to your friend from now on.`;
    }
    case 'heartbeat': {
      chat.beat(command.everyMs);
      return command.everyMs === undefined
        ? 'No more heartbeats.'
        : `A heartbeat every ${durationText(command.everyMs)}; /heartbeat off ends it.`;
    }
    case 'log': {
      if (command.file === undefined) {
        return log.isOn ? (log.off() ?? 'The log has ended.') : 'There is no log.';
      }
      const file = expandHome(command.file);
      log.to(file);
      return `From now on, what is said is appended to ${file}.`;
    }
    default: {
      return command satisfies never;
    }
  }
}

function verifyText(chat: Chat): string {
  const { verification } = chat;
  if (verification === undefined) {
    return 'There is nothing to compare: there has been no encrypted connection yet.';
  }
  // The words first: a small terminal has no room for all of it.
  return `${verification.join(' ')}. Compare with your friend, by voice: the same words on both sides mean that nobody is in between.`;
}
