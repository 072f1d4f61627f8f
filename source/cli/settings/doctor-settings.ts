import { usageError } from '../../errors.ts';
import type { Family } from '../../events.ts';
import type { Config } from './config.ts';
import { formatHttps, type Server } from '../../network/endpoint.ts';
import {
  isAtHttps,
  isMailbox,
  placesOf,
  rendezvousIn,
  type PlaceAddresses,
} from '../../protocol/place-address.ts';
import { namedServer } from './named-server.ts';
import { doctorOptions } from '../options/chat-options.ts';
import type { Typed } from '../options/option.ts';
import { readStunServer } from './helping-servers.ts';
import { readOptions } from '../options/read-options.ts';

/** What was typed, as yargs hands it over. */
export type DoctorArguments = Typed<typeof doctorOptions>;

/** A rendezvous, and whether it is reached at https. */
export type DoctorServer = Server & { readonly https?: boolean };

export interface DoctorSettings {
  /** Undefined if nobody has named one, and with `stun`. */
  readonly server: DoctorServer | undefined;
  /** The STUN servers to ask instead, and whether two public ones are among them. */
  readonly stun: { readonly named: readonly Server[]; readonly isPublic: boolean } | undefined;
  readonly json: boolean;
  readonly lifetimeUpToMs: number | undefined;
  readonly probePort: number | undefined;
  readonly family: Family | undefined;
}

/** Throws ERR_USAGE, which names the value and what is allowed. */
export function doctorSettings(
  args: DoctorArguments,
  environment: { readonly server?: string | undefined },
  config: Config,
): DoctorSettings {
  if (args[4] === true && args[6] === true) {
    throw usageError('-4 and -6 exclude each other', 'Leave one of them out.');
  }
  const given = readOptions(doctorOptions, args);
  if (args.stun !== undefined) {
    forbidBesideStun(args);
  }
  const named = args.stun === undefined ? namedServer(args.server, environment.server, config) : undefined;
  const server = named && rendezvousOf(named);
  if (server?.https === true && args.lifetime !== undefined) {
    throw usageError(
      `--lifetime needs a rendezvous over TCP, and ${formatHttps(server)} is reached by https`,
      'Name one with --server HOST[:PORT], or leave out --lifetime.',
    );
  }
  return {
    server,
    stun:
      args.stun === undefined
        ? undefined
        : {
            named: given.stun.filter((text) => text !== '').map(readStunServer),
            isPublic: given.stun.includes(''),
          },
    json: given.json === true,
    lifetimeUpToMs: given.lifetime,
    probePort: given.probePort,
    family: given[4] === true ? 4 : given[6] === true ? 6 : undefined,
  };
}

/** A rendezvous that can be reached over TCP shows more. Throws ERR_USAGE if all places are mailboxes. */
function rendezvousOf(named: PlaceAddresses): DoctorServer {
  const places = placesOf(named);
  const atHttps = places.find(isAtHttps);
  return atHttps !== undefined && places.every((place) => isMailbox(place) || isAtHttps(place))
    ? { ...atHttps.https, https: true }
    : rendezvousIn(named, 'the doctor without --stun');
}

/** A rendezvous in the environment or the config file is not asked either, but nobody has typed it beside --stun. */
function forbidBesideStun({ server, lifetime, probePort }: DoctorArguments): void {
  for (const [given, option] of [
    [server, '--server'],
    [lifetime, '--lifetime'],
    [probePort, '--probe-port'],
  ] as const) {
    if (given !== undefined) {
      throw usageError(
        `--stun and ${option} exclude each other: with --stun, no rendezvous is asked`,
        'Leave one of them out.',
      );
    }
  }
}
