import type { ChatState } from '../conversation/chat-state.ts';
import { nameText } from '../text/peer-name.ts';

/** In a few words, how a chat has ended whose screen stays open. */
export function endedText({ ended, connection }: ChatState): string {
  if (ended?.reason === 'peer-left') {
    return `${nameText(connection?.peerName ?? '')} has left`;
  }
  return connection === undefined ? 'not connected' : `lost ${nameText(connection.peerName)}`;
}
