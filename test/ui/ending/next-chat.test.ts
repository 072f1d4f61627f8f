import { expect, test } from 'vitest';
import type { Happening } from '../../../source/events.ts';
import { type ChatState, initialChatState, reduceChat } from '../../../source/ui/conversation/chat-state.ts';
import { nextOf } from '../../../source/ui/ending/next-chat.ts';
import type { NextChat, Start } from '../../../source/ui/ending/start.ts';
import { connected, waiting } from '../../helpers/chats/story.ts';

function after(...happenings: readonly Happening[]): ChatState {
  return happenings.reduce<ChatState>(
    (state, happening) => reduceChat(state, { v: 1, at: 0, ...happening }),
    initialChatState,
  );
}

function failed(code: 'ERR_NO_SUCH_ROOM' | 'ERR_PEER_LEFT' | 'ERR_WRONG_CODE', exit: number): Happening[] {
  return [
    { event: 'error', code, message: 'it failed', hint: '' },
    { event: 'ended', reason: 'failed', exit },
  ];
}

const left: Happening = { event: 'ended', reason: 'peer-left', exit: 0 };
function end(exit: number): Happening {
  return { event: 'ended', reason: 'failed', exit };
}

test.each<[Start, string, readonly Happening[], NextChat['kind']]>([
  ['room', 'the peer has left', [...waiting, connected, left], 'room'],
  ['room', 'the peer held another code', [...waiting, ...failed('ERR_WRONG_CODE', 5)], 'room'],
  ['room', 'the rendezvous was never reached', [end(3)], 'same'],
  ['agreed', 'the peer has left', [connected, left], 'same'],
  ['agreed', 'the peer held another code', failed('ERR_WRONG_CODE', 5), 'same'],
  ['invite', 'the peer has left', [connected, left], 'room'],
  ['invite', 'the connection was lost', [connected, end(7)], 'room'],
  ['invite', 'the rendezvous was never reached', [end(3)], 'same'],
  ['invite', 'nobody waits in that room', failed('ERR_NO_SUCH_ROOM', 4), 'same'],
  ['invite', 'the peer left in the middle of the meeting', failed('ERR_PEER_LEFT', 4), 'room'],
  ['invite', 'a word was mistyped', failed('ERR_WRONG_CODE', 5), 'invite'],
  ['invite', 'punching failed', [end(6)], 'room'],
])('%s: when %s, Enter leads to the right next chat', (start, _, happenings, next) => {
  expect(nextOf(start, after(...happenings))).toBe(next);
});
