import { errorCode, PunchlineError } from '../errors.ts';
import { connectError } from './sockets.ts';

/** Some of our files are opened late, so that with too few allowed anything may fail. */
const outOfFiles = new Set(['EMFILE', 'ENFILE']);

/** Turns anything thrown into an error that the events can tell. An unexpected error is a bug, with its stack. */
export function toPunchlineError(error: unknown): PunchlineError {
  if (error instanceof PunchlineError) {
    return error;
  }
  if (outOfFiles.has(errorCode(error) ?? '')) {
    return new PunchlineError('ERR_FILE', connectError(error), {
      hint: 'Let it open more, for example with "ulimit -n 4096", and start again.',
      cause: error,
    });
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new PunchlineError('ERR_BUG', stack, {
    hint: 'This is a bug in Punchline: please report it with the lines above.',
    cause: error,
  });
}
