import { outOfFiles, PunchlineError } from '../errors.ts';

declare const PUNCHLINE_VERSION: string;

/** Turns anything thrown into an error that the events can tell. An unexpected error is a bug, with its stack. */
export function toPunchlineError(error: unknown): PunchlineError {
  if (error instanceof PunchlineError) {
    return error;
  }
  const known = outOfFiles(error);
  if (known !== undefined) {
    return known;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new PunchlineError('ERR_BUG', stack, {
    // Whoever reads the stack needs the version. A program that runs from the source has none.
    hint: `This is a bug in Punchline${typeof PUNCHLINE_VERSION === 'undefined' ? '' : ` ${PUNCHLINE_VERSION}`}: please report it with the lines above.`,
    cause: error,
  });
}
