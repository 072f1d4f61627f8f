import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

const STDIN_FD = 0;
/** More than a pipe holds by default (64 KiB): a read that does not fill it needs no second one to find the pipe empty. */
const READ_BYTES = 128 * 1024;

/**
 * Pours stdin into a writable that copies what `_write` gives it, and ends it
 * with the end of stdin. Returns stdin, for its errors and its end. What
 * comes through a pipe is read into the same memory again and again: a new
 * buffer for each read would make the collection of garbage cost as much as
 * the encryption (measured).
 */
export function pourStdin(into: Writable): Readable {
  const stat = fstatSync(STDIN_FD);
  if (!stat.isFIFO() && !stat.isSocket()) {
    process.stdin.pipe(into);
    return process.stdin;
  }
  let isWaiting = false;
  const stdin = new Socket({
    fd: STDIN_FD,
    writable: false,
    onread: {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (bytes, buffer) => {
        into.write(buffer.subarray(0, bytes), goOn);
        // Until this write is done the next one would be kept, not taken.
        isWaiting = into.writableLength > 0;
        return !isWaiting;
      },
    },
  });
  const goOn = () => {
    if (!isWaiting) return;
    isWaiting = false;
    stdin.resume();
  };
  stdin.on('end', () => into.end());
  return stdin;
}
