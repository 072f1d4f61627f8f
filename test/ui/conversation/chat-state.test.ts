import { expect, test } from 'vitest';
import type { Happening } from '../../../source/events.ts';
import { type ChatState, initialChatState, reduceChat } from '../../../source/ui/conversation/chat-state.ts';
import {
  connected,
  connecting,
  fromPeer,
  manyAttempts,
  mapped,
  punched,
  punching,
  remote,
  waiting,
  wholeStory,
} from '../../helpers/chats/story.ts';

function reduce(happenings: readonly Happening[], from: ChatState = initialChatState): ChatState {
  let state = from;
  for (const [at, happening] of happenings.entries()) {
    state = reduceChat(state, { v: 1, at, ...happening });
  }
  return state;
}

function notes(state: ChatState): string[] {
  return [...state.transcript.entries].flatMap((entry) => (entry.kind === 'note' ? [entry.text] : []));
}

test.each<[string, readonly Happening[], Partial<ChatState>]>([
  ['connecting', connecting, { phase: 'connecting', server: 'example.org:8877' }],
  ['waiting', waiting, { phase: 'waiting', invite: '7-velvet-orbit@example.org', mapped }],
  ['punching', punching, { phase: 'punching', round: { n: 2, of: 10 } }],
  ['open', wholeStory, { phase: 'chat' }],
  ['lost', [connected, { event: 'lost', reason: 'x', queued: 1 }], { phase: 'chat' }],
  ['ended', [connected, { event: 'ended', reason: 'quit', exit: 0 }], { phase: 'ended' }],
])('%s', (_, events, expected) => {
  expect(reduce(events)).toMatchObject(expected);
});

test('keeps each dial once with its outcome, the latest first', () => {
  const { attempts } = reduce([...punching, ...punched]);
  expect(attempts.map(({ n, kind, outcome }) => `${n} ${kind} ${outcome}`)).toEqual([
    '1 host timeout',
    '2 mapped connected',
    '1 mapped refused',
  ]);
});

test('keeps a bounded number of attempts', () => {
  expect(reduce(manyAttempts).attempts).toHaveLength(100);
});

test('notes the steps of the connection in the transcript, once each', () => {
  const before = notes(reduce(wholeStory));
  expect(before).toEqual([
    'the rendezvous example.org:8877 sees this side as 198.51.100.7:40123',
    'the peer is at 203.0.113.5:4242 (mapped)',
    'attempt 1/10: 203.0.113.5:4242 (mapped) refused after 41 ms',
    'the peer is at 192.168.1.17:51000 (host)',
    '192.168.1.17:51000 (host) no answer after 2.5 s',
    'attempt 2/10: 203.0.113.5:4242 (mapped) connected after 81 ms',
    'connected to anna: direct, 203.0.113.5:4242, in 251 ms',
  ]);
  expect(notes(reduce([...wholeStory, ...connecting, ...punching.slice(3)]))).toEqual(before);
});

test('counts messages, and marks those that were delivered', () => {
  const state = reduce([
    connected,
    { event: 'message', from: 'me', id: 'a', text: 'one' },
    { event: 'message', from: 'me', id: 'b', text: 'two' },
    fromPeer('three', 'a'),
    { event: 'delivered', id: 'a', ms: 5 },
    { event: 'delivered', id: 'unknown', ms: 5 },
  ]);
  expect([state.sent, state.received]).toEqual([2, 1]);
  const ticked = [...state.transcript.entries].filter((entry) => entry.kind === 'message' && entry.delivered);
  expect(ticked).toMatchObject([{ from: 'me', id: 'a' }]);
});

function beat(direction: 'sent' | 'received', n: number): Happening {
  return {
    event: 'heartbeat',
    direction,
    n,
    text: 'Hello, world',
    ...(direction === 'received' ? { ms: n } : {}),
  };
}

test('heartbeats in a row are one entry; a message begins a new one', () => {
  const { entries } = reduce([
    beat('sent', 1),
    beat('received', 1),
    beat('sent', 2),
    fromPeer('x'),
    beat('sent', 3),
  ]).transcript;
  expect([...entries]).toMatchObject([
    { kind: 'heartbeat', sent: 2, received: 1, ms: 1 },
    { kind: 'message' },
    { kind: 'heartbeat', sent: 3, received: undefined },
  ]);
});

test('a lost connection counts as lost until it is resumed, on any path', () => {
  const lost = reduce([connected, { event: 'lost', reason: 'silence', queued: 2 }]);
  expect(lost.lost).toMatchObject({ queued: 2 });
  const resumed = reduce([{ event: 'resumed', ms: 3000, resent: 2, path: 'relay' }], lost);
  expect(resumed.lost).toBeUndefined();
  expect(resumed.connection?.path).toBe('relay');
});

test('rounds of reconnecting are not counted with those of connecting', () => {
  const lost = reduce([...wholeStory, { event: 'lost', reason: 'silence', queued: 0 }]);
  expect(lost.round).toBeUndefined();
  const trying = {
    event: 'attempt',
    n: 1,
    of: 3,
    kind: 'mapped',
    ...remote,
    outcome: 'started',
    ms: 0,
  } as const;
  expect(reduce([trying], lost).round).toEqual({ n: 1, of: 3 });
});

test('keeps the newest messages, at most 32 Mi characters', () => {
  const long = 'x'.repeat(1024 * 1024);
  const state = reduce(Array.from({ length: 40 }, (_, id) => fromPeer(long, String(id))));
  expect(state.transcript.entries).toHaveLength(32);
  expect(state.transcript.entries.at(-1)).toMatchObject({ id: '39' });
  expect(state.transcript.characters).toBe(32 * 1024 * 1024);
});
