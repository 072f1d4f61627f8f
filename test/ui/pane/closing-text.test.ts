import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Happening } from '../../../source/events.ts';
import { type ChatState, initialChatState, reduceChat } from '../../../source/ui/conversation/chat-state.ts';
import { endingLines } from '../../../source/ui/ending/ending-lines.ts';
import { closingText } from '../../../source/ui/pane/closing-text.ts';
import { widthOf } from '../../../source/ui/text/text-layout.ts';
import { album, photo } from '../../helpers/sessions/file-story.ts';
import { connected, connecting, fromPeer, punching } from '../../helpers/chats/story.ts';

function chatAfter(...happenings: readonly Happening[]): ChatState {
  return happenings.reduce<ChatState>(
    (state, happening, index) => reduceChat(state, { v: 1, at: index * 1000, ...happening }),
    initialChatState,
  );
}

/** Without styles, as for a stream that is not a terminal. */
function closing(chat: ChatState, columns: number): string {
  return closingText(chat, new PassThrough(), columns);
}

test('a chat that went well is summed up: peer, duration, path, messages', () => {
  const chat = chatAfter(connected, fromPeer('a'), fromPeer('b'), {
    event: 'ended',
    reason: 'quit',
    exit: 0,
  });
  expect(closing(chat, 80)).toBe(
    'Chat with anna ended after 3.0 s, path direct: 0 messages sent, 2 received.\n',
  );
});

test('messages that have not arrived are told', () => {
  const said = { event: 'message', from: 'me', id: 'a', text: 'one' } as const;
  const arrived = { event: 'delivered', id: 'a', ms: 1 } as const;
  const lost = { event: 'ended', reason: 'failed', exit: 7 } as const;
  const chat = chatAfter(connected, said, arrived, { ...said, id: 'b' }, lost);
  expect(closing(chat, 120)).toContain('2 messages sent (1 not delivered), 0 received.');
  const classic = chatAfter({ ...connected, cipher: 'none' }, said, lost);
  expect(closing(classic, 120)).toContain('1 message sent, 0 received.');
});

test('only files that have arrived are counted', () => {
  const chat = chatAfter(
    connected,
    { ...photo, state: 'done' },
    { ...photo, id: 'r2', state: 'done' },
    { ...photo, id: 'r3', state: 'failed' },
    album,
    { ...album, state: 'done' },
    { event: 'ended', reason: 'quit', exit: 0 },
  );
  expect(closing(chat, 120)).toContain('0 messages sent, 0 received; 1 file sent, 2 received.\n');
});

test('the summary says that a chat was not encrypted', () => {
  const chat = chatAfter({ ...connected, cipher: 'none' }, { event: 'ended', reason: 'peer-left', exit: 0 });
  expect(closing(chat, 120)).toBe(
    'anna has left after 1.0 s, path direct, NOT ENCRYPTED: 0 messages sent, 0 received.\n',
  );
});

test.each([20, 40, 80, 120])('in %i columns no row is too wide, and no word is broken', (columns) => {
  const failed = chatAfter(
    ...connecting,
    ...punching,
    { event: 'error', code: 'ERR_PUNCH_FAILED', message: 'No way through.', hint: 'Try another network.' },
    { event: 'ended', reason: 'failed', exit: 6 },
  );
  const left = chatAfter(connected, { event: 'ended', reason: 'peer-left', exit: 0 });
  for (const chat of [failed, left]) {
    const text = closing(chat, columns);
    expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThanOrEqual(columns);
    expect(text.split(/\s+/)).toEqual(closing(chat, 200).split(/\s+/));
  }
});

/** Two NATs that let no direct connection through, and a chat that ended for that reason. */
function impossibleChat(): ChatState {
  const tries = ['Leave out --no-relay on both sides.', 'Use another network.'];
  return chatAfter(
    ...connecting,
    ...punching,
    { event: 'nats', own: 'random', peer: 'random', direct: 'no', why: 'neither port can be guessed' },
    {
      event: 'error',
      code: 'ERR_PUNCH_FAILED',
      message: 'no connection in 2 attempts: neither port can be guessed',
      hint: `${tries.join(' ')} Both NATs are random.`,
      tries,
    },
    { event: 'ended', reason: 'failed', exit: 6 },
  );
}

test('a failure tells the verdict, then what can be tried, then the details', () => {
  const text = closing(impossibleChat(), 80);
  expect(text).toMatch(
    /^No direct line through these two NATs: neither port can be guessed\.\n\nTry:\n- Leave out --no-relay on both sides\.\n- Use another network\.\n\nno connection in 2 attempts: neither port can be guessed\.\n\nTried:\n/,
  );
  expect(text).toMatch(/\n\nBoth NATs are random\.\n$/);
});

test('the pane of a chat that has failed tells the same, in this order', () => {
  const rows = endingLines(impossibleChat(), 80).map((line) =>
    line.map((piece) => ('text' in piece ? piece.text : '')).join(''),
  );
  expect(rows.join('\n')).toBe(`
 No direct line through these two NATs: neither port can be guessed.

 Try:
 - Leave out --no-relay on both sides.
 - Use another network.

 No connection in 2 attempts: neither port can be guessed.

 Both NATs are random.`);
});

test('a failure that has nothing to do with the NATs keeps its own words, and a hint without a list stays whole', () => {
  const chat = chatAfter(
    ...connecting,
    { event: 'nats', own: 'random', peer: 'random', direct: 'no', why: 'neither port can be guessed' },
    { event: 'error', code: 'ERR_PUNCH_FAILED', message: 'the peer has left', hint: 'Start again.' },
    { event: 'ended', reason: 'failed', exit: 6 },
  );
  expect(closing(chat, 80)).toBe('the peer has left\n\nStart again.\n');
});
