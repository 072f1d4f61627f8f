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

/** The doctor's error if nobody has named a rendezvous. */
export function noServer(): PunchlineError {
  return usageError(
    'no rendezvous is named',
    'Name one with --server HOST[:PORT], in PUNCHLINE_SERVER or in the config file, or ask STUN servers with --stun.',
  );
}

/** The error if nobody has named a place. The one who joins with an invite cannot choose this machine. */
export function noPlace(isJoining: boolean): PunchlineError {
  const wormhole = 'the public mailbox of magic-wormhole with --server wormhole';
  const ways = isJoining
    ? `the one where your peer waits: a rendezvous with --server HOST[:PORT] or ${wormhole}`
    : `a rendezvous with --server HOST[:PORT], ${wormhole}, or this machine with --here`;
  return usageError(
    'no place to meet is named',
    `Name ${ways}. PUNCHLINE_SERVER and the config file can name one, too.`,
  );
}
