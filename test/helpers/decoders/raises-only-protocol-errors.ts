import { ProtocolError } from '../../../source/errors.ts';

/** Returns true if `run` returns or throws a ProtocolError. Other errors are thrown again. */
export function raisesOnlyProtocolErrors(run: () => void): boolean {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ProtocolError)) {
      throw error;
    }
  }
  return true;
}
