import type { PunchlineEvent } from '../../events.ts';
import { type ChatState, reduceChat } from '../conversation/chat-state.ts';
import { emptyTranscript } from '../conversation/entries.ts';

/** Events of the conversation itself, which lines of text print and forget: a terminal or a file keeps it. */
const conversation: ReadonlySet<string> = new Set(['message', 'delivered', 'heartbeat', 'typing']);

/** The chat after `event`, without what was said in it. */
export function reduceForLines(state: ChatState, event: PunchlineEvent): ChatState {
  return conversation.has(event.event) ? state : { ...reduceChat(state, event), transcript: emptyTranscript };
}
