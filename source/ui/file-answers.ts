/** What `/accept`, `/decline` and `/cancel` mean, by what is offered and under way. Pure. */
import { fileName } from './transfers/file-wording.ts';
import { isUnderWay, isOpen, type Transfer } from './transfers/transfers.ts';

export type AnswerKind = 'accept' | 'decline' | 'cancel';

/** Which file is meant, and what stands behind its id: a folder, or why. Or what is wrong. */
export type Answer = { readonly id: string; readonly rest: string } | { readonly wrong: string };

const nothing = {
  accept: 'Nothing is offered to you.',
  decline: 'Nothing is offered to you.',
  cancel: 'Nothing is under way.',
} as const satisfies Record<AnswerKind, string>;

/**
 * What stands behind `/accept` without `--hidden`, which comes first, behind the id or last, and whether it was there. A
 * folder of that name is `./--hidden`.
 */
export function readHidden(argument: string): { readonly rest: string; readonly hidden: boolean } {
  const rest = argument.replace(/^((?:[rs]\d+\s+)?)--hidden(?:\s+|$)/, '$1').replace(/\s--hidden$/, '');
  return { rest, hidden: rest !== argument };
}

/** Without an id the only one is meant. */
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
    : { wrong: `${id} is not to ${kind}, but ${choices}.` };
}

function isMeant(kind: AnswerKind, transfer: Transfer): boolean {
  const isOffer = isOpen(transfer);
  const isReceived = transfer.file.direction === 'received';
  return kind === 'cancel' ? isUnderWay(transfer) || (isOffer && !isReceived) : isOffer && isReceived;
}
