import type { FileEvent } from '../events.ts';
import { appendEntry, type Transcript } from './entries.ts';
import { fileText } from './file-wording.ts';

/**
 * What happens to a file, in the transcript: where it was offered stands what
 * has become of it; its end is said where the conversation is by then, too.
 * `peer`: how the peer is called, safe for a terminal.
 */
export function withFileEvent(
  transcript: Transcript,
  event: FileEvent,
  at: number,
  peer: string,
): Transcript {
  if (event.state === 'progress') {
    return transcript;
  }
  if (event.state === 'offered') {
    return appendEntry(transcript, { kind: 'file', at, text: event.name, file: event });
  }
  const told = withState(transcript, event);
  const text = fileText(event, peer);
  // What we did ourselves, we know; an acceptance is seen by what it sets going.
  if (text === undefined || event.state === 'accepted' || event.by === 'me') {
    return told;
  }
  return appendEntry(told, { kind: 'note', at, text, tone: event.state === 'done' ? 'good' : 'bad' });
}

/** Looks from the end, where the offer mostly is. */
function withState(transcript: Transcript, event: FileEvent): Transcript {
  const { entries } = transcript;
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries.at(index);
    if (entry?.kind === 'file' && entry.file.id === event.id) {
      const file = { ...entry.file, ...event };
      return { ...transcript, entries: entries.with(index, { ...entry, file }) };
    }
  }
  return transcript;
}
