import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { PunchlineError } from '../errors.ts';
import { fileTrouble } from '../storage/file-trouble.ts';

/**
 * Makes stdout whole or an error if it goes into a file. Node gives a file each
 * text in one write, and does not look how much of it was taken: on a disk that
 * fills up, the rest would be missing without an error. Returns what tells the
 * first error. A terminal and a pipe have no such errors: there, only the reader
 * can go away.
 */
export function wholeOutput(stdout: Writable & { readonly fd: number }): () => PunchlineError | undefined {
  let failure: PunchlineError | undefined;
  function writeWhole(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    try {
      writeAll(stdout.fd, chunk);
      done();
    } catch (error) {
      failure ??= unwritable(error as Error);
      done(error as Error);
    }
  }
  if (!(stdout instanceof Socket)) {
    Object.assign(stdout, { _write: writeWhole });
  }
  return () => failure;
}

/** Writes all of it. The system may take only a part at once. */
export function writeAll(descriptor: number, chunk: Uint8Array): void {
  for (let at = 0; at < chunk.length;) {
    at += writeSync(descriptor, chunk, at);
  }
}

function unwritable(cause: Error): PunchlineError {
  return new PunchlineError('ERR_FILE', `not everything could be written to stdout: ${fileTrouble(cause)}`, {
    hint: 'Make room on that disk, or write to another one.',
    cause,
  });
}
