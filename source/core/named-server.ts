import type { Config } from './config.ts';
import { parseServer, type Server } from './endpoint.ts';

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
  return text === undefined ? undefined : parseServer(text);
}
