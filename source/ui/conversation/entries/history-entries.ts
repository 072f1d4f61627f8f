/** What was kept of an earlier conversation, as entries before those of this one. */
import type { HistoryEvent, PunchlineEvent } from '../../../events.ts';
import { historyText } from '../../friend/friend-text.ts';
import { appendEntry, appendRule, type Transcript } from './entries.ts';

/** Adds a message of an earlier conversation. The first one has its day above it. `name`: the peer's name. */
export function withHistory(
  transcript: Transcript,
  event: HistoryEvent & Pick<PunchlineEvent, 'at'>,
  name: string,
): Transcript {
  const { from, text, writtenAt } = event;
  // The rules on days need a time that a Date knows.
  const at = Number.isFinite(new Date(writtenAt).getTime()) ? writtenAt : event.at;
  const message = { kind: 'message', from, name, id: '', text, at } as const;
  const begun = transcript.entries.length === 0 ? appendRule(transcript, at) : transcript;
  return appendEntry(begun, { ...message, delivered: true, isPast: true });
}

/** Adds the rule below these messages. It has the time of the last of them, so that the day of what follows is shown. */
export function withHistoryEnd(transcript: Transcript, count: number): Transcript {
  return appendRule(transcript, transcript.entries.at(-1)?.at ?? 0, historyText(count));
}
