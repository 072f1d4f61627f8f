import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import type { Happening } from '../../../source/events.ts';
import { copyCommand } from '../../../source/ui/copying/copy-command.ts';
import { type ChatState, initialChatState, reduceChat } from '../../../source/ui/conversation/chat-state.ts';
import { connected, connecting, fromPeer, waiting } from '../../helpers/chats/story.ts';

function chatAfter(...happenings: readonly Happening[]): ChatState {
  return happenings.reduce<ChatState>(
    (chat, happening) => reduceChat(chat, { v: 1, at: 0, ...happening }),
    initialChatState,
  );
}

function fromMe(text: string): Happening {
  return { event: 'message', from: 'me', id: `me-${text.length}`, text };
}

/** The text that the terminal puts into its clipboard, or the reason why there is none. */
function copied(chat: ChatState, count?: number, environment = { TERM: 'xterm' }): string {
  const result = copyCommand(chat, count, environment);
  if ('refusal' in result) {
    return result.refusal;
  }
  // oxlint-disable-next-line no-control-regex -- OSC 52
  const base64 = /^\u001B\]52;c;([\w+/=]*)\u0007$/.exec(result.sequence)?.[1];
  return Buffer.from(base64 ?? '', 'base64').toString();
}

test('the last message is copied, without the newline at its end', () => {
  const chat = chatAfter(connected, fromPeer('one'), fromPeer('if (a) {\n\tb();\n}\n\n'));
  expect(copied(chat)).toBe('if (a) {\n\tb();\n}');
  expect(copyCommand(chat, undefined, { TERM: 'xterm' })).toMatchObject({
    notice: expect.stringMatching(/^Copied 1 message, 16 bytes\./),
  });
});

test('several messages are copied in their order; with names if both sides wrote', () => {
  const chat = chatAfter(connected, fromMe('hi'), fromPeer('one'), fromPeer('two'));
  expect(copied(chat, 2)).toBe('one\ntwo');
  expect(copied(chat, 3)).toBe('you:\nhi\nanna:\none\ntwo');
  expect(copied(chat, 100)).toBe('you:\nhi\nanna:\none\ntwo');
});

test('control characters of a peer become visible marks', () => {
  const chat = chatAfter(connected, fromPeer('a\u001B[2Jb\u202Ec\rd\u0007'));
  expect(copied(chat)).toBe('a␛[2Jb⟨U+202E⟩c␍d␇');
});

test('before there is a peer, the line to pass on is copied, and a number still means messages', () => {
  const chat = chatAfter(...connecting, ...waiting, fromMe('hurry up'));
  expect(copied(chat)).toBe('punchline chat 7-velvet-orbit@example.org');
  expect(copied(chat, 1)).toBe('hurry up');
  expect(copied(chatAfter(...connecting, ...waiting, connected, fromPeer('hi')))).toBe('hi');
  expect(copyCommand(chat, undefined, { TERM: 'xterm' })).toMatchObject({
    notice: expect.stringMatching(/^Copied the line for your friend\./),
  });
});

test('what a terminal would not take is refused with the reason', () => {
  expect(copied(chatAfter(connected))).toBe('There is no message to copy yet.');
  const chat = chatAfter(connected, fromPeer('x'.repeat(40_000)), fromPeer('y'.repeat(40_000)));
  expect(copied(chat)).toHaveLength(40_000);
  expect(copied(chat, 2)).toBe(
    'Terminals take at most 74,994 bytes into their clipboard, and these messages have more. Copy fewer of them.',
  );
  expect(copied(chatAfter(connected, fromPeer('\u202E'.repeat(20_000))))).toContain('this message has more');
  expect(copied(chat, 1, { TERM: 'linux' })).toBe('This terminal has no clipboard that a program can fill.');
});

test('tmux is told of the setting that it needs', () => {
  const result = copyCommand(chatAfter(connected, fromPeer('hi')), 1, { TERM: 'tmux', TMUX: 'x' });
  expect(result).toMatchObject({ notice: expect.stringContaining('"set -s set-clipboard on"') });
});
