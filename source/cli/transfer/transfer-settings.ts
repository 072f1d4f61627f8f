import { namedProxies } from '../../network/proxy/named-proxies.ts';
import { screenSettings, whyLines } from '../../ui/settings/screen-settings.ts';
import type { connectingOptions } from '../options/chat-options.ts';
import type { Typed } from '../options/option.ts';
import { chatSettings, type ChatSettings } from '../settings/chat-settings.ts';
import type { Config } from '../settings/config.ts';
import { withPlace } from '../with-place.ts';

export interface TransferArguments extends Typed<typeof connectingOptions> {
  readonly invite?: string | undefined;
}

/**
 * How `send` and `receive` connect. On a terminal, a person is asked for a place that nobody has named. Resolves with
 * undefined if they leave. Throws ERR_USAGE.
 */
export async function transferSettings(
  args: TransferArguments,
  config: Config,
): Promise<ChatSettings | undefined> {
  const { PUNCHLINE_SERVER: server, PUNCHLINE_CODE: code } = process.env;
  const proxies = args.here === undefined ? await namedProxies(args.proxy, process.env) : {};
  const settings = chatSettings({ ...args, plain: true }, { server, code, proxies }, config, false);
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const isPlain = whyLines({}, process.env, config, process.platform) !== undefined;
  const face = isPlain ? 'lines' : { look: screenSettings({}, process.env, config) };
  return withPlace(settings, isTerminal ? face : undefined);
}
