/** What was kept of an earlier conversation, as entries before those of this one. */
import type { HistoryEvent } from '../../../events.ts';
import { historyText } from '../../friend/friend-text.ts';
import { appendEntry, appendRule, type Transcript } from './entries.ts';

/** Adds a message of an earlier conversation. The first one has its day above it. `name`: the peer's name. */
export function withHistory(
  transcript: Transcript,
  { from, text, writtenAt }: HistoryEvent,
  name: string,
): Transcript {
  const message = { kind: 'message', from, name, id: '', text, at: writtenAt } as const;
  const begun = transcript.entries.length === 0 ? appendRule(transcript, writtenAt) : transcript;
  return appendEntry(begun, { ...message, delivered: true, isPast: true });
}

/** Adds the rule below these messages. It has the time of the last of them, so that the day of what follows is shown. */
export function withHistoryEnd(transcript: Transcript, count: number): Transcript {
  return appendRule(transcript, transcript.entries.at(-1)?.at ?? 0, historyText(count));
}
