import { promises } from 'node:fs';
import { resolve } from 'node:path';
import { PunchlineError } from '../../errors.ts';
import type { AcceptOptions, Chat } from '../../events.ts';
import { answerOf, readHidden } from '../file-answers.ts';
import type { Transfer } from '../transfers/transfers.ts';
import { expandHome } from '../home-path.ts';
import { readPath } from './path-text.ts';
import type { FileCommand } from './slash-commands.ts';
import { failureText } from '../text/wording.ts';

/** Does what a command asks about files; resolves with what is wrong with it, or undefined. */
export async function runFileCommand(
  chat: Chat,
  { kind, argument }: FileCommand,
  transfers: readonly Transfer[],
): Promise<string | undefined> {
  if (kind === 'send') {
    return sendFile(chat, argument);
  }
  const { rest: meant, hidden } =
    kind === 'accept' ? readHidden(argument) : { rest: argument, hidden: false };
  const answer = answerOf(kind, meant, transfers);
  if ('wrong' in answer) {
    return answer.wrong;
  }
  const { id, rest } = answer;
  switch (kind) {
    case 'accept': {
      return acceptFile(chat, id, rest, hidden ? { hidden } : undefined);
    }
    case 'decline': {
      chat.declineFile(id, rest === '' ? undefined : rest);
      return undefined;
    }
    case 'cancel': {
      chat.cancelFile(id);
      return undefined;
    }
    default: {
      return kind satisfies never;
    }
  }
}

async function sendFile(chat: Chat, argument: string): Promise<string | undefined> {
  const path = await existing(argument);
  try {
    await chat.sendFile(path);
    return undefined;
  } catch (error) {
    if (error instanceof PunchlineError) {
      return failureText(error);
    }
    throw error;
  }
}

/** What is wrong with a folder is said before the offer is spent on it. */
async function acceptFile(
  chat: Chat,
  id: string,
  argument: string,
  options: AcceptOptions | undefined,
): Promise<string | undefined> {
  if (argument === '') {
    chat.acceptFile(id, undefined, options);
    return undefined;
  }
  const folder = await existing(argument);
  try {
    if (!(await promises.stat(folder)).isDirectory()) {
      return `${folder} is no folder.`;
    }
  } catch {
    return `There is no folder ${folder}.`;
  }
  chat.acceptFile(id, folder, options);
  return undefined;
}

/** What was typed as it stands, where that is there; else what it means without quotes and escapes. */
async function existing(typed: string): Promise<string> {
  const [asTyped, meant] = [typed, readPath(typed)].map((path) => resolve(expandHome(path)));
  try {
    await promises.lstat(asTyped ?? '');
    return asTyped ?? '';
  } catch {
    return meant ?? '';
  }
}
