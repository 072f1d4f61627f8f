/**
 * The records of a history, one behind the other: a mark, the length of what is
 * sealed in 4 bytes, the number of the record in 6 bytes (both big endian), and
 * what is sealed. Numbers count up, so that a record that was moved is noticed.
 * Behind a damaged length, the mark tells where the next record may begin.
 */
import { SEAL_BYTES } from './sealed-record.ts';
import { MAX_CONTENT_BYTES } from './record-content.ts';

const mark = Buffer.from('HIST');
const MARK_BYTES = 4;
const LENGTH_BYTES = 4;
const NUMBER_BYTES = 6;
const HEADER_BYTES = MARK_BYTES + LENGTH_BYTES + NUMBER_BYTES;
const MAX_SEALED_BYTES = MAX_CONTENT_BYTES + SEAL_BYTES;

/** A record that opens, and its place in the file. */
export interface HistoryRecord {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

export interface HistoryRecords {
  readonly records: readonly HistoryRecord[];
  /** How many stretches of the file hold no record that opens. */
  readonly damaged: number;
  /** The end of the file, without a last record that was not written to its end. */
  readonly wholeBytes: number;
}

/** Whether what was sealed as the record of this number opens. */
type Opens = (number: number, sealed: Uint8Array) => boolean;

export function encodeHistoryRecord(number: number, sealed: Uint8Array): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  mark.copy(header);
  header.writeUInt32BE(sealed.length, MARK_BYTES);
  header.writeUIntBE(number, MARK_BYTES + LENGTH_BYTES, NUMBER_BYTES);
  return Buffer.concat([header, sealed]);
}

/** The sealed part of one whole record. */
export function sealedPart(record: Uint8Array): Uint8Array {
  return record.subarray(HEADER_BYTES);
}

/** Finds all records of a file that open, in time that grows as the file does. */
export function findHistoryRecords(file: Uint8Array, opens: Opens): HistoryRecords {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const records: HistoryRecord[] = [];
  let [last, end, damaged] = [0, 0, 0];
  for (let at = 0; at !== -1 && at < bytes.length;) {
    const record = recordAt(bytes, at);
    // The number of a record that was moved towards the end is not higher than the last one.
    if (
      record !== undefined &&
      record.end <= bytes.length &&
      record.number > last &&
      opens(record.number, bytes.subarray(at + HEADER_BYTES, record.end))
    ) {
      damaged += at === end ? 0 : 1;
      records.push(record);
      ({ number: last, end } = record);
      at = end;
    } else {
      at = bytes.indexOf(mark, at + 1);
    }
  }
  if (isTorn(bytes, end)) {
    return { records, damaged, wholeBytes: end };
  }
  damaged += end === bytes.length ? 0 : 1;
  return { records, damaged, wholeBytes: bytes.length };
}

/** The record whose header is at this place; undefined if there is none. It may end behind the end of the file. */
function recordAt(bytes: Buffer, start: number): HistoryRecord | undefined {
  if (start + HEADER_BYTES > bytes.length || !bytes.subarray(start, start + MARK_BYTES).equals(mark)) {
    return undefined;
  }
  const length = bytes.readUInt32BE(start + MARK_BYTES);
  if (length < SEAL_BYTES || length > MAX_SEALED_BYTES) {
    return undefined;
  }
  const number = bytes.readUIntBE(start + MARK_BYTES + LENGTH_BYTES, NUMBER_BYTES);
  return { number, start, end: start + HEADER_BYTES + length };
}

/** Whether the bytes from here on are the beginning of one record, as a crash leaves it. */
function isTorn(bytes: Buffer, start: number): boolean {
  const rest = bytes.length - start;
  if (rest < HEADER_BYTES) {
    const begun = bytes.subarray(start, start + MARK_BYTES);
    return rest > 0 && begun.equals(mark.subarray(0, begun.length));
  }
  // A crash tears the last record alone: if another one begins behind it, the length is damaged.
  const next = bytes.indexOf(mark, start + HEADER_BYTES);
  return next === -1 && (recordAt(bytes, start)?.end ?? 0) > bytes.length;
}
