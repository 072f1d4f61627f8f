import { FILES_MISSING_EXIT, usageError } from '../../errors.ts';
import { DueFiles } from '../../chat/due-files.ts';
import { PunchedChat } from '../../chat/chat.ts';
import { offerFirst } from '../../chat/offer-first.ts';
import { listFiles } from '../../connect/files/disk/list-files.ts';
import { MAX_TEXT_BYTES } from '../../protocol/chat-messages.ts';
import { untilEnded } from '../../ui/lines/until-ended.ts';
import { hereOption } from '../here-option.ts';
import { sendOptions } from '../options/chat-options.ts';
import type { Typed } from '../options/option.ts';
import { readOptions } from '../options/read-options.ts';
import type { ChatSettings } from '../settings/chat-settings.ts';
import { readConfig } from '../settings/read-config.ts';
import type { Config } from '../settings/config.ts';
import { stdinFile } from '../transfer/stdin-file.ts';
import { TransferFace } from '../transfer/transfer-face.ts';
import { stdinWord, whatToSend } from '../transfer/what-to-send.ts';
import { type ConnectingArguments, connectingSettings, leftForm, friendNames } from '../with-place.ts';

export interface SendArguments extends Omit<ConnectingArguments, 'invite'>, Typed<typeof sendOptions> {
  readonly path?: readonly string[];
}

/**
 * `punchline send`: hands over files, and ends. Resolves with the exit code. Throws ERR_USAGE and ERR_FILE before
 * anything begins.
 */
export async function runSend({ path: words = [], ...args }: SendArguments): Promise<number> {
  const { text } = readOptions(sendOptions, args);
  expectSendable(text);
  const { paths, invite } = whatToSend(words, text !== undefined, await friendNames());
  const config = await readConfig();
  const settings = await connectingSettings({ ...args, invite }, config);
  if (settings === undefined) {
    return leftForm();
  }
  // Later the code is spent.
  for (const path of paths.filter((one) => one !== stdinWord)) {
    await listFiles(path);
  }
  if (!paths.includes(stdinWord)) {
    return send(settings, { paths, text, config });
  }
  const stdin = await stdinFile();
  try {
    return await send(settings, {
      paths: paths.map((path) => (path === stdinWord ? stdin.path : path)),
      text,
      config,
    });
  } finally {
    stdin.remove();
  }
}

interface Sent {
  readonly paths: readonly string[];
  readonly text: string | undefined;
  readonly config: Config;
}

async function send(settings: ChatSettings, { paths, text, config }: Sent): Promise<number> {
  const dueFiles = new DueFiles(false);
  const chat = new PunchedChat({ ...settings, here: hereOption(settings.here), dueFiles, task: 'send' });
  const ended = untilEnded(chat);
  let isTextMissing = false;
  chat.subscribe((event) => {
    isTextMissing ||= event.event === 'ended' && event.undelivered !== undefined;
  });
  const face = new TransferFace(chat, { task: 'send', config });
  offerFirst(chat, paths, dueFiles);
  if (text !== undefined) {
    chat.send(text);
  }
  // It waits until all is handed over.
  chat.finish();
  const exit = await ended;
  if (exit === 0 && isTextMissing) {
    face.say('the text has not arrived');
    return FILES_MISSING_EXIT;
  }
  return exit;
}

/** Throws ERR_USAGE. */
function expectSendable(text = ''): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_TEXT_BYTES) {
    throw usageError(
      `the text has ${bytes} bytes; ${MAX_TEXT_BYTES} are allowed`,
      'Send it as a file: punchline send - < FILE.',
    );
  }
}
