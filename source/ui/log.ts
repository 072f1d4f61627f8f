import { safeText } from '../text/safe-text.ts';
import { fileText, refusedText } from './transfers/file-wording.ts';
import { nameLabel, nameText } from './text/peer-name.ts';
import type { PunchlineEvent } from '../events.ts';

/**
 * `--log`: the conversation, one line a message with its time in ISO 8601. One
 * of the peer has its name, `<NAME> `, one of ours has none, `> `: no name can
 * look so. What becomes of files is a line with a star. Line breaks within a
 * message are shown, not made: one line is one message.
 */
export function createLogPrinter(write: (text: string) => void): (event: PunchlineEvent) => void {
  let peerName = 'peer';
  return (event) => {
    if (event.event === 'connected') peerName = event.peer.name;
    if (event.event === 'renamed') peerName = event.name;
    const happened =
      event.event === 'file'
        ? fileText(event, nameText(peerName))
        : event.event === 'refused'
          ? refusedText(event)
          : undefined;
    if (happened !== undefined) write(`${new Date(event.at).toISOString()} * ${safeText(happened)}\n`);
    if (event.event !== 'message') return;
    const author = event.from === 'me' ? '>' : nameLabel(peerName);
    write(`${new Date(event.at).toISOString()} ${author} ${safeText(event.text)}\n`);
  };
}
