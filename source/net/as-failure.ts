import { PunchlineError } from '../errors.ts';

/** Anything thrown, as the error that the events can tell. What was not expected is a bug, with its stack. */
export function asFailure(error: unknown): PunchlineError {
  if (error instanceof PunchlineError) return error;
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new PunchlineError('ERR_BUG', stack, {
    hint: 'This is a bug in Punchline: please report it with the lines above.',
    cause: error,
  });
}
