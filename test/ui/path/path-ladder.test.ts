import { expect, test } from 'vitest';
import type { AttemptEvent, Candidate, Happening } from '../../../source/events.ts';
import type { Arrow } from '../../../source/ladder/ladder.ts';
import { ladderLines } from '../../../source/ladder/ladder-lines.ts';
import { type ChatState, initialChatState, reduceChat } from '../../../source/ui/conversation/chat-state.ts';
import { pathLadder } from '../../../source/ui/path/path-ladder.ts';
import { textMeasure } from '../../../source/ui/text/text-layout.ts';
import {
  connected,
  connecting,
  fromPeer,
  manyAttempts,
  mapped,
  remote,
  wholeStory,
} from '../../helpers/chats/story.ts';

/** The chat after events that follow each other by 50 ms, or at the time that they say. */
function chatAfter(happenings: readonly (Happening & { readonly at?: number })[]): ChatState {
  return happenings.reduce(
    (state, happening, index) => reduceChat(state, { v: 1, at: index * 50, ...happening }),
    initialChatState,
  );
}

function drawn(happenings: readonly (Happening & { readonly at?: number })[], columns = 80): string[] {
  const lines = ladderLines(pathLadder(chatAfter(happenings)), columns, textMeasure) ?? [];
  return lines.map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );
}

function namesOf(happenings: readonly Happening[]): string[] {
  return pathLadder(chatAfter(happenings)).lanes.map(({ label }) => label);
}

function arrowsOf(happenings: readonly Happening[]): Arrow[] {
  return pathLadder(chatAfter(happenings)).rows.flatMap((row) => (row.kind === 'arrows' ? row.arrows : []));
}

const dial: AttemptEvent = {
  event: 'attempt',
  n: 1,
  of: 10,
  kind: 'mapped',
  ...remote,
  outcome: 'started',
  ms: 0,
};
const matched: Happening = {
  event: 'rendezvous',
  place: 'rendezvous',
  state: 'matched',
  server: 'example.org:8877',
  mapped,
};

function peerAt(...candidates: readonly Candidate[]): Happening {
  return { event: 'peer', role: 'a', candidates };
}

const peerMapped: Candidate = { kind: 'mapped', ...remote };
const peerHost: Candidate = { kind: 'host', address: '192.168.1.17', port: 51_000 };

test('a whole connection shows who told what to whom, and how far each dial came', () => {
  expect(drawn(wholeStory)).toEqual([
    "  ms  you         your NAT       rendezvous      anna's NAT        anna",
    '   0  ├─────── joins the room ───────▸│               │               │',
    ' 100  │◂───── you are at :40123 ──────┤               │               │',
    ' 150  │               │               │◂─────── joins the room ───────┤',
    ' 200  │◂────── anna is at :4242 ──────┼───── you are at :40123 ──────▸│',
    ' 300  ├───────────────┼────── SYN to :4242 ───────╮   │               │  round 1',
    ' 350  │◂──────────────┼───────── refused ─────────╯   │               │',
    ' 400  ├───────────────┼──────── SYN to :4242 ─────────┼──────────────▸│  round 2',
    ' 450  │◂──────────────┼── also at 192.168.1.17:51000 ─┼───────────────┤',
    ' 500  ├── SYN to 192.168.1.17:51000, no answer ───×   │               │',
    ' 650  ╞═══════════════ TLS 1.3 · both proved the code ════════════════╡',
  ]);
});

test.each([
  ['timeout', 'unanswered', 'SYN to :4242, no answer'],
  ['unreachable', 'unanswered', 'SYN to :4242, unreachable'],
  ['abandoned', 'open', 'SYN to :4242, given up'],
  ['started', 'open', 'SYN to :4242'],
  ['refused', 'turned', 'SYN to :4242'],
] as const)(
  'a dial that is %s ends before the NAT of the peer: nobody knows where',
  (outcome, end, label) => {
    const ended = outcome === 'started' ? [] : [{ ...dial, outcome, ms: 1000 }];
    const steps = [matched, peerAt(peerMapped), dial, ...ended];
    const [arrow, back] = arrowsOf(steps).slice(2);
    expect(namesOf(steps)[arrow?.to ?? 0]).toBe("the peer's NAT?");
    expect(arrow).toEqual({ from: 0, to: 3, through: [1], end, label });
    const refusal = { from: 3, to: 0, through: [1], start: 'turned', end: 'arrives', label: 'refused' };
    expect(back).toEqual(outcome === 'refused' ? refusal : undefined);
  },
);

