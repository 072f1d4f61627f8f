/** The help on the commands. It is loaded when it is shown, after the first frame. */
import { commands } from './slash-commands.ts';

const abouts: Readonly<Record<keyof typeof commands, string>> = {
  help: 'keys and commands',
  path: 'how the connection came to be; --svg draws it into a file',
  qr: 'the invite as a QR code',
  find: 'find a message',
  copy: 'the last message to the clipboard, or N',
  verify: 'words to compare with your friend',
  friend: 'meet again without a code, if both want it',
  unfriend: 'meet only with a code again',
  forget: 'remove what is kept of what you two said',
  send: 'offer a file or a folder; Tab completes the path',
  accept: 'accept an offer; --hidden keeps hidden names',
  decline: 'decline an offer',
  cancel: 'cancel an offer or a file under way',
  files: 'the files of this chat',
  name: 'how your friend sees you',
  heartbeat: 'send Hello, world again and again',
  log: 'append the chat to a file',
  theme: 'change the colours',
  clear: 'remove all messages from the screen',
  again: 'another chat, after the end of this one',
  quit: 'say goodbye and leave',
};

/** How each command is written, and what it does. */
export function commandHelp(): readonly (readonly [usage: string, about: string])[] {
  return [
    ...Object.entries(commands).map(
      ([name, { usage }]) => [usage, abouts[name as keyof typeof abouts]] as const,
    ),
    ['//text', 'send /text'],
  ];
}
