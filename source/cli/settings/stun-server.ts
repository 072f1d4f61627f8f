import { PunchlineError, usageError } from '../../errors.ts';
import { parseServer, STUN_PORT, type Server } from '../../network/endpoint.ts';
import { refuseCode } from '../../protocol/code.ts';

/** Reads a value of --stun, `HOST[:PORT]`. A URI as in RFC 7064, `stun:HOST:PORT`, names the same. Throws ERR_USAGE. */
export function readStunServer(text: string): Server {
  refuseCode(text);
  try {
    // A port alone behind it makes `stun` the name of the host.
    return parseServer(text.replace(/^\s*stun:(?!\d+\s*$)/i, ''), STUN_PORT);
  } catch (error) {
    throw error instanceof PunchlineError
      ? usageError(
          `--stun: ${error.message}`,
          `--stun takes HOST[:PORT]; without a port, it is ${STUN_PORT}.`,
        )
      : error;
  }
}
