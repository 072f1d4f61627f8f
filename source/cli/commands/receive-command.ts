import { FILES_MISSING_EXIT } from '../../errors.ts';
import { DueFiles } from '../../chat/due-files.ts';
import { PunchedChat } from '../../chat/chat.ts';
import { expectTargetFolder } from '../../connect/files/disk/target-folder.ts';
import { safeText } from '../../text/safe-text.ts';
import { omittedLine, Outlet } from '../../ui/lines/outlet.ts';
import { untilEnded } from '../../ui/lines/until-ended.ts';
import { downloadsFolder } from '../transfer/downloads-folder.ts';
import { hereOption } from '../here-option.ts';
import { receiveOptions } from '../options/chat-options.ts';
import type { Typed } from '../options/option.ts';
import { readOptions } from '../options/read-options.ts';
import { readConfig } from '../settings/read-config.ts';
import { AskToTake } from '../transfer/ask-to-take.ts';
import { TransferFace } from '../transfer/transfer-face.ts';
import { type ConnectingArguments, connectingSettings, leftForm } from '../with-place.ts';

export type ReceiveArguments = ConnectingArguments & Typed<typeof receiveOptions>;

/**
 * `punchline receive`: takes what the other side sends, until it leaves. Resolves with the exit code. Throws ERR_USAGE and
 * ERR_FILE before anything begins.
 */
export async function runReceive(args: ReceiveArguments): Promise<number> {
  const { into, yes, acceptHidden } = readOptions(receiveOptions, args);
  const config = await readConfig();
  const settings = await connectingSettings(args, config);
  if (settings === undefined) {
    return leftForm();
  }
  const folder = into ?? downloadsFolder(settings);
  await expectTargetFolder(folder);
  // A script has been told to take it.
  const isAsked = yes !== true && process.stdin.isTTY && process.stderr.isTTY;
  const chat = new PunchedChat({
    ...settings,
    here: hereOption(settings.here),
    dueFiles: new DueFiles(!isAsked),
    acceptFiles: isAsked ? undefined : folder,
    downloads: folder,
    acceptHidden: acceptHidden === true,
    task: 'receive',
  });
  const ended = untilEnded(chat);
  const texts = new TextOutput(
    () => chat.pause(),
    () => chat.resume(),
  );
  let hasCome = false;
  const face = new TransferFace(chat, {
    task: 'receive',
    config,
    onText: (text) => {
      hasCome = true;
      texts.write(text);
    },
  });
  if (isAsked) {
    new AskToTake(chat, face).start();
  }
  const exit = await ended;
  if (exit === 0 && !hasCome && face.transfers.length === 0) {
    face.say('the other side has offered nothing');
    return FILES_MISSING_EXIT;
  }
  return exit;
}

/** Writes the texts of the peer to stdout, each with a newline: verbatim, unless a person sees them there. */
class TextOutput {
  readonly #outlet: Outlet;

  constructor(onHeld: () => void, onFree: () => void) {
    this.#outlet = new Outlet(process.stdout, { onHeld, onFree, missing: omittedLine });
    // Nobody reads any more. The files count.
    process.stdout.on('error', onFree);
  }

  write(text: string): void {
    this.#outlet.write(`${process.stdout.isTTY ? safeText(text, { multiline: true }) : text}\n`);
  }
}
