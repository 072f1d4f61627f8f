import { PunchlineError } from '../../errors.ts';
import type { Family } from '../../events.ts';
import { parseCode, type Code } from '../../protocol/code.ts';
import type { Server } from '../../network/endpoint.ts';
import { parseInvite } from '../../protocol/invite.ts';
import { namedServer } from './named-server.ts';
import { quote } from '../../text/safe-text.ts';
import type { Config } from './config.ts';
import { readNumber } from '../../text/read-number.ts';
import { relayWishes, type RelayWish } from '../../protocol/relay-wish.ts';
import type { ScreenArguments } from '../../ui/settings/screen-settings.ts';

/** What was typed, as yargs hands it over: texts are still texts. */
export interface ChatArguments extends ScreenArguments {
  readonly invite?: string | undefined;
  readonly server?: string | undefined;
  readonly code?: string | undefined;
  readonly name?: string | undefined;
  readonly heartbeat?: string | undefined;
  readonly classic?: boolean | undefined;
  readonly attempts?: string | undefined;
  readonly relay?: string | boolean | undefined;
  readonly lan?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly 4?: boolean | undefined;
  readonly 6?: boolean | undefined;
  readonly wait?: string | undefined;
  readonly giveUp?: string | undefined;
  readonly probePort?: string | undefined;
  readonly freshPort?: boolean | undefined;
  readonly typing?: boolean | undefined;
  readonly report?: boolean | undefined;
  readonly log?: string | undefined;
  /** Several, each behind a NUL: no path holds one. */
  readonly send?: string | undefined;
  readonly acceptFiles?: string | undefined;
  readonly acceptHidden?: boolean | undefined;
  readonly plain?: boolean | undefined;
  readonly json?: boolean | undefined;
}

export interface ChatSettings {
  /** Undefined where nobody has named one. */
  readonly server: Server | undefined;
  readonly probePort: number | undefined;
  readonly code: Code | undefined;
  readonly name: string | undefined;
  readonly heartbeatMs: number | undefined;
  readonly classic: boolean;
  readonly attempts: number;
  readonly lan: boolean;
  readonly relay: RelayWish;
  readonly quiet: boolean;
  readonly family: Family | undefined;
  readonly waitMs: number | undefined;
  readonly giveUpMs: number;
  readonly freshPort: boolean;
  /** Whether the peer hears that something is being written. */
  readonly typing: boolean;
  readonly report: boolean;
  readonly log: string | undefined;
  /** What is offered as soon as there is a peer. */
  readonly send: readonly string[];
  readonly acceptFiles: string | undefined;
  /** Whether hidden names stay as they are in what is accepted. */
  readonly acceptHidden: boolean;
  readonly downloads: string | undefined;
  readonly face: 'screen' | 'plain' | 'json';
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * From the command line, the environment and the config file to what is meant:
 * an option wins over the invite, the invite over a variable, a variable over
 * the file. Throws ERR_USAGE, which names the value and what is allowed.
 */
export function chatSettings(
  args: ChatArguments,
  environment: { readonly server?: string | undefined; readonly code?: string | undefined },
  config: Config,
  terminal: boolean,
): ChatSettings {
  forbid(args.json === true && args.plain === true, '--json and --plain exclude each other');
  forbid(args.json === true && args.screenReader === true, '--json and --screen-reader exclude each other');
  forbid(args[4] === true && args[6] === true, '-4 and -6 exclude each other');
  forbid(
    args.invite !== undefined && args.code !== undefined,
    'an INVITE and --code exclude each other: the invite is a code',
  );
  const classic = args.classic === true;
  forbid(
    classic && args.invite !== undefined,
    '--classic and an INVITE exclude each other: classic peers are paired by order of arrival',
  );
  forbid(
    classic && args.code !== undefined,
    '--classic and --code exclude each other: classic peers are paired by order of arrival',
  );
  forbid(
    classic && args[6] === true,
    '--classic and -6 exclude each other: the classic protocol knows IPv4 alone',
  );
  const relay = relayOf(args);
  if (relay === undefined) {
    throw usage(
      `--relay ${quote(String(args.relay))} is none of auto, never and always`,
      'For example: --relay never',
    );
  }

  forbid(
    classic && args.send !== undefined,
    '--classic and --send exclude each other: the old protocol has no files',
  );
  const send = args.send === undefined ? [] : args.send.split('\0');
  forbid(send.includes(''), '--send is empty', 'Name a file or a folder, or leave it out.');
  forbid(args.acceptFiles === '', '--accept-files is empty', 'Name a folder, or leave it out.');
  forbid(args.log === '', '--log is empty', 'Name a file, or leave it out.');

  const invite = args.invite === undefined ? undefined : parseInvite(args.invite);
  const typedCode =
    args.code ?? (classic || invite !== undefined ? undefined : unlessEmpty(environment.code));
  return {
    server:
      args.server === undefined && invite?.server !== undefined
        ? invite.server
        : namedServer(args.server, environment.server, config),
    probePort: readNumber('--probe-port', args.probePort, { min: 1, max: 65_535, whole: true }),
    code: invite?.code ?? (typedCode === undefined ? undefined : parseCode(typedCode)),
    name: args.name ?? config.name,
    heartbeatMs: scaled(readNumber('--heartbeat', args.heartbeat, { min: 0.1, max: 3600 }), SECOND),
    classic,
    attempts: readNumber('--attempts', args.attempts, { min: 1, max: 100, whole: true }) ?? 10,
    lan: args.lan !== false,
    relay,
    quiet: args.quiet === true,
    family: args[4] === true ? 4 : args[6] === true ? 6 : undefined,
    waitMs: scaled(readNumber('--wait', args.wait, { min: 0.01, max: 10_080 }), MINUTE),
    giveUpMs: scaled(readNumber('--give-up', args.giveUp, { min: 0.01, max: 1440 }), MINUTE) ?? 10 * MINUTE,
    freshPort: args.freshPort === true,
    typing: args.typing ?? config.typing ?? true,
    report: args.report ?? config.report ?? true,
    log: args.log,
    send,
    acceptFiles: args.acceptFiles,
    acceptHidden: args.acceptHidden === true,
    downloads: config.downloads,
    face: args.json === true ? 'json' : args.plain === true || !terminal ? 'plain' : 'screen',
  };
}

/** Undefined for what is none. Who wants to see a punch fail wants no way around it. */
function relayOf({ relay, freshPort }: ChatArguments): RelayWish | undefined {
  if (relay === undefined) {
    return freshPort === true ? 'never' : 'auto';
  }
  return relay === false ? 'never' : relayWishes.find((wish) => wish === relay);
}

/** `PUNCHLINE_SERVER= punchline …` is how a shell unsets a variable for one command. */
function unlessEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function scaled(value: number | undefined, unit: number): number | undefined {
  return value === undefined ? undefined : Math.round(value * unit);
}

function forbid(condition: boolean, message: string, hint = 'Leave one of them out.'): void {
  if (condition) {
    throw usage(message, hint);
  }
}

function usage(message: string, hint: string): PunchlineError {
  return new PunchlineError('ERR_USAGE', message, { hint });
}
