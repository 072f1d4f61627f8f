/** The files of one conversation, from the offer to the end, and the rates of those in progress. */
import type { FileEvent } from '../../events.ts';

interface Sample {
  /** ms since the epoch. */
  readonly at: number;
  /** The bytes that had arrived at this time. */
  readonly done: number;
}

/** A file or folder that was offered, in either direction. */
export interface Transfer {
  /** The file's events, merged: the latest value of each field. */
  readonly file: FileEvent;
  /** The progress in the last seconds, oldest first. The rate is computed from it. */
  readonly samples: readonly Sample[];
}

/** Long enough for a rate that does not flicker, short enough to follow a connection that becomes slow. */
const SAMPLES_MS = 5000;
/** A rate from a shorter time would depend on single packets. */
const MIN_SPAN_MS = 500;

/** Bounds memory if a peer offers files without end. A person cannot keep track of so many. */
export const MAX_TRANSFERS = 1000;

/** All files of a conversation. */
export interface Files {
  /** In the order in which they were offered. */
  readonly transfers: readonly Transfer[];
  /** How many files and folders the peer has received. */
  readonly sent: number;
  readonly received: number;
}

export const noFiles: Files = { transfers: [], sent: 0, received: 0 };

/** The files after `event`. `at`: when it came, in ms since the epoch. */
export function reduceFiles(files: Files, event: FileEvent, at: number): Files {
  const transfers = reduceTransfers(files.transfers, event, at);
  return event.state === 'done'
    ? { ...files, transfers, [event.direction]: files[event.direction] + 1 }
    : { ...files, transfers };
}

/** Files that have ended are kept. If there are too many, the oldest are dropped first. */
function reduceTransfers(transfers: readonly Transfer[], event: FileEvent, at: number): readonly Transfer[] {
  const index = transfers.findIndex(({ file }) => file.id === event.id);
  const known = transfers[index];
  if (known === undefined) {
    const room = transfers.length < MAX_TRANSFERS ? transfers : withoutOldest(transfers);
    return [...room, { file: withoutNames(event), samples: [] }];
  }
  const { state, done } = event;
  const sample = state === 'progress' && done !== undefined ? [{ at, done }] : [];
  const samples = known.samples.filter((one) => sample.length > 0 && at - one.at <= SAMPLES_MS);
  const file = { ...known.file, ...withoutNames(event) };
  return transfers.with(index, { file, samples: [...samples, ...sample] });
}

/** Only the number of missing files is kept. The texts of the peer about them would fill the memory. */
export function withoutNames(event: FileEvent): FileEvent {
  const { missingFiles: _missing, unreadableFiles, ...file } = event;
  return event.direction === 'sent' && unreadableFiles !== undefined ? { ...file, unreadableFiles } : file;
}

function withoutOldest(transfers: readonly Transfer[]): readonly Transfer[] {
  const ended = transfers.findIndex((transfer) => !isOpen(transfer) && !isUnderWay(transfer));
  return transfers.toSpliced(Math.max(0, ended), 1);
}

/**
 * The files after the connection was lost. The time without a connection does
 * not count, so each rate starts again with the next progress.
 */
export function filesAtRest(files: Files): Files {
  return { ...files, transfers: files.transfers.map((transfer) => ({ ...transfer, samples: [] })) };
}

/** Whether it was offered, and not answered yet. */
export function isOpen({ file }: Transfer): boolean {
  return file.state === 'offered';
}

/** Whether it was accepted and has not ended: it is in progress, or waits for others. */
export function isUnderWay({ file }: Transfer): boolean {
  return file.state === 'accepted' || file.state === 'progress';
}

/** In bytes per second. Undefined while there are too few samples. */
export function rateOf({ samples }: Transfer): number | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  return first === undefined || last === undefined || last.at - first.at < MIN_SPAN_MS
    ? undefined
    : (1000 * (last.done - first.done)) / (last.at - first.at);
}

/** A whole number; 100 only if nothing is missing. */
export function percentOf({ file: { bytes, done = 0 } }: Transfer): number {
  return bytes === 0 ? 100 : Math.max(0, Math.min(100, Math.floor((100 * done) / bytes)));
}
