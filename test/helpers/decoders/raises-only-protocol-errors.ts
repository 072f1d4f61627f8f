import { ProtocolError } from '../../../source/errors.ts';

/** True where `run` returns or throws a ProtocolError; any other error is thrown on. */
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
