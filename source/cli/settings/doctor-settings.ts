import { usageError } from '../../errors.ts';
import type { Family } from '../../events.ts';
import type { Config } from './config.ts';
import type { Server } from '../../network/endpoint.ts';
import { namedServer } from './named-server.ts';
import { doctorOptions } from '../options/chat-options.ts';
import type { Typed } from '../options/option.ts';
import { readOptions } from '../options/read-options.ts';

/** What was typed, as yargs hands it over. */
export type DoctorArguments = Typed<typeof doctorOptions>;

export interface DoctorSettings {
  /** Undefined if nobody has named one. */
  readonly server: Server | undefined;
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
  return {
    server: namedServer(args.server, environment.server, config),
    json: given.json === true,
    lifetimeUpToMs: given.lifetime,
    probePort: given.probePort,
    family: given[4] === true ? 4 : given[6] === true ? 6 : undefined,
  };
}
