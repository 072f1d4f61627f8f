/** Asks a person where to meet, if nobody has named a place. The questions are loaded only then. */
import { namedProxies } from '../network/proxy/named-proxies.ts';
import { FIRST_OWN_NUMBER } from '../protocol/rendezvous-messages.ts';
import type { FormFace } from '../ui/form/start-questions.ts';
import { signals } from '../ui/lines/until-ended.ts';
import { screenSettings, whyLines } from '../ui/settings/screen-settings.ts';
import { isTerminalGone } from '../ui/terminal/terminal-gone.ts';
import type { connectingOptions } from './options/chat-options.ts';
import type { Typed } from './options/option.ts';
import { chatSettings, type ChatSettings } from './settings/chat-settings.ts';
import type { Config } from './settings/config.ts';
import { noPlace } from './settings/named-server.ts';

export function loadQuestions() {
  return import('./ask-place.ts');
}

/**
 * Asks for the place if nobody named one and a person is there. Resolves with undefined if they leave. Throws ERR_USAGE
 * if nobody can be asked.
 */
export async function withPlace(
  settings: ChatSettings,
  asking: FormFace | undefined,
): Promise<ChatSettings | undefined> {
  const { code, here, local, server } = settings;
  if (server !== undefined || here !== undefined || local) {
    return settings;
  }
  // The number of an invite was drawn by a place, which has its room.
  const isJoining = code !== undefined && code.number < FIRST_OWN_NUMBER;
  if (asking === undefined) {
    throw noPlace(isJoining);
  }
  const { askedPlace } = await loadQuestions();
  const answer = await askedPlace(isJoining ? 'elsewhere' : 'open', asking);
  return answer && { ...settings, ...answer };
}

/** The exit code if the user has left the form, or has closed its terminal. */
export function leftForm(): number {
  return isTerminalGone(process.stdin) ? signals.SIGHUP : signals.SIGINT;
}

/** What was typed of the options under "Connect". */
export interface ConnectingArguments extends Typed<typeof connectingOptions> {
  readonly invite?: string | undefined;
}

/**
 * How a command without a screen connects. On a terminal, a person is asked for a place that nobody has named. Resolves with
 * undefined if they leave. Throws ERR_USAGE.
 */
export async function connectingSettings(
  args: ConnectingArguments,
  config: Config,
): Promise<ChatSettings | undefined> {
  const { PUNCHLINE_SERVER: server, PUNCHLINE_CODE: code } = process.env;
  const proxies = args.here === undefined ? await namedProxies(args.proxy, process.env) : {};
  const settings = chatSettings({ ...args, plain: true }, { server, code, proxies }, config, false);
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const isPlain = whyLines({}, process.env, config, process.platform) !== undefined;
  const face = isPlain ? 'lines' : { look: screenSettings({}, process.env, config) };
  return withPlace(await withFriend(settings), isTerminal ? face : undefined);
}

/** Takes the friend that is named, if one is. Throws ERR_USAGE for an unknown one, ERR_FRIEND_IN_USE, and ERR_FILE. */
export async function withFriend(settings: ChatSettings): Promise<ChatSettings> {
  const { friendName } = settings;
  if (friendName === undefined) {
    return settings;
  }
  const { settingsFor, takeFriend } = await import('./friends/met-friend.ts');
  const met = await takeFriend(friendName);
  return settingsFor(met, settings);
}

/** The names of those that can be met without a code. A book that cannot be read holds nothing up. */
export async function friendNames(): Promise<readonly string[]> {
  const { knownNames } = await import('./friends/met-friend.ts');
  return knownNames();
}
