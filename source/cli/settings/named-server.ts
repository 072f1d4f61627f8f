import { PunchlineError } from '../../errors.ts';
import { isCode } from '../../protocol/code.ts';
import type { Config } from './config.ts';
import { parseServer, type Server } from '../../network/endpoint.ts';

/**
 * The rendezvous that somebody has named: an option wins over PUNCHLINE_SERVER,
 * that over the config file; undefined where nobody has. Throws ERR_USAGE.
 */
export function namedServer(
  option: string | undefined,
  variable: string | undefined,
  config: Config,
): Server | undefined {
  // `PUNCHLINE_SERVER= punchline …` is how a shell unsets a variable for one command.
  const text = option ?? (variable === '' ? undefined : variable) ?? config.server;
  if (text === undefined) {
    return undefined;
  }
  // Else it would be shown, or asked of a name server.
  if (isCode(text)) {
    throw new PunchlineError('ERR_USAGE', 'a code stands where a rendezvous is meant', {
      hint: 'A rendezvous is HOST[:PORT]; a code stands by itself: punchline chat CODE@HOST.',
    });
  }
  return parseServer(text);
}
