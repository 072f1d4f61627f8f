import { expect, test } from 'vitest';
import type { Happening } from '../../../source/events.ts';
import { initialChatState, reduceChat } from '../../../source/ui/conversation/chat-state.ts';
import { type Line, lineWidth } from '../../../source/ui/text/line.ts';
import { pathLogLines } from '../../../source/ui/path/path-lines.ts';
import { MAX_STEPS } from '../../../source/ui/path/timeline.ts';
import {
  connected,
  connecting,
  fromPeer,
  manyAttempts,
  waiting,
  wholeStory,
} from '../../helpers/chats/story.ts';

function shown(happenings: readonly Happening[], roundTrips: readonly number[] = [], columns = 80): string[] {
  const chat = happenings.reduce(
    (state, happening, index) => reduceChat(state, { v: 1, at: index * 500, ...happening }),
    initialChatState,
  );
  return pathLogLines({ chat, roundTrips }, columns).map(textOf);
}

function textOf(line: Line): string {
  return line
    .map((piece) => ('text' in piece ? piece.text : '*'))
    .join('')
    .trimEnd();
}

test('shows the state of the connection, and every step that led to it', () => {
  expect(shown([...wholeStory, fromPeer('hi')], [40, 80])).toEqual([
    'direct to anna over IPv4',
    'Peer        203.0.113.5:4242',
    'This side   10.0.0.2:40000',
    'Seen as     198.51.100.7:40123',
    'Cipher      TLS_CHACHA20_POLY1305_SHA256, X25519MLKEM768',
    'Round trip  80 ms ▅█',
    '',
    '+0 ms    connecting to the rendezvous example.org:8877',
    '+1.0 s   waiting at the rendezvous example.org:8877, which sees this side as',
    '         198.51.100.7:40123',
    '+1.5 s   matched at the rendezvous example.org:8877, which sees this side as',
    '         198.51.100.7:40123',
    '+2.0 s   the peer is at 203.0.113.5:4242 (mapped); this side is b',
    '+2.5 s   plan: simultaneous, at most 1 dial',
    '+3.0 s   attempt 1/10: dialling 203.0.113.5:4242 (mapped)',
    '+3.5 s   attempt 1/10: 203.0.113.5:4242 (mapped) refused after 41 ms',
    '+4.0 s   attempt 2/10: dialling 203.0.113.5:4242 (mapped)',
    '+4.5 s   the peer is at 203.0.113.5:4242 (mapped), 192.168.1.17:51000 (host);',
    '         this side is b',
    '+5.0 s   dialling 192.168.1.17:51000 (host)',
    '+5.5 s   192.168.1.17:51000 (host) no answer after 2.5 s',
    '+6.0 s   attempt 2/10: 203.0.113.5:4242 (mapped) connected after 81 ms',
    '+6.5 s   connected to anna: direct, 203.0.113.5:4242, in 251 ms',
  ]);
});

test('marks a relay, and a connection without encryption', () => {
  expect(shown([{ ...connected, path: 'relay' }])).toContain(
    ' through the rendezvous: slower, but still encrypted end to end',
  );
  expect(shown([{ ...connected, cipher: 'none', group: 'none' }])).toContain(
    'Cipher      NONE: this chat can be read',
  );
});

test('shows later steps, too: lost, resumed, moved', () => {
  const lost = { event: 'lost', reason: 'no answer', queued: 1 } as const;
  const said = { event: 'message', from: 'me', id: 'a', text: 'one' } as const;
  expect(shown([connected, said, lost])).toContain('lost (no answer); 1 message to deliver');
  expect(shown([connected, lost, said, { ...said, id: 'b' }])).toContain(
    'lost (no answer); 2 messages to deliver',
  );
  const moved = shown([
    connected,
    lost,
    { event: 'resumed', ms: 2100, resent: 1, path: 'direct' },
    { event: 'path', path: 'lan', remote: { address: 'fd00::7', port: 5 }, reason: 'nearer' },
  ]);
  expect(moved.slice(0, 2)).toEqual(['lan to anna over IPv6', 'Peer        [fd00::7]:5']);
  expect(moved.slice(-3)).toEqual([
    '+500 ms  connection lost (no answer); 1 message waiting; reconnecting',
    '+1.0 s   connected again after 2.1 s, direct; 1 message sent again',
    '+1.5 s   moved to lan [fd00::7]:5: nearer',
  ]);
});

test('shows steps before there is a connection', () => {
  expect(shown([...connecting, ...waiting])[0]).toBe('not connected yet');
});

test('shows times after minutes and hours, too', () => {
  const times = [59_001, 60_002, 754_003, 7_509_004].map((at) =>
    Object.assign({ event: 'resumed', ms: at % 100, resent: 0, path: 'direct' } as const, { at }),
  );
  expect(shown([connected, ...times]).slice(-4)).toEqual([
    '+59 s    connected again after 1 ms, direct',
    '+1:00    connected again after 2 ms, direct',
    '+12:34   connected again after 3 ms, direct',
    '+2 h 05  connected again after 4 ms, direct',
  ]);
});

test('wraps a value that is wider than the pane', () => {
  const address = '2001:db8:1111:2222:3333:4444:5555:6666';
  const far = shown([{ ...connected, remote: { address, port: 40_000 } }], [], 40).join('\n');
  expect(far).toContain('Cipher      TLS_CHACHA20_POLY1305_SHA256');
  expect(far.replaceAll(/\s/g, '')).toContain(`Peer[${address}]:40000`);
  expect(shown([connected], [], 20).join('')).toContain('X25519MLKEM768');
});

test('no line is wider than the pane, however narrow', () => {
  for (const columns of [20, 40, 80]) {
    const chat = wholeStory.reduce(
      (state, happening) => reduceChat(state, { v: 1, at: 0, ...happening }),
      initialChatState,
    );
    const steps = pathLogLines({ chat, roundTrips: [1, 2] }, columns);
    expect(Math.max(...steps.map(lineWidth))).toBeLessThanOrEqual(columns);
  }
});

test('the number of steps is bounded, even if the connection is lost for weeks', () => {
  expect(shown(manyAttempts, [], 200)).toHaveLength(MAX_STEPS + 2);
});
