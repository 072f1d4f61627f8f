import { safeName, safeText } from '../core/safe-text.ts';
import { fileText } from './file-wording.ts';
import type { PunchlineEvent } from '../events.ts';

/**
 * `--log`: the conversation, one line a message with its time in ISO 8601.
 * What becomes of files is a line with a star.
 * Line breaks within a message are shown, not made: one line is one message.
 */
export function createLogPrinter(write: (text: string) => void): (event: PunchlineEvent) => void {
  let peerName = 'peer';
  return (event) => {
    if (event.event === 'connected') peerName = safeName(event.peer.name);
    if (event.event === 'renamed') peerName = safeName(event.name);
    const happened = event.event === 'file' ? fileText(event, peerName) : undefined;
    if (happened !== undefined) write(`${new Date(event.at).toISOString()} * ${safeText(happened)}\n`);
    if (event.event !== 'message') return;
    const name = event.from === 'me' ? 'me' : peerName;
    write(`${new Date(event.at).toISOString()} <${name}> ${safeText(event.text)}\n`);
  };
}
