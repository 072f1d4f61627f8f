import { closeSync, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { devNull } from 'node:os';
import { type Readable, Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { isSameFile } from '../storage/same-file.ts';
import { releaseFrame } from '../connect/session/release-frame.ts';
import { writeAll } from './whole-output.ts';

const STDIN_FD = 0;
const STDOUT_FD = 1;
const STDERR_FD = 2;
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
 * Pours a connection into stdout, and ends stdout with the end of the connection,
 * while the process goes on; nothing else may read from it. Memory is released
 * as soon as stdout has taken its bytes. Left to the garbage collector, so much
 * would pile up that collecting it takes a third of the receiver's time
 * (measured). Resolves when stdout has taken all that came before the end of the
 * connection, or before it was closed. Rejects if stdout takes nothing any more.
 */
export function pourStdout(connection: Readable): Promise<void> {
  const stdout = openStdout();
  return new Promise((resolve, reject) => {
    stdout.on('error', reject);
    connection.on('data', (chunk: Uint8Array) => {
      const isTaken = stdout.write(chunk, () => releaseFrame(chunk));
      if (isTaken) {
        return;
      }
      connection.pause();
      stdout.once('drain', () => connection.resume());
    });
    /** Calls back when stdout has taken all. If it cannot, it emits an error. */
    function whenTaken(proceed: () => void) {
      if (stdout.writableLength === 0 && stdout.errored === null) {
        // Even an empty write fails on a socket whose reader is gone.
        proceed();
        return;
      }
      stdout.write('', (error) => {
        if (!error) {
          proceed();
        }
      });
    }
    function onClose() {
      whenTaken(resolve);
    }
    connection.once('close', onClose);
    connection.once('end', () => {
      connection.off('close', onClose);
      whenTaken(() => endStdout(stdout, resolve, reject));
    });
  });
}

/** Our own stream where that of Node cannot be closed, or does not write all of a file when the disk becomes full. */
function openStdout(): Writable {
  if (isatty(STDOUT_FD)) {
    return process.stdout;
  }
  const stat = fstatSync(STDOUT_FD);
  if (stat.isFIFO() || stat.isSocket()) {
    return new Socket({ fd: STDOUT_FD, readable: false });
  }
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        writeAll(STDOUT_FD, chunk);
      } catch (error) {
        return done(error as Error);
      }
      done();
    },
  });
}

/** Lets the reader of stdout see the end. Nothing may wait in it. */
function endStdout(stdout: Writable, done: () => void, fail: (error: unknown) => void): void {
  const isStdin = isSameFile(STDOUT_FD, STDIN_FD);
  if (isStdin && fstatSync(STDOUT_FD).isSocket()) {
    // The socket stays open for stdin, so that only this half of it can end.
    stdout.end(done);
    return;
  }
  if (isatty(STDOUT_FD) || isStdin || isSameFile(STDOUT_FD, STDERR_FD)) {
    // The reader sees the end of the process: until then, words to a person may come, or stdin holds the file open.
    done();
    return;
  }
  giveBackBlocking(stdout);
  // Node lets go of the descriptor, but leaves it open.
  stdout.once('close', () => {
    try {
      closeSync(STDOUT_FD);
      // Takes the number that is free now. Node never closes a socket with a number below 3.
      openSync(devNull, 'w');
      done();
    } catch (error) {
      fail(error);
    }
  });
  stdout.destroy();
}

/**
 * Node writes to a pipe without blocking, which holds for all who share it: the
 * next command of a script would fail. At its exit Node takes that back, but only
 * while the descriptor is open.
 */
function giveBackBlocking(stdout: Writable): void {
  const { _handle: handle } = stdout as { _handle?: { setBlocking?: (isBlocking: boolean) => void } };
  handle?.setBlocking?.(true);
}
