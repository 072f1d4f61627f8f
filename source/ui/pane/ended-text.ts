/** The sentence in the pane of a chat that has ended, while the screen stays open. */
import type { ChatState } from '../conversation/chat-state.ts';
import { nameText } from '../text/peer-name.ts';

/** How an opened chat has ended, and how to close the screen. */
export function endedText(chat: ChatState): string {
  // In this case the screen closes at once. The ordinary screen keeps its last frame, which must not ask for a key.
  if (chat.ended?.reason === 'quit' || chat.ended?.reason === 'interrupted') {
    return 'The chat has ended.';
  }
  const name = nameText(chat.connection?.peerName ?? 'peer');
  const what =
    chat.ended?.reason === 'peer-left' ? `${name} has left.` : `The connection to ${name} is lost.`;
  return `${what} Press any key to close.`;
}
