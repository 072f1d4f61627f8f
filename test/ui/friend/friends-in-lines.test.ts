/** Friends in lines of text, in the log, and in what is written after the screen has closed. */
import { PassThrough } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Happening } from '../../../source/events.ts';
import { createLineCommands } from '../../../source/ui/commands/line-commands.ts';
import { initialChatState, reduceChat } from '../../../source/ui/conversation/chat-state.ts';
import { endingLines } from '../../../source/ui/ending/ending-lines.ts';
import { createLogPrinter } from '../../../source/ui/lines/conversation-log.ts';
import { LogSwitch } from '../../../source/ui/lines/log-switch.ts';
import { createPlainPrinter, type PlainOptions } from '../../../source/ui/lines/plain.ts';
import { closingText } from '../../../source/ui/pane/closing-text.ts';
import { createScriptedChat } from '../../helpers/chats/scripted-chat.ts';
import { connected, fromPeer } from '../../helpers/chats/story.ts';

const at = new Date(2026, 0, 1, 12, 0).getTime();
const writtenAt = new Date(2025, 11, 28, 14, 3).getTime();
const server = 'example.org:8877';
const waits: Happening = { event: 'rendezvous', place: 'rendezvous', state: 'waiting', server };
const meeting: Happening = { event: 'friend', state: 'meeting', name: 'ada' };
const history: readonly Happening[] = [
  { event: 'history', from: 'peer', text: 'see you', writtenAt },
  { event: 'history', from: 'me', text: 'bye', writtenAt: writtenAt + 60_000 },
];
const early: Happening = { event: 'message', from: 'me', id: 'w', text: 'are you there?', writtenAt };
const late: Happening = { ...fromPeer('I was away'), writtenAt: at - 60_000 } as Happening;
const end: Happening = { event: 'ended', reason: 'quit', exit: 0, undelivered: 2, waitsFor: 'ada' };

function lines(options?: PlainOptions) {
  const said: string[] = [];
  const print = createPlainPrinter((text) => void said.push(text.trimEnd()), options);
  return {
    said,
    print: (...happenings: readonly Happening[]) =>
      happenings.forEach((happening) => print({ v: 1, at, ...happening })),
  };
}

test('lines tell whom this side waits for, what was said before, and what waits', () => {
  const { said, print } = lines({ ownMessages: false });
  print(meeting, ...history, early, waits, { ...connected, peer: { name: 'Ada' } }, late, end);
  expect(said).toEqual([
    '* looking for ada, a friend: no code is needed',
    '* Sun, Dec 28, 2025, 14:03, ada:',
    '<ada> see you',
    '* Sun, Dec 28, 2025, 14:04, you:',
    '> bye',
    '* 2 earlier messages above',
    '* written Sun, Dec 28, 2025, 14:03, not delivered yet:',
    '> are you there?',
    '* waiting for ada',
    '* you may write already: it is delivered when ada comes, also after you have left',
    '* connected to Ada: direct, 203.0.113.5:4242, in 251 ms',
    '* encrypted: TLS_CHACHA20_POLY1305_SHA256, X25519MLKEM768',
    '* written 11:59:',
    '<Ada> I was away',
    '* left the chat',
    '* 2 messages wait for ada, and are delivered when you meet again',
  ]);
});

test('lines tell once that a friend may have removed this side, and not after that friend has come', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const waiting = lines();
  waiting.print(meeting, waits);
  vi.advanceTimersByTime(59_000);
  const before = waiting.said.length;
  waiting.print(waits);
  vi.advanceTimersByTime(600_000);
  expect(waiting.said.slice(before)).toEqual(['* If ada never comes, ada may have removed you']);
  const met = lines();
  met.print(meeting, waits, connected);
  vi.advanceTimersByTime(600_000);
  expect(met.said.join('\n')).not.toContain('removed');
});

test('lines tell what two say about being friends', () => {
  const { said, print } = lines();
  print(connected);
  said.length = 0;
  print(
    { event: 'friend', state: 'asked' },
    { event: 'friend', state: 'offered' },
    { event: 'friend', state: 'kept', name: 'ada' },
    { event: 'friend', state: 'failed', reason: 'the disk is full' },
    { event: 'friend', state: 'removed', name: 'ada', by: 'us' },
    { event: 'friend', state: 'removed', name: 'ada', by: 'peer' },
  );
  expect(said).toEqual([
    '* you asked to keep anna; waiting for anna to agree',
    '* anna wants to keep you as a friend, so that you meet again without a code: /friend agrees',
    '* anna is kept as ada: next time, punchline chat ada',
    '* anna is not kept as a friend: the disk is full',
    '* ada is a friend no more: next time, you need a code',
    '* ada has removed you as a friend: next time, you need a code',
  ]);
});

test('the log has what was written meanwhile, but not what was said before', () => {
  const written: string[] = [];
  const print = createLogPrinter((text) => void written.push(text.replace(/^\S+ /, '').trimEnd()));
  for (const happening of [meeting, ...history, early, connected, late]) {
    print({ v: 1, at, ...happening });
  }
  print({ v: 1, at, event: 'friend', state: 'kept', name: 'ada' });
  print({ v: 1, at, ...fromPeer('x'), writtenAt: NaN } as Parameters<typeof print>[0]);
  expect(written).toEqual([
    `* written ${new Date(writtenAt).toISOString()}:`,
    '> are you there?',
    `* written ${new Date(at - 60_000).toISOString()}:`,
    '<anna> I was away',
    '* anna is kept as ada: next time, punchline chat ada',
    '* written at an unknown time:',
    '<anna> x',
  ]);
});

test('the commands ask the chat, and a friend is removed only when the command comes twice', () => {
  const chat = createScriptedChat();
  const said: string[] = [];
  const obey = createLineCommands(chat, new LogSwitch(chat), (text) => void said.push(text));
  chat.emit(meeting, connected);
  for (const line of ['/friend Ada', '/unfriend', '/verify', '/unfriend', '/unfriend']) {
    expect(obey(line)).toBe(true);
  }
  expect(chat.wishes).toEqual(['befriend Ada', 'unfriend']);
  expect(said.filter((line) => line.includes('/unfriend again removes ada'))).toHaveLength(2);
});

function closed(...happenings: readonly Happening[]): string {
  const chat = happenings.reduce(
    (state, happening) => reduceChat(state, { v: 1, at, ...happening }),
    initialChatState,
  );
  return closingText(chat, new PassThrough(), 200);
}

test('what is written after the screen has closed tells what waits', () => {
  const waiting = '2 messages wait for ada, and are delivered when you meet again.\n';
  expect(closed(meeting, early, end)).toBe(`Left before there was a connection. ${waiting}`);
  expect(closed(meeting, early, connected, end)).toBe(
    `Chat with anna ended after 0 ms, path direct: 1 message sent, 0 received. ${waiting}`,
  );
});

test('a chat that has failed tells what waits', () => {
  const failed: readonly Happening[] = [
    meeting,
    early,
    { event: 'error', code: 'ERR_RENDEZVOUS', message: 'it is gone', hint: '' },
    { event: 'ended', reason: 'failed', exit: 3, undelivered: 1, waitsFor: 'ada' },
  ];
  const chat = failed.reduce((state, one) => reduceChat(state, { v: 1, at, ...one }), initialChatState);
  const text = JSON.stringify(endingLines(chat, 120));
  expect(text).toContain('1 message waits for ada, and is delivered when you meet again.');
  expect(text).not.toContain('not sent');
});
