import type { ChatState } from '../conversation/chat-state.ts';
import { reasonText } from '../connecting/nat-words.ts';
import { safeText } from '../../text/safe-text.ts';
import { wrapText } from '../text/text-layout.ts';

/** Why a chat has failed, in the order in which it is shown. The texts are not yet safe to show. */
export interface FailureParts {
  /** The reason in one sentence. */
  readonly verdict: string;
  /** What can be tried, one thing in each text. The most promising comes first. */
  readonly tries: readonly string[];
  /** The whole message, with its numbers. Empty if it is the verdict. */
  readonly message: string;
  /** What there is to know besides. May be empty. */
  readonly details: string;
}

export function failureParts(chat: ChatState): FailureParts {
  const { error, connection } = chat;
  const message = error?.message ?? 'Your friend left before there was a connection.';
  const impossible = connection === undefined ? impossibleText(chat) : undefined;
  const tries = error?.tries ?? [];
  // The hint begins with what can be tried.
  return {
    verdict: impossible ?? message,
    tries,
    message: impossible === undefined ? '' : `${message}.`,
    details: error?.hint.slice(tries.join(' ').length).trim() ?? '',
  };
}

/** Tells in one sentence that two such NATs let no direct connection through, if that was known. */
function impossibleText({ connecting: { nats }, error }: ChatState): string | undefined {
  // The peer may have left meanwhile, which is another reason.
  const isReason = nats?.direct === 'no' && error?.message.endsWith(`: ${nats.why}`) === true;
  return isReason ? `No direct line through these two NATs: ${reasonText(nats)}.` : undefined;
}

/** The rows of a list of what can be tried, with its heading. Empty if there is nothing. */
export function triesRows(tries: readonly string[], columns: number): readonly string[] {
  const rows = tries.flatMap((text) =>
    wrapText(safeText(text), Math.max(1, columns - 2)).map(
      (row, index) => `${index === 0 ? '-' : ' '} ${row}`,
    ),
  );
  return rows.length === 0 ? [] : ['Try:', ...rows];
}
