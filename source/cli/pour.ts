import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { DATA_HEADER_BYTES } from '../connect/session/wire/frames.ts';

const STDIN_FD = 0;
/** More than a pipe holds by default (64 KiB). A read that does not fill the buffer has emptied the pipe. */
const READ_BYTES = 128 * 1024;

/**
 * Pours stdin into a writable, and ends it with the end of stdin. The writable
 * must copy what `_write` gets: a pipe is always read into the same buffer. A new
 * buffer for each read would make garbage collection cost as much as the
 * encryption (measured). Returns stdin, for its errors and its end.
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
        // The next bytes would overwrite those that still wait in the buffer.
        isWaiting = into.writableLength > 0;
        return !isWaiting;
      },
    },
  });
  function goOn() {
    if (!isWaiting) {
      return;
    }
    isWaiting = false;
    stdin.resume();
  }
  stdin.on('end', () => into.end());
  return stdin;
}

/**
 * Pours a connection into stdout; nothing else may read from it. Memory is
 * released as soon as stdout has taken its bytes. Left to the garbage collector,
 * so much would pile up that collecting it takes a third of the receiver's time
 * (measured).
 */
export function pourStdout(connection: Readable): void {
  connection.on('data', (chunk: Uint8Array) => {
    const isTaken = process.stdout.write(chunk, () => release(chunk));
    if (isTaken) {
      return;
    }
    connection.pause();
    process.stdout.once('drain', () => connection.resume());
  });
}

/** Releases only memory that holds a single frame: of other memory there may be further views. */
function release({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const holdsOneFrame =
    byteOffset === DATA_HEADER_BYTES && buffer.byteLength === DATA_HEADER_BYTES + byteLength;
  if (holdsOneFrame && buffer instanceof ArrayBuffer) {
    buffer.transfer(0);
  }
}
