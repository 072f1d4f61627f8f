import { PunchlineError } from '../errors.ts';
import { quote } from './quote.ts';
import { readNumber } from './read-number.ts';

/** What was typed, as yargs hands it over. */
export interface ServeArguments {
  readonly port?: string | undefined;
  readonly host?: string | undefined;
  readonly probePort?: string | undefined;
  readonly probeHost?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly logAddresses?: boolean | undefined;
}

const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

export interface ServeSettings {
  readonly port: number | undefined;
  readonly probePort: number | undefined;
  readonly host: string | undefined;
  readonly probeHost: string | undefined;
  readonly logLevel: (typeof logLevels)[number];
  readonly logAddresses: boolean | undefined;
}

/** Throws ERR_USAGE, which names the value and what is allowed. */
export function serveSettings(args: ServeArguments): ServeSettings {
  const port = { min: 0, max: 65_535, whole: true };
  const logLevel = logLevels.find((level) => level === (args.logLevel ?? 'info'));
  if (logLevel === undefined) {
    throw new PunchlineError(
      'ERR_USAGE',
      `--log-level ${quote(args.logLevel ?? '')} is none of ${logLevels.join(', ')}`,
      {
        hint: 'See punchline serve --help.',
      },
    );
  }
  // Nothing at all would listen on every address: not what somebody meant who named one.
  forbidEmpty('--host', args.host);
  forbidEmpty('--probe-host', args.probeHost);
  return {
    port: readNumber('--port', args.port, port),
    probePort: readNumber('--probe-port', args.probePort, port),
    host: args.host,
    probeHost: args.probeHost,
    logLevel,
    logAddresses: args.logAddresses,
  };
}

function forbidEmpty(option: string, value: string | undefined): void {
  if (value === '') {
    throw new PunchlineError('ERR_USAGE', `${option} is empty`, {
      hint: 'Name an address, or leave it out.',
    });
  }
}
