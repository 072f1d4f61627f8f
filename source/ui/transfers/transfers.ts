/** The files of one conversation, from the offer to the end, and how fast those under way go. */
import type { FileEvent } from '../../events.ts';

interface Sample {
  /** ms since the epoch. */
  readonly at: number;
  /** Bytes that had arrived by then. */
  readonly done: number;
}

export interface Transfer {
  /** All that is known of it: what its events have said, the last word of each field. */
  readonly file: FileEvent;
  /** Of the last seconds, oldest first: what the rate is taken from. */
  readonly samples: readonly Sample[];
}

/** Long enough for a rate that can be read, short enough to follow a line that becomes slow. */
const SAMPLES_MS = 5000;
/** A rate from less would be a rate of single packets. */
const MIN_SPAN_MS = 500;

/** Bounds the memory of a chat with a peer that offers without end; a person has an overview of fewer. */
export const MAX_TRANSFERS = 1000;

export interface Files {
  /** In the order of their offers. */
  readonly transfers: readonly Transfer[];
  /** How many files and folders have arrived at the peer's. */
  readonly sent: number;
  readonly received: number;
}

export const noFiles: Files = { transfers: [], sent: 0, received: 0 };

/** What is known of all files after `event`, which came at `at`, ms since the epoch. */
export function reduceFiles(files: Files, event: FileEvent, at: number): Files {
  const transfers = reduceTransfers(files.transfers, event, at);
  return event.state === 'done'
    ? { ...files, transfers, [event.direction]: files[event.direction] + 1 }
    : { ...files, transfers };
}

/** Those that have ended stay; the oldest go first where there are too many. */
function reduceTransfers(transfers: readonly Transfer[], event: FileEvent, at: number): readonly Transfer[] {
  const index = transfers.findIndex(({ file }) => file.id === event.id);
  const known = transfers[index];
  if (known === undefined) {
    const room = transfers.length < MAX_TRANSFERS ? transfers : withoutOldest(transfers);
    return [...room, { file: event, samples: [] }];
  }
  const { state, done } = event;
  const sample = state === 'progress' && done !== undefined ? [{ at, done }] : [];
  const samples = known.samples.filter((one) => sample.length > 0 && at - one.at <= SAMPLES_MS);
  return transfers.with(index, { file: { ...known.file, ...event }, samples: [...samples, ...sample] });
}

function withoutOldest(transfers: readonly Transfer[]): readonly Transfer[] {
  const ended = transfers.findIndex((transfer) => !isOpen(transfer) && !isUnderWay(transfer));
  return transfers.toSpliced(Math.max(0, ended), 1);
}

/** The connection is lost: while nothing moves, no time counts: the rate begins anew when something does again. */
export function filesAtRest(files: Files): Files {
  return { ...files, transfers: files.transfers.map((transfer) => ({ ...transfer, samples: [] })) };
}

/** Offered, and not answered yet. */
export function isOpen({ file }: Transfer): boolean {
  return file.state === 'offered';
}

/** Accepted, and not at its end: under way, or waiting for others. */
export function isUnderWay({ file }: Transfer): boolean {
  return file.state === 'accepted' || file.state === 'progress';
}

/** Bytes a second; undefined while that cannot be said yet. */
export function rateOf({ samples }: Transfer): number | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  return first === undefined || last === undefined || last.at - first.at < MIN_SPAN_MS
    ? undefined
    : (1000 * (last.done - first.done)) / (last.at - first.at);
}

/** A whole number: 100 only when nothing lacks. */
export function percentOf({ file: { bytes, done = 0 } }: Transfer): number {
  return bytes === 0 ? 100 : Math.max(0, Math.min(100, Math.floor((100 * done) / bytes)));
}