test('a dial that connects goes through both NATs to the peer, and a spray names the port that opened', () => {
  const spray = { ...dial, kind: 'sprayed', n: 2, dials: 1024 } as const;
  const steps = [
    matched,
    peerAt(peerMapped),
    spray,
    { ...spray, outcome: 'connected', ms: 300 } as const,
    { ...connected, remote: { ...remote, port: 55_950 } },
  ];
  expect(arrowsOf(steps).at(-1)).toEqual({
    from: 0,
    to: 4,
    through: [1, 3],
    end: 'arrives',
    label: 'SYN to 1,024 ports, :55950 opens',
    tone: 'good',
  });
});

test.each([
  [{ kind: 'mapped', dials: 257 }, 'SYN from 257 ports to :4242'],
  [{ kind: 'predicted', dials: 2 }, 'SYN to :4242 (guessed) and 1 more port'],
  [{ kind: 'predicted', dials: 1 }, 'SYN to :4242 (guessed)'],
  [{ kind: 'host', address: '2001:db8::1', port: 5 }, 'SYN to [2001:db8::1]:5'],
  [{ kind: 'forwarded', port: 40_000 }, 'SYN to :40000 (mapped by its router)'],
] as const)('%j is named %s', (change, label) => {
  expect(arrowsOf([matched, peerAt(peerMapped), { ...dial, ...change }]).at(-1)?.label).toBe(label);
});

test('a port that our router maps is a note', () => {
  const mappedPort = {
    event: 'forwarded',
    address: '198.51.100.7',
    port: 40_000,
    protocol: 'nat-pmp',
  } as const;
  expect(drawn([matched, peerAt(peerMapped), mappedPort]).join(' ')).toContain(
    'our router maps 198.51.100.7:40000 to this machine, by NAT-PMP',
  );
});

test('if no dial of ours connected, the one of the peer did', () => {
  const steps = [matched, peerAt(peerMapped), dial, connected];
  expect(arrowsOf(steps).at(-1)).toMatchObject({ from: 4, to: 0, end: 'arrives', label: 'SYN of anna' });
  const relayed = [matched, peerAt(peerMapped), dial, { ...connected, path: 'relay' } as const];
  expect(arrowsOf(relayed).at(-1)).toMatchObject({ label: 'SYN to :4242' });
  expect(drawn(relayed).at(-1)).toContain('TLS 1.3 by way of the rendezvous · both proved the code');
});

test('a NAT has a lane only if nothing speaks against it, and a question mark if nothing speaks for it', () => {
  expect(namesOf(connecting)).toEqual(['you', 'your NAT?', 'rendezvous', "the peer's NAT?", 'the peer']);
  expect(namesOf(wholeStory)).toEqual(['you', 'your NAT', 'rendezvous', "anna's NAT", 'anna']);
  const open = [
    matched,
    peerAt(peerMapped, { ...peerHost, address: remote.address }),
    { ...connected, local: mapped },
  ];
  expect(namesOf(open)).toEqual(['you', 'rendezvous', 'anna']);
  const here = { address: '127.0.0.1', port: 4242 };
  const machine = [{ ...matched, mapped: here }, peerAt({ ...peerMapped, ...here })];
  expect(namesOf(machine)).toEqual(['you', 'rendezvous', 'the peer']);
  const house = [matched, peerAt({ ...peerMapped, address: mapped.address }, peerHost)];
  expect(namesOf(house)).toEqual(['you', 'NAT of both?', 'rendezvous', 'the peer']);
});

test('what the connection says of both NATs counts, but not for a peer that hides its addresses', () => {
  const nats = { event: 'nats', direct: 'yes', why: '' } as const;
  const same = { ...nats, own: 'endpoint-independent', peer: 'endpoint-independent' } as const;
  expect(namesOf([matched, peerAt(peerMapped), same])).toContain('your NAT');
  expect(namesOf([matched, peerAt(peerMapped), same])).toContain("the peer's NAT?");
  expect(namesOf([matched, peerAt(peerMapped), { ...same, peer: 'random' }])).toContain("the peer's NAT");
  expect(namesOf([matched, peerAt(peerMapped), { ...same, own: 'none', peer: 'none' }])).toHaveLength(3);
});

