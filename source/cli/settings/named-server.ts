import { usageError, type PunchlineError } from '../../errors.ts';
import { parsePlaces, type PlaceAddresses } from '../../protocol/place-address.ts';
import type { Config } from './config.ts';

/**
 * The places that somebody has named, or undefined. An option wins over
 * PUNCHLINE_SERVER, and that over the config file. Throws ERR_USAGE.
 */
export function namedServer(
  option: string | undefined,
  variable: string | undefined,
  config: Config,
): PlaceAddresses | undefined {
  // `PUNCHLINE_SERVER= punchline …` is how a shell unsets a variable for one command.
  const text = option ?? (variable === '' ? undefined : variable) ?? config.server;
  return text === undefined ? undefined : parsePlaces(text);
}

/** The error if nobody has named a rendezvous. */
export function noServer(places: string): PunchlineError {
  return usageError(
    'no rendezvous is named',
    `Name one with --server HOST[:PORT], ${places}in PUNCHLINE_SERVER or in the config file.`,
  );
}
