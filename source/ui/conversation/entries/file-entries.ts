import type { FileEvent, PunchlineEvent, RefusedEvent } from '../../../events.ts';
import { appendEntry, changeNote, lengthOf, type Transcript } from './entries.ts';
import { refusedText } from '../../text/wording.ts';

/**
 * The transcript after a file's event. A file has one entry, which changes. If
 * something was said since the offer, that entry may be out of view, and the end
 * is told in a new one instead. The progress is not kept here. `name`: the
 * peer's name.
 */
export function withFileEvent(
  transcript: Transcript,
  event: FileEvent,
  at: number,
  name: string,
): Transcript {
  if (event.state === 'progress') {
    return transcript;
  }
  if (event.state === 'offered') {
    return appendEntry(transcript, { kind: 'file', at, name, text: event.name, file: event });
  }
  const { entries } = transcript;
  // The search starts at the end, where the offer mostly is.
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries.at(index);
    if (entry?.kind === 'file' && entry.file.id === event.id) {
      const file = { ...entry.file, ...event };
      // The user needs no news about their own actions, and an acceptance is followed by progress.
      const isNews = event.state !== 'accepted' && event.by !== 'me';
      const isToldBelow = isNews && index < entries.length - 1;
      const changed = isToldBelow ? { ...entry, isToldBelow } : { ...entry, file };
      const characters = transcript.characters - lengthOf(entry) + lengthOf(changed);
      const told = { ...transcript, entries: entries.with(index, changed), characters };
      return isToldBelow ? appendEntry(told, { ...entry, file, at }) : told;
    }
  }
  return transcript;
}

/**
 * The note about declined offers. The next offers of the same flood are added
 * to the last note, instead of one note each.
 */
export function withRefusedOffers(
  transcript: Transcript,
  event: RefusedEvent & Pick<PunchlineEvent, 'at'>,
): Transcript {
  const last = transcript.entries.at(-1);
  const before = last?.kind === 'note' ? (last.refusedOffers ?? 0) : 0;
  const refusedOffers = before + event.offers;
  const note = { at: event.at, text: refusedText({ ...event, offers: refusedOffers }), refusedOffers };
  return last === undefined || before === 0
    ? appendEntry(transcript, { kind: 'note', tone: 'bad', ...note })
    : changeNote(transcript, last.key, note);
}
