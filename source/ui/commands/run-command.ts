import { safeName } from '../../text/safe-text.ts';
import { PunchlineError } from '../../errors.ts';
import type { Chat } from '../../events.ts';
import type { LogSwitch } from '../lines/log-switch.ts';
import type { ChatCommand } from './slash-commands.ts';
import { durationText, failureText } from '../text/wording.ts';

/** Runs a command that changes the chat or its log. Resolves with the sentence to show about it, unless an event tells. */
export async function runCommand(
  chat: Chat,
  log: LogSwitch,
  command: ChatCommand,
): Promise<string | undefined> {
  try {
    return await result(chat, log, command);
  } catch (error) {
    if (error instanceof PunchlineError) {
      return failureText(error);
    }
    throw error;
  }
}

async function result(chat: Chat, log: LogSwitch, command: ChatCommand): Promise<string | undefined> {
  switch (command.kind) {
    case 'verify': {
      return verifyText(chat);
    }
    case 'name': {
      chat.rename(command.name);
      return `Your friend now sees you as ${safeName(command.name)}.`;
    }
    case 'heartbeat': {
      chat.beat(command.everyMs);
      return command.everyMs === undefined
        ? 'No more heartbeats.'
        : `A heartbeat every ${durationText(command.everyMs)}; /heartbeat off stops it.`;
    }
    case 'friend': {
      chat.befriend(command.name);
      return undefined;
    }
    case 'unfriend': {
      chat.unfriend();
      return undefined;
    }
    case 'forget': {
      chat.forget();
      return 'What was kept of this conversation is removed. /clear empties the screen.';
    }
    case 'log': {
      if (command.file === undefined) {
        return log.isOn ? (log.off() ?? 'The log was closed.') : 'There is no log.';
      }
      const { existingPath } = await import('./file-commands.ts');
      const file = await existingPath(command.file);
      const { openConversationLog } = await import('../lines/conversation-log.ts');
      log.to(
        openConversationLog(file, ({ code, message, hint = '' }) => chat.report({ code, message, hint })),
      );
      return `From now on the chat is appended to ${file}.`;
    }
    default: {
      return command satisfies never;
    }
  }
}

function verifyText(chat: Chat): string {
  const { verification } = chat;
  if (verification === undefined) {
    return 'There is nothing to compare yet: there was no encrypted connection.';
  }
  // The words come first, because a small terminal may not have room for all of the sentence.
  return `${verification.join(' ')}. Compare them with your friend by voice: the same words on both sides prove that nobody is in between.`;
}
