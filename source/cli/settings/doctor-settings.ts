import { PunchlineError } from '../../errors.ts';
import type { Family } from '../../events.ts';
import type { Config } from './config.ts';
import type { Server } from '../../network/endpoint.ts';
import { namedServer } from './named-server.ts';
import { readNumber } from '../../text/read-number.ts';
import { MAX_SLEEP_MS } from '../../protocol/rendezvous-messages.ts';

/** What was typed, as yargs hands it over. */
export interface DoctorArguments {
  readonly server?: string | undefined;
  readonly json?: boolean | undefined;
  /** Empty where no bound was given. */
  readonly lifetime?: string | undefined;
  readonly probePort?: string | undefined;
  readonly 4?: boolean | undefined;
  readonly 6?: boolean | undefined;
}

export interface DoctorSettings {
  /** Undefined where nobody has named one. */
  readonly server: Server | undefined;
  readonly json: boolean;
  readonly lifetimeUpToMs: number | undefined;
  readonly probePort: number | undefined;
  readonly family: Family | undefined;
}

/** Clouds are known to forget idle connections after 240 and 350 s; a chat is never silent for longer than 25. */
const DEFAULT_LIFETIME_MS = 360_000;

/** Throws ERR_USAGE, which names the value and what is allowed. */
export function doctorSettings(
  args: DoctorArguments,
  environment: { readonly server?: string | undefined },
  config: Config,
): DoctorSettings {
  if (args[4] === true && args[6] === true) {
    throw new PunchlineError('ERR_USAGE', '-4 and -6 exclude each other', { hint: 'Leave one of them out.' });
  }
  return {
    server: namedServer(args.server, environment.server, config),
    json: args.json === true,
    lifetimeUpToMs: args.lifetime === '' ? DEFAULT_LIFETIME_MS : seconds('--lifetime', args.lifetime),
    probePort: readNumber('--probe-port', args.probePort, { min: 1, max: 65_535, whole: true }),
    family: args[4] === true ? 4 : args[6] === true ? 6 : undefined,
  };
}

function seconds(option: string, text: string | undefined): number | undefined {
  const value = readNumber(option, text, { min: 1, max: MAX_SLEEP_MS / 1000 });
  return value === undefined ? undefined : Math.round(value * 1000);
}
