import { PunchlineError, usageError } from '../../errors.ts';
import { parseServer, STUN_PORT, type Server } from '../../network/endpoint.ts';
import { refuseCode } from '../../protocol/code.ts';

/** That of the public transit relay of magic-wormhole. */
const TRANSIT_PORT = 4001;

/** Reads a value of --stun, `HOST[:PORT]`. A URI as in RFC 7064, `stun:HOST:PORT`, names the same. Throws ERR_USAGE. */
export function readStunServer(text: string): Server {
  // A port alone behind it makes `stun` the name of the host.
  return readServer('--stun', text, text.replace(/^\s*stun:(?!\d+\s*$)/i, ''), STUN_PORT);
}

/** Reads the value of --transit, `HOST[:PORT]`. Throws ERR_USAGE. */
export function readTransitRelay(text: string): Server {
  return readServer('--transit', text, text, TRANSIT_PORT);
}

function readServer(option: string, typed: string, text: string, port: number): Server {
  refuseCode(typed);
  try {
    return parseServer(text, port);
  } catch (error) {
    throw error instanceof PunchlineError
      ? usageError(
          `${option}: ${error.message}`,
          `${option} takes HOST[:PORT]; without a port, it is ${port}.`,
        )
      : error;
  }
}
