/**
 * The entries of a transcript, before they are laid out: messages, notes about
 * the connection, heartbeats, files and days. Each change makes a new list and
 * keeps the unchanged entries, so that their cached layout stays valid.
 */
import type { FileEvent, HeartbeatEvent } from '../../../events.ts';
import { EntryList } from './entry-list.ts';

/** A message of either side. */
export interface MessageEntry {
  readonly kind: 'message';
  /** The entry's number. It counts up from 0, and does not change when older entries are dropped. */
  readonly key: number;
  /** In ms since the epoch, as in all entries. */
  readonly at: number;
  readonly from: 'me' | 'peer';
  readonly id: string;
  /** Not safe for a terminal yet, as in all entries. */
  readonly text: string;
  /** Whether the peer has acknowledged it, if it is ours. */
  readonly delivered: boolean;
}

/** A sentence about the connection, or about a file. */
export interface NoteEntry {
  readonly kind: 'note';
  readonly key: number;
  readonly at: number;
  readonly text: string;
  /** Set for good and bad news. Most notes are neither. */
  readonly tone?: 'good' | 'bad';
  /** For a note about offers that were declined automatically: how many. */
  readonly refusedOffers?: number;
}

/** Consecutive heartbeats, as one entry: they must not push the conversation off the screen. */
export interface HeartbeatEntry {
  readonly kind: 'heartbeat';
  readonly key: number;
  readonly at: number;
  /** The numbers of the last heartbeats that were sent and received. */
  readonly sent: number | undefined;
  readonly received: number | undefined;
  /** The text of the last heartbeat, in either direction. */
  readonly text: string;
  /** The last known round trip, in ms. */
  readonly ms: number | undefined;
}

/** A file or folder that was offered, with its current state. */
export interface FileEntry {
  readonly kind: 'file';
  readonly key: number;
  readonly at: number;
  /** The name of the file. */
  readonly text: string;
  readonly file: FileEvent;
}

/** The following entries are from another day than those before. */
export interface DayEntry {
  readonly kind: 'day';
  readonly key: number;
  readonly at: number;
  readonly text: '';
}

export type Entry = MessageEntry | NoteEntry | HeartbeatEntry | FileEntry | DayEntry;

/** An entry without its number. The conditional type distributes over the union. */
type NewEntryOf<One> = One extends Entry ? Omit<One, 'key'> : never;
export type NewEntry = NewEntryOf<Exclude<Entry, DayEntry>>;

/** Bounded: the oldest entries are dropped. */
export interface Transcript {
  readonly entries: EntryList<Entry>;
  /** The length of all texts together, in UTF-16 units. */
  readonly characters: number;
}

export const emptyTranscript: Transcript = { entries: new EntryList(), characters: 0 };

/** Bounds the memory of a chat that runs for weeks. */
export const MAX_ENTRIES = 50_000;
/** Bounds the memory that a peer can make us use: 50,000 messages of 64 KiB would be 3 GiB. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

/** Appends an entry. If it is the first one of a day, an entry for the day goes before it. */
export function appendEntry(transcript: Transcript, entry: NewEntry): Transcript {
  const last = transcript.entries.at(-1);
  const key = (last?.key ?? -1) + 1;
  const isAnotherDay = last !== undefined && dayOf(last.at) !== dayOf(entry.at);
  const entries = isAnotherDay
    ? transcript.entries
        .append({ kind: 'day', key, at: entry.at, text: '' })
        .append({ ...entry, key: key + 1 })
    : transcript.entries.append({ ...entry, key });
  let characters = transcript.characters + entry.text.length;
  let dropped = 0;
  while (
    entries.length - dropped > MAX_ENTRIES ||
    (characters > MAX_CHARACTERS && entries.length - dropped > 1)
  ) {
    characters -= entries.at(dropped)?.text.length ?? 0;
    dropped += 1;
  }
  return { entries: dropped === 0 ? entries : entries.drop(dropped), characters };
}

/** The local day. */
function dayOf(at: number): string {
  return new Date(at).toDateString();
}

/** Marks our message `id` as delivered. The search starts at the end, where the message nearly always is. */
export function markDelivered(transcript: Transcript, id: string): Transcript {
  const { entries } = transcript;
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries.at(index);
    if (entry?.kind === 'message' && entry.from === 'me' && entry.id === id) {
      return { ...transcript, entries: entries.with(index, { ...entry, delivered: true }) };
    }
  }
  return transcript;
}

/** Adds a heartbeat: to the last entry if that is one of heartbeats, otherwise as a new entry. */
export function withHeartbeat(
  transcript: Transcript,
  { direction, n, text, ms }: HeartbeatEvent,
  at: number,
): Transcript {
  const last = transcript.entries.at(-1);
  if (last?.kind !== 'heartbeat') {
    const numbers = { sent: undefined, received: undefined, [direction]: n };
    return appendEntry(transcript, { kind: 'heartbeat', at, ...numbers, text, ms });
  }
  const beat = { ...last, at, [direction]: n, text, ms: ms ?? last.ms };
  return {
    entries: transcript.entries.with(transcript.entries.length - 1, beat),
    characters: transcript.characters - last.text.length + text.length,
  };
}