test('a loss begins anew, and so does a long pause; resumed, moved and relayed lines are bands', () => {
  const told: readonly (Happening & { readonly at?: number })[] = [
    matched,
    peerAt(peerMapped, peerHost),
    { ...connected, at: 1000 },
    { event: 'lost', reason: 'no answer for 3 s', queued: 2, at: 754_000 },
    {
      event: 'rendezvous',
      place: 'rendezvous',
      state: 'connecting',
      server: 'example.org:8877',
      at: 754_100,
    },
    { event: 'relay', state: 'asked', reason: 'it is late', at: 754_200 },
    { event: 'relay', state: 'refused', reason: 'too many', at: 754_300 },
    { event: 'resumed', ms: 8200, resent: 2, path: 'direct', at: 762_200 },
    {
      event: 'path',
      path: 'lan',
      remote: { address: '192.168.1.7', port: 5123 },
      reason: 'nearer',
      at: 7_962_200,
    },
    { event: 'error', code: 'ERR_X', message: 'it broke', hint: '', at: 7_962_300 },
  ];
  const lines = drawn(told, 110).filter((line) => !/you {9,}|10\.0\.0\.2/.test(line));
  expect(
    lines.slice(3).map((line) =>
      line
        .replaceAll(/[│┼╪├┤▸◂═─╞╡]+/g, ' ')
        .replaceAll(/ +/g, ' ')
        .trim(),
    ),
  ).toEqual([
    '1000 TLS 1.3 · both proved the code',
    'line lost after 12:33: no answer for 3 s',
    '100 joins the room …',
    '200 asks for a relay: it is late',
    '300 no relay: too many',
    '8200 TLS 1.3 · back after 8.2 s · 2 messages sent again',
    '2 h 00 later',
    '0 moved to lan 192.168.1.7:5123: nearer',
    '100 it broke',
  ]);
});

test('a search that began before the loss was certain stands below the loss', () => {
  const joins = {
    event: 'rendezvous',
    place: 'rendezvous',
    state: 'connecting',
    server: 'example.org:8877',
  } as const;
  const lines = drawn(
    [
      matched,
      peerAt(peerMapped, peerHost),
      { ...connected, at: 1000 },
      { ...joins, at: 754_000 },
      { event: 'lost', reason: 'no answer for 3 s', queued: 2, at: 755_500 },
      { ...joins, state: 'waiting', mapped, at: 755_600 },
      { ...joins, at: 755_700 },
    ],
    110,
  ).filter((line) => !/you {9,}|10\.0\.0\.2/.test(line));
  expect(
    lines.slice(4).map((line) =>
      line
        .replaceAll(/[│┼╪├┤◂═─╞╡]+/g, ' ')
        .replaceAll(/ +/g, ' ')
        .trim(),
    ),
  ).toEqual([
    'line lost after 12:34: no answer for 3 s',
    '0 joins the room ▸',
    '1600 you are at :40123',
    '1700 joins the room …',
  ]);
});

test('the classic connection is drawn as what it is', () => {
  const lines = drawn([connecting[0]!, { ...connected, cipher: 'none', group: 'none' }]);
  expect(lines.at(-1)).toContain(' TCP, NOT ENCRYPTED ');
});

test('rounds that repeat each other are folded, however many there were', () => {
  expect(drawn(manyAttempts)).toEqual([
    '   ms  you                      rendezvous                  the peer',
    "                  your NAT?                  the peer's NAT?",
    '    0  ├─────── SYN to 203.0.113.5:4242 ────────╮   │              │  round 700',
    '    0  │◂─────────────┼──────── refused ────────╯   │              │',
    '       ┊ 298 more rounds like this   ┊              ┊              ┊',
    '14949  ├─────── SYN to 203.0.113.5:4242 ────────╮   │              │  round 999',
    '14950  │◂─────────────┼──────── refused ────────╯   │              │',
  ]);
});

test('a conversation leaves no rows', () => {
  const talk = Array.from({ length: 9 }, (_, n) => fromPeer(`${n}`));
  expect(drawn([...wholeStory, ...talk])).toEqual(drawn(wholeStory));
});

test('a host and its guest talk over the connection on which they have met, and no SYN is shown', () => {
  const story: Happening[] = [
    { event: 'rendezvous', place: 'here', state: 'connecting', server: 'this machine' },
    { event: 'rendezvous', place: 'here', state: 'waiting', server: 'this machine', mapped },
    { event: 'rendezvous', place: 'here', state: 'matched', server: 'this machine', mapped },
    { ...connected, here: true },
  ];
  expect(namesOf(story)).toContain('place');
  expect(namesOf(story)).not.toContain('rendezvous');
  const text = drawn(story).join('\n');
  expect(text).toContain('TLS 1.3 over the same connection · both proved the code');
  expect(text).not.toContain('SYN');
});
