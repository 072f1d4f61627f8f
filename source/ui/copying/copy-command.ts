import { safeText } from '../../text/safe-text.ts';
import { bareText, lastMessages } from './bare-text.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import type { Environment } from '../settings/screen-settings.ts';
import { clipboardSequence, clipboardWay, MAX_CLIPBOARD_BYTES } from './clipboard.ts';
import { countText, inviteCommand } from '../text/wording.ts';

/** What to write to the terminal, and the sentence that tells of it; or why there is nothing to copy. */
export type Copied = { readonly sequence: string; readonly notice: string } | { readonly refusal: string };

/**
 * Runs `/copy`: the last messages, or the line to pass on while there is no
 * peer yet. `count` is undefined if the user has given no number. Pure.
 */
export function copyCommand(
  { transcript, invite, connection }: ChatState,
  count: number | undefined,
  environment: Environment,
): Copied {
  const way = clipboardWay(environment);
  if (way === undefined) {
    return { refusal: 'This terminal has no clipboard that a program can fill.' };
  }
  const isInvite = count === undefined && invite !== undefined && connection === undefined;
  const messages = isInvite ? [] : lastMessages(transcript.entries, count ?? 1, MAX_CLIPBOARD_BYTES);
  if (!isInvite && messages.length === 0) {
    return { refusal: 'There is no message to copy yet.' };
  }
  const text = isInvite
    ? safeText(inviteCommand(invite))
    : bareText(messages, connection?.peerName ?? 'peer');
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_CLIPBOARD_BYTES) {
    return { refusal: tooLongText(messages.length) };
  }
  const what = isInvite
    ? 'the line for your friend'
    : `${countText(messages.length, 'message')}, ${countText(bytes, 'byte')}`;
  // Whether a terminal took the text cannot be found out.
  const help = way === 'tmux' ? 'tmux passes it on with "set -s set-clipboard on".' : '';
  return { sequence: clipboardSequence(text, way), notice: `Copied ${what}. ${help}`.trim() };
}

function tooLongText(count: number): string {
  const most = `Terminals take at most ${MAX_CLIPBOARD_BYTES.toLocaleString('en')} bytes into their clipboard`;
  return count === 1
    ? `${most}, and this message has more. /log FILE writes what follows to a file.`
    : `${most}, and these messages have more. Copy fewer of them.`;
}
