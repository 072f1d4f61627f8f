import { PunchlineError } from '../errors.ts';
import { connectError, errorCode } from './sockets.ts';

/** Files of our own are opened late, too: with so few allowed, anything may fail. */
const outOfFiles = new Set(['EMFILE', 'ENFILE']);

/** Anything thrown, as the error that the events can tell. What was not expected is a bug, with its stack. */
export function asFailure(error: unknown): PunchlineError {
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
