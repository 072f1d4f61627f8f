import { accessSync, constants, promises, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorCode, PunchlineError } from '../../errors.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import type { AcceptOptions, Chat } from '../../events.ts';
import { type Transfer, isUnderWay, isOpen } from '../transfers/transfers.ts';
import { expandHome } from '../../storage/home-folder.ts';
import { readPath } from './path-text.ts';
import type { FileCommand } from './slash-commands.ts';
import { failureText } from '../text/wording.ts';
import { fileName } from '../transfers/file-wording.ts';

/**
 * Runs a command about files. Resolves with a sentence if the command is wrong, otherwise with undefined. `downloads`:
 * the folder for received files, as it is shown to the user.
 */
export async function runFileCommand(
  chat: Chat,
  { kind, argument }: FileCommand,
  {
    transfers,
    downloads,
  }: { readonly transfers: readonly Transfer[]; readonly downloads: string | undefined },
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
      return acceptFile(chat, id, { argument: rest, downloads, ...(hidden && { options: { hidden } }) });
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
  const path = await existingPath(argument);
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

interface Acceptance {
  /** The folder that was typed; empty for that of the settings. */
  readonly argument: string;
  readonly downloads: string | undefined;
  readonly options?: AcceptOptions;
}

/** Checks the folder first: an offer can be accepted only once, and must not be spent on a wrong folder. */
async function acceptFile(
  chat: Chat,
  id: string,
  { argument, downloads, options }: Acceptance,
): Promise<string | undefined> {
  const typed = argument === '' ? undefined : resolve(await existingPath(argument));
  const folder = typed ?? (downloads === undefined ? undefined : resolve(expandHome(downloads)));
  const trouble = folder === undefined ? undefined : troubleWith(folder);
  if (trouble !== undefined) {
    return `${trouble}. The offer stays: name another folder with /accept ${id} FOLDER.`;
  }
  chat.acceptFile(id, typed, options);
  return undefined;
}

/**
 * Why nothing can be put into a folder. Undefined if something can. It does not
 * wait, so that a bare `/accept` has its effect before the next command.
 */
function troubleWith(folder: string): string | undefined {
  try {
    if (!statSync(folder).isDirectory()) {
      return `${folder} is not a folder`;
    }
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return errorCode(error) === 'ENOENT'
      ? `There is no folder ${folder}`
      : `Nothing can be put into ${folder}: ${fileTrouble(error)}`;
  }
}

/**
 * The typed path as it is, if such a file exists; otherwise the path without
 * quotes and escapes. It stays relative: the name of the current folder may not
 * be UTF-8, and would then be another one in a whole path.
 */
export async function existingPath(typed: string): Promise<string> {
  const asTyped = expandHome(typed);
  try {
    await promises.lstat(asTyped);
    return asTyped;
  } catch {
    return expandHome(readPath(typed));
  }
}

/** The commands that are about one file. */
export type AnswerKind = 'accept' | 'decline' | 'cancel';

/** The id of the file, and the rest of the argument: a folder or a reason. Or what is wrong. */
export type Answer = { readonly id: string; readonly rest: string } | { readonly wrong: string };

const nothing = {
  accept: 'There is no offer to accept.',
  decline: 'There is no offer to decline.',
  cancel: 'There is no file to cancel.',
} as const satisfies Record<AnswerKind, string>;

/**
 * Takes `--hidden` out of the argument of `/accept`. It may come first, after
 * the id, or last. A folder of that name must be written `./--hidden`.
 */
export function readHidden(argument: string): { readonly rest: string; readonly hidden: boolean } {
  const rest = argument.replace(/^((?:[rs]\d+\s+)?)--hidden(?:\s+|$)/, '$1').replace(/\s--hidden$/, '');
  return { rest, hidden: rest !== argument };
}

/** The file that `/accept`, `/decline` or `/cancel` is about. Without an id it is the only possible one. Pure. */
export function answerOf(kind: AnswerKind, argument: string, transfers: readonly Transfer[]): Answer {
  const [head = '', id] = /^([rs]\d+)(?:\s+|$)/.exec(argument) ?? [];
  const rest = argument.slice(head.length);
  const meant = transfers.filter((transfer) => isMeant(kind, transfer));
  const [first, ...others] = meant;
  if (first === undefined) {
    return { wrong: nothing[kind] };
  }
  const choices = meant.map(({ file }) => `/${kind} ${file.id} is ${fileName(file)}`).join('; ');
  if (id === undefined) {
    return others.length === 0 ? { id: first.file.id, rest } : { wrong: `Which one? ${choices}.` };
  }
  return meant.some(({ file }) => file.id === id)
    ? { id, rest }
    : { wrong: `You cannot ${kind} ${id}. Possible: ${choices}.` };
}

function isMeant(kind: AnswerKind, transfer: Transfer): boolean {
  const isOffer = isOpen(transfer);
  const isReceived = transfer.file.direction === 'received';
  return kind === 'cancel' ? isUnderWay(transfer) || (isOffer && !isReceived) : isOffer && isReceived;
}
