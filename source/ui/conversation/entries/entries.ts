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
  /** The peer's name when the message came. Not safe for a terminal yet. Empty for our messages. */
  readonly name: string;
  /** Whether it is the first of its group. Only that one shows sender and time. */
  readonly isFirst: boolean;
  readonly id: string;
  /** Not safe for a terminal yet, as in all entries. */
  readonly text: string;
  /** Whether the peer has acknowledged it, if it is ours. */
  readonly delivered: boolean;
  /** The peer may have sent it before. */
  readonly again?: true;
  /** When it was written, if it waited for its reader since then. */
  readonly writtenAt?: number;
  /** It is of an earlier conversation. */
  readonly isPast?: true;
}

/** A sentence about the connection, or about a file. */
export interface NoteEntry {
  readonly kind: 'note';
  readonly key: number;
  readonly at: number;
  readonly text: string;
  /** Set for good and bad news, and for a relay. Most notes are none of these. */
  readonly tone?: 'good' | 'bad' | 'accent' | undefined;
  /** Marks a note on the line to the peer: it stands, or it was lost. */
  readonly mark?: '●' | '◌';
  /** For a note on a lost line: how often it was lost and came back, and for how long in all. */
  readonly losses?: { readonly count: number; readonly ms: number };
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
  /** The peer's name when it was offered. */
  readonly name: string;
  /** As for a message. A file belongs to the group of its sender's messages. */
  readonly isFirst: boolean;
  /** The name of the file. */
  readonly text: string;
  /** All that its events told, the latest value of each field. */
  readonly file: FileEvent;
  /** Whether a later entry tells what became of it. */
  readonly isToldBelow?: true;
}

/** The following entries are from another day than those before, or of another conversation. */
export interface DayEntry {
  readonly kind: 'day';
  readonly key: number;
  readonly at: number;
  /** Our words in place of the day; empty for the day itself. */
  readonly text: string;
}

export type Entry = MessageEntry | NoteEntry | HeartbeatEntry | FileEntry | DayEntry;

/** An entry without its number. The conditional type distributes over the union. */
type NewEntryOf<One> = One extends Entry ? Omit<One, 'key' | 'isFirst'> : never;
export type NewEntry = NewEntryOf<Exclude<Entry, DayEntry>>;

/** Bounded: the oldest entries are dropped. */
export interface Transcript {
  readonly entries: EntryList<Entry>;
  /** The length of all texts together, in UTF-16 units. */
  readonly characters: number;
  /** The group that the next message or file may belong to. */
  readonly group: Group | undefined;
}

/** Messages and files of one sender that follow each other. Notes between them do not end it. */
interface Group {
  readonly isOurs: boolean;
  /** The peer's name. */
  readonly name: string;
  /** The time of its first entry. */
  readonly at: number;
}

export const emptyTranscript: Transcript = { entries: new EntryList(), characters: 0, group: undefined };

/** Bounds the memory of a chat that runs for weeks. */
export const MAX_ENTRIES = 50_000;
/** Bounds the memory that a peer can make us use: 50,000 messages of 64 KiB would be 3 GiB. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

/** A group of messages ends after this time, so that each message has a time of day that is nearly its own. */
const MAX_GROUP_MS = 5 * 60_000;

/**
 * Appends an entry. If it is the first one of a day, an entry for the day goes
 * before it. A message or file that follows one of the same sender belongs to its group.
 */
export function appendEntry(transcript: Transcript, entry: NewEntry): Transcript {
  const last = transcript.entries.at(-1);
  const key = (last?.key ?? -1) + 1;
  const isAnotherDay = last !== undefined && dayOf(last.at) !== dayOf(entry.at);
  const group = groupOf(entry, isAnotherDay ? undefined : transcript.group);
  const isFirst = group !== transcript.group;
  const entries = isAnotherDay
    ? transcript.entries
        .append({ kind: 'day', key, at: entry.at, text: '' })
        .append(numbered(entry, key + 1, isFirst))
    : transcript.entries.append(numbered(entry, key, isFirst));
  let characters = transcript.characters + lengthOf(entry);
  let dropped = 0;
  while (
    entries.length - dropped > MAX_ENTRIES ||
    (characters > MAX_CHARACTERS && entries.length - dropped > 1)
  ) {
    const oldest = entries.at(dropped);
    characters -= oldest === undefined ? 0 : lengthOf(oldest);
    dropped += 1;
  }
  return { entries: dropped === 0 ? entries : entries.drop(dropped), characters, group };
}

/** Adds a rule with the day, or with our words. What follows belongs to no group before it. */
export function appendRule({ entries, characters }: Transcript, at: number, text = ''): Transcript {
  const key = (entries.at(-1)?.key ?? -1) + 1;
  return {
    entries: entries.append({ kind: 'day', key, at, text }),
    characters: characters + text.length,
    group: undefined,
  };
}

/** The length of the texts of an entry. A peer chooses them, so they are counted. */
export function lengthOf(entry: Pick<Entry, 'text'> & { readonly file?: FileEvent }): number {
  const { reason = '', missingFiles = [], unreadableFiles = [] } = entry.file ?? {};
  return [...missingFiles, ...unreadableFiles].reduce(
    (length, missing) => length + missing.path.length + missing.reason.length,
    entry.text.length + reason.length,
  );
}

function numbered(entry: NewEntry, key: number, isFirst: boolean): Entry {
  return entry.kind === 'message' || entry.kind === 'file' ? { ...entry, key, isFirst } : { ...entry, key };
}

/** The group after an entry: `before`, if the entry belongs to it. */
function groupOf(entry: NewEntry, before: Group | undefined): Group | undefined {
  if (entry.kind !== 'message' && entry.kind !== 'file') {
    return before;
  }
  const { at } = entry;
  const isOurs = entry.kind === 'message' ? entry.from === 'me' : entry.file.direction === 'sent';
  const name = isOurs ? '' : entry.name;
  return before?.isOurs === isOurs && before.name === name && at - before.at < MAX_GROUP_MS
    ? before
    : { isOurs, name, at };
}

/** Changes note `key`, if it is still there. */
export function changeNote(
  transcript: Transcript,
  key: number,
  change: Partial<Omit<NoteEntry, 'kind' | 'key'>>,
): Transcript {
  const { entries } = transcript;
  const index = key - (entries.at(0)?.key ?? 0);
  const note = index < 0 ? undefined : entries.at(index);
  if (note?.kind !== 'note') {
    return transcript;
  }
  const changed = { ...note, ...change };
  return {
    ...transcript,
    entries: entries.with(index, changed),
    characters: transcript.characters - note.text.length + changed.text.length,
  };
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
    ...transcript,
    entries: transcript.entries.with(transcript.entries.length - 1, beat),
    characters: transcript.characters - last.text.length + text.length,
  };
}
