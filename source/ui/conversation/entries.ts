/**
 * The lines of a transcript, before they are laid out: messages, notes about
 * the connection, and heartbeats. Every change makes a new list, and keeps the
 * entries that did not change, so that what was laid out of them stays valid.
 */
import type { FileEvent, HeartbeatEvent } from '../../events.ts';
import { EntryList } from './entry-list.ts';

export interface MessageEntry {
  readonly kind: 'message';
  /** Counts up from 0 and stays when older entries are dropped. */
  readonly key: number;
  readonly at: number;
  readonly from: 'me' | 'peer';
  readonly id: string;
  readonly text: string;
  /** Of our own: the peer has acknowledged it. */
  readonly delivered: boolean;
}

export interface NoteEntry {
  readonly kind: 'note';
  readonly key: number;
  readonly at: number;
  readonly text: string;
  /** Whether it is good or bad news; most notes are neither. */
  readonly tone?: 'good' | 'bad';
  /** Of a note about offers that were declined as they came: how many. */
  readonly refusedOffers?: number;
}

/** All heartbeats in a row, as one entry: they must not push the conversation away. */
export interface HeartbeatEntry {
  readonly kind: 'heartbeat';
  readonly key: number;
  readonly at: number;
  /** The number of the last one sent and received. */
  readonly sent: number | undefined;
  readonly received: number | undefined;
  /** Of the last one that came, or else went. */
  readonly text: string;
  /** The last known round trip, ms. */
  readonly ms: number | undefined;
}

/** A file or folder that is offered, and what has become of that. */
export interface FileEntry {
  readonly kind: 'file';
  readonly key: number;
  readonly at: number;
  /** Its name. */
  readonly text: string;
  readonly file: FileEvent;
}

/** What follows happened on another day than what stands before. */
export interface DayEntry {
  readonly kind: 'day';
  readonly key: number;
  readonly at: number;
  readonly text: '';
}

export type Entry = MessageEntry | NoteEntry | HeartbeatEntry | FileEntry | DayEntry;

/** Distributes over the union: an entry that has no number yet. */
type NewEntryOf<One> = One extends Entry ? Omit<One, 'key'> : never;
export type NewEntry = NewEntryOf<Exclude<Entry, DayEntry>>;

export interface Transcript {
  readonly entries: EntryList<Entry>;
  /** The texts of all entries together, UTF-16 units. */
  readonly characters: number;
}

export const emptyTranscript: Transcript = { entries: new EntryList(), characters: 0 };

/** Bounds the memory of a chat that runs for weeks. */
export const MAX_ENTRIES = 50_000;
/** Bounds what a peer can make us keep: a message may have 64 KiB, 50,000 of them 3 GiB. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

/** A day that has begun since the last entry gets a line of its own before this one. */
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

/** The day of the place where the program runs, and where its clock jumps, so do the days. */
function dayOf(at: number): string {
  return new Date(at).toDateString();
}

/** Ticks our message `id`; looks from the end, where it nearly always is. */
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
