import type { Chat } from '../events.ts';
import { toPunchlineError } from '../network/to-punchline-error.ts';
import type { DueFiles } from './due-files.ts';

/**
 * Offers what is to be sent in any case. It was readable a moment ago. If it is
 * not any more, the user is told, and the chat goes on.
 */
export function offerFirst(chat: Chat, paths: readonly string[], dueFiles?: DueFiles): void {
  for (const path of paths) {
    const offered = chat.sendFile(path).then(
      () => true,
      (error: unknown) => {
        const { code, message, hint = '' } = toPunchlineError(error);
        chat.report({ code, message, hint });
        return false;
      },
    );
    dueFiles?.willOffer(offered);
  }
}
