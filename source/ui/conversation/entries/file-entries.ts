import type { FileEvent, PunchlineEvent, RefusedEvent } from '../../../events.ts';
import { appendEntry, type Transcript } from './entries.ts';
import { withoutNames } from '../../transfers/transfers.ts';
import { fileText, missingCount, refusedText } from '../../transfers/file-wording.ts';

/**
 * The transcript after a file's event. The entry of the offer is updated; the
 * end of the file is also told in a new note, because the offer may be out of
 * view by then. `peer`: the peer's name, safe for a terminal.
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
    return appendEntry(transcript, { kind: 'file', at, text: event.name, file: withoutNames(event) });
  }
  const told = withState(transcript, event);
  const text = fileText(event, peer);
  // The user needs no note about their own actions, and an acceptance is followed by progress.
  if (text === undefined || event.state === 'accepted' || event.by === 'me') {
    return told;
  }
  return appendEntry(told, { kind: 'note', at, text, tone: isWhole(event) ? 'good' : 'bad' });
}

function isWhole(event: FileEvent): boolean {
  return event.state === 'done' && missingCount(event) === undefined;
}

/**
 * The note about declined offers. The next offers of the same flood are added
 * to the last note, instead of one note each.
 */
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

/** Updates the entry of the offer. The search starts at the end, where the offer mostly is. */
function withState(transcript: Transcript, event: FileEvent): Transcript {
  const { entries } = transcript;
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries.at(index);
    if (entry?.kind === 'file' && entry.file.id === event.id) {
      // The note contains the reasons, and its length is counted. Here they would be kept twice, and not counted.
      const { reason: _reason, ...file } = { ...entry.file, ...withoutNames(event) };
      return { ...transcript, entries: entries.with(index, { ...entry, file }) };
    }
  }
  return transcript;
}
