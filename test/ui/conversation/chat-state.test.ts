import { expect, test } from 'vitest';
import type { Happening, NatKind, Path } from '../../../source/events.ts';
import { type ChatState, initialChatState, reduceChat } from '../../../source/ui/conversation/chat-state.ts';
import { emptyTranscript } from '../../../source/ui/conversation/entries/entries.ts';
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

test('a note says that the chat goes by https, because the port cannot be reached', () => {
  const common = { event: 'rendezvous', place: 'rendezvous' } as const;
  const state = reduce([
    { ...common, state: 'connecting', server: 'example.org' },
    { ...common, state: 'waiting', server: 'https://example.org', unreachedPort: 8877 },
    { ...common, state: 'matched', server: 'https://example.org' },
  ]);
  expect(state.server).toBe('https://example.org');
  expect(notes(state)).toEqual(['port 8877 cannot be reached; this chat goes by https']);
});

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

const lostLine: Happening = { event: 'lost', reason: 'no answer for 3 s', queued: 2 };
function back(ms: number, path: Path = 'direct'): Happening {
  return { event: 'resumed', ms, resent: 0, path };
}
function nats(own: NatKind, peer: NatKind): Happening {
  return { event: 'nats', own, peer, direct: 'usually', why: 'a burst finds it' };
}
const guessed: Happening = { ...connected, strategy: 'spray' };
const asked: Happening = { event: 'relay', state: 'asked', reason: 'no direct connection within 3 s' };
const relayed: Happening = { ...connected, path: 'relay' };

test.each<[string, readonly Happening[], string]>([
  ['', wholeStory, 'direct line to anna after 251 ms · /path'],
  [
    'guessed',
    [nats('none', 'random'), guessed],
    "direct line to anna after 251 ms; anna's port was guessed · /path",
  ],
  [
    'ours',
    [nats('counting', 'none'), guessed],
    'direct line to anna after 251 ms; your port was guessed · /path',
  ],
  [
    'both',
    [nats('counting', 'counting'), { ...guessed, strategy: 'predicted' }],
    'direct line to anna after 251 ms; both ports were guessed · /path',
  ],
  ['local', [{ ...connected, path: 'lan' }], 'line to anna on this network after 251 ms · /path'],
  [
    'open',
    [{ ...connected, cipher: 'none' }],
    'direct line to anna after 251 ms, NOT ENCRYPTED: anybody on the way can read and change what is said here',
  ],
  [
    'relayed',
    [...connecting, asked, relayed],
    'No direct line within 3 s. Line to anna relayed by example.org:8877, which cannot read it; still trying to go direct · /path',
  ],
  [
    'hopeless',
    [...connecting, { ...asked, reason: 'no direct connection is possible: both hide' }, relayed],
    'No direct line: both hide. Line to anna relayed by example.org:8877, which cannot read it; still trying to go direct · /path',
  ],
  [
    'by wish',
    [...connecting, { ...asked, reason: 'as we asked for' }, relayed],
    'line to anna relayed by example.org:8877, which cannot read it, as we asked for · /path',
  ],
])('one note tells a connection: %s', (_, events, note) => {
  expect(notes(reduce([...events, ...connecting, ...punching.slice(3)]))).toEqual([note]);
});

test('the note on a loss becomes that on the return', () => {
  const between = fromPeer('between');
  const gone = reduce([connected, lostLine, between]);
  expect(notes(gone).slice(1)).toEqual(['line lost: no answer for 3 s; what you write waits']);
  const refused = reduce([{ event: 'relay', state: 'refused', reason: 'it is full' }], gone);
  expect(notes(refused).slice(1)).toEqual([
    'line lost: no answer for 3 s; not relayed: it is full; what you write waits',
  ]);
  const again = reduce([back(8000)], refused);
  expect(notes(again).slice(1)).toEqual(['line lost for 8.0 s, back again; nothing is missing']);
  expect([...again.transcript.entries].map(({ kind }) => kind)).toEqual(['note', 'note', 'message']);
  expect(notes(reduce([back(8000, 'lan')], gone))[1]).toBe(
    'line lost for 8.0 s, back again, now on this network; nothing is missing',
  );
});

test('a line that is lost again and again has one note, until something else comes', () => {
  const twice = [connected, lostLine, back(8000), lostLine, back(4000)];
  expect(notes(reduce(twice)).slice(1)).toEqual([
    'line lost 2 times, for 12 s in all, back again; nothing is missing',
  ]);
  expect(notes(reduce([...twice, fromPeer('x'), lostLine])).slice(2)).toEqual([
    'line lost: no answer for 3 s; what you write waits',
  ]);
});

test('a loss whose note was cleared away is told with the return', () => {
  const gone = { ...reduce([connected, lostLine]), transcript: emptyTranscript };
  expect(notes(reduce([fromPeer('x'), back(8000)], gone))).toEqual([
    'line lost for 8.0 s, back again; nothing is missing',
  ]);
});

test('a move to another path is a note, one to another channel of the same path is not', () => {
  const move: Happening = { event: 'path', path: 'lan', remote, reason: 'nearer' };
  expect(notes(reduce([connected, move, move])).slice(1)).toEqual([
    'line to anna is now on this network · /path',
  ]);
});

test('messages keep the name that the peer had, and the width of the widest is known', () => {
  const state = reduce([
    connected,
    fromPeer('one'),
    { event: 'renamed', name: 'Anna Lee' },
    fromPeer('two'),
    { event: 'renamed', name: 'A' },
  ]);
  const names = [...state.transcript.entries].flatMap((entry) =>
    entry.kind === 'message' ? [entry.name] : [],
  );
  expect(names).toEqual(['anna', 'Anna Lee']);
  expect(state.nameColumns).toBe(8);
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

test('a peer that was started anew is told apart from one that was only away', () => {
  const again = { event: 'message', from: 'peer', again: true } as const;
  const resumed: Happening = { event: 'resumed', ms: 2000, resent: 1, path: 'direct', restarted: true };
  const state = reduce([
    connected,
    lostLine,
    resumed,
    connected,
    { ...again, id: 'peer-1', text: 'one' },
    { ...again, id: 'peer-2', text: 'two' },
  ]);
  expect(state.lost).toBeUndefined();
  expect(notes(state)).toEqual([
    'direct line to anna after 251 ms · /path',
    'line lost for 2.0 s, back again; the peer was started anew; 1 message sent again',
    'direct line to anna after 251 ms · /path',
    'sent again, so you may have seen it before:',
  ]);
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
