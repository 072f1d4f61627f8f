import type { PunchlineEvent } from '../../events.ts';
import { type ChatState, reduceChat } from '../conversation/chat-state.ts';
import { emptyTranscript } from '../conversation/entries/entries.ts';

/** Events of the conversation itself. Lines of text print them and need not keep them. */
const conversation: ReadonlySet<string> = new Set(['message', 'history', 'delivered', 'heartbeat', 'typing']);

/** Returns the chat after `event`, but never its transcript. */
export function reduceForLines(state: ChatState, event: PunchlineEvent): ChatState {
  return conversation.has(event.event) ? state : { ...reduceChat(state, event), transcript: emptyTranscript };
}
