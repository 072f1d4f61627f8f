/** What is said of a chat that has ended: on the screen, while it stays. */
import type { ChatState } from '../conversation/chat-state.ts';
import { nameText } from '../text/peer-name.ts';

/** One sentence on how a chat ended that had been open, and what to do. */
export function farewellText(chat: ChatState): string {
  // On the ordinary screen the last frame stays, when nobody waits for a key any more.
  if (chat.ended?.reason === 'quit' || chat.ended?.reason === 'interrupted') {
    return 'The chat has ended.';
  }
  const name = nameText(chat.connection?.peerName ?? 'peer');
  const what =
    chat.ended?.reason === 'peer-left' ? `${name} has left.` : `The connection to ${name} is lost.`;
  return `${what} Press any key to close.`;
}
