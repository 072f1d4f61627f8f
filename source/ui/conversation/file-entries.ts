import type { FileEvent, PunchlineEvent, RefusedEvent } from '../../events.ts';
import { appendEntry, type Transcript } from './entries.ts';
import { fileText, refusedText } from '../transfers/file-wording.ts';

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

/** Each second of a flood is no news of its own: what follows on a note of such offers is added to it. */
export function withRefusedOffers(
  transcript: Transcript,
  event: RefusedEvent & Pick<PunchlineEvent, 'at'>,
): Transcript {
  const { entries, characters } = transcript;
  const last = entries.at(-1);
  const before = last?.kind === 'note' ? (last.refusedOffers ?? 0) : 0;
  const refusedOffers = before + event.offers;
  const text = refusedText({ ...event, offers: refusedOffers });
  if (last?.kind !== 'note' || before === 0) {
    return appendEntry(transcript, { kind: 'note', at: event.at, text, tone: 'bad', refusedOffers });
  }
  return {
    entries: entries.with(entries.length - 1, { ...last, at: event.at, text, refusedOffers }),
    characters: characters - last.text.length + text.length,
  };
}

/** Looks from the end, where the offer mostly is. */
function withState(transcript: Transcript, event: FileEvent): Transcript {
  const { entries } = transcript;
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries.at(index);
    if (entry?.kind === 'file' && entry.file.id === event.id) {
      // A note tells why, and counts as text; here it would be kept once more, and not be counted.
      const { reason: _reason, ...file } = { ...entry.file, ...event };
      return { ...transcript, entries: entries.with(index, { ...entry, file }) };
    }
  }
  return transcript;
}
