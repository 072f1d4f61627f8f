import { describe, expect, test } from 'vitest';
import type {
  Comparison,
  PacketSelector,
  RowSelector,
  Value,
} from '../../../source/workshop/judge/check-schema.ts';
import { holds, valueOf } from '../../../source/workshop/judge/value-of.ts';
import { evidence, packet, row } from '../../helpers/workshop/evidence.ts';

const none = { lab: [], chats: {}, prediction: undefined };
const stopped = { kind: 'stopped', place: 'bob.router' } as const;
const back = { from: 'bob', to: 'alice', source: '192.168.2.2:5000', target: '50.0.1.2:4000' } as const;

describe('packets', () => {
  const seen = evidence([
    packet({ at: 1, seq: 7, fate: stopped, to: null }),
    packet({ at: 1000, seq: 7, to: 'bob.router', fate: stopped }),
    packet({ at: 2, ...back, flags: 'SA' }),
    packet({ at: 3, length: 14, flags: 'AP' }),
    packet({ at: 4, flags: 'S', fate: { kind: 'answered', place: 'bob.router', by: 'rst' }, seq: 9 }),
    packet({ at: 5, flags: 'unreachable', protocol: 'icmp', source: '50.0.2.254', target: '50.0.1.2' }),
    packet({ at: 6, target: '[2a00:5000::2]:8877', to: 'rendezvous', seq: 11 }),
    packet({ at: 7, loop: 'alice.router', seq: 12, flags: 'A' }),
  ]);

  test.each<[PacketSelector, number]>([
    [{}, 8],
    [{ flags: 'S' }, 4],
    [{ flags: ['S', 'SA'] }, 5],
    [{ from: 'bob' }, 1],
    [{ to: 'bob', flags: 'S' }, 2],
    [{ to: 'bob.router' }, 1],
    [{ fate: 'stopped' }, 2],
    [{ fate: ['stopped', 'answered'] }, 3],
    [{ at: 'bob.router' }, 3],
    [{ at: 'alice.router' }, 0],
    [{ by: 'rst' }, 1],
    [{ by: 'icmp' }, 0],
    [{ least: 1 }, 1],
    [{ least: 14, most: 14 }, 1],
    [{ least: 1, most: 13 }, 0],
    [{ family: 6 }, 1],
    [{ protocol: 'icmp' }, 1],
    [{ source: 5000 }, 1],
    [{ target: 8877 }, 1],
    [{ seen: { place: 'alice.router', side: 'loop' } }, 1],
    [{ seen: { place: 'bob.router' } }, 1],
  ])('%j are %i, those that were sent again counted', (packets, count) => {
    expect(valueOf({ packets, again: true }, seen)).toBe(count);
  });

  test('count once where the same segment was sent again from the same port', () => {
    const again = evidence([packet({ seq: 7 }), packet({ at: 1000, seq: 7 }), packet({ seq: 8 })]);
    expect(valueOf({ packets: { flags: 'S' } }, again)).toBe(2);
    expect(valueOf({ packets: { flags: 'S' }, again: true }, again)).toBe(3);
  });

  test('are unknown, and not none, where nobody has watched', () => {
    expect(valueOf({ packets: {} }, none)).toBeUndefined();
    expect(valueOf({ packets: {} }, evidence([]))).toBe(0);
  });
});

describe('rows', () => {
  const seen = evidence([
    row(),
    row({ change: 'changed', state: 'CLOSE_WAIT' }),
    row({ id: '2', remote: '50.0.2.2:5000', state: 'SYN_SENT', inside: '192.168.1.2:4001' }),
    row({ id: '2', place: 'bob.router', change: 'gone', remote: null, state: null }),
  ]);

  test.each<[RowSelector, number]>([
    [{}, 3],
    [{ place: 'alice.router' }, 2],
    [{ change: 'gone' }, 1],
    [{ state: ['SYN_SENT', 'ESTABLISHED'] }, 2],
    [{ remote: 'rendezvous' }, 1],
    [{ remote: 'bob' }, 1],
    [{ remote: 'alice' }, 0],
    [{ target: 8877 }, 1],
    [{ source: 4001 }, 1],
  ])('%j are %i', (rows, count) => {
    expect(valueOf({ rows }, seen)).toBe(count);
  });

  test.each<[Value, string | number | undefined]>([
    [{ mapping: 'outside', of: { remote: 'rendezvous' } }, '50.0.1.2:4000'],
    [{ mapping: 'inside', of: { place: 'alice.router' }, which: 'last', part: 'port' }, 4001],
    [{ mapping: 'remote', of: {}, part: 'address' }, '50.0.0.2'],
    [{ mapping: 'remote', of: { place: 'bob.router' } }, undefined],
    [{ mapping: 'outside', of: { source: 1 } }, undefined],
  ])('%j is %s', (value, found) => {
    expect(valueOf(value, seen)).toBe(found);
  });
});

describe('an endpoint of a packet', () => {
  const seen = evidence([
    packet({ at: 1, outside: '50.0.1.2:4000' }),
    packet({ at: 2, source: '192.168.1.2:39173', outside: '50.0.1.2:39173', seq: 2 }),
  ]);
  const of = { flags: 'S' };

  test.each<[Value, string | number]>([
    [{ endpoint: 'source', of, when: 'sent' }, '192.168.1.2:4000'],
    [{ endpoint: 'source', of, when: 'last seen' }, '50.0.1.2:4000'],
    [{ endpoint: 'source', of, when: 'last seen', which: 'last', part: 'port' }, 39_173],
    [{ endpoint: 'target', of, when: 'sent', part: 'address' }, '50.0.2.2'],
  ])('%j is %s', (value, found) => {
    expect(valueOf(value, seen)).toBe(found);
  });

  test('is missing where there is no such packet', () => {
    expect(valueOf({ endpoint: 'source', of: { flags: 'R' }, when: 'sent' }, seen)).toBeUndefined();
  });
});

describe('what came of dials', () => {
  const outcome: Value = { outcome: { from: 'alice', to: 'bob' } };

  test.each([
    ['nothing was sent', undefined, []],
    ['nothing came back', 'silence', [packet({ fate: stopped })]],
    ['a router refused', 'refused', [packet({ fate: { kind: 'answered', place: 'bob.router', by: 'rst' } })]],
    ['the host refused', 'refused', [packet(), packet({ ...back, flags: 'AR' })]],
    ['a refusal did not arrive', 'silence', [packet(), packet({ ...back, flags: 'AR', fate: stopped })]],
    [
      'a router said so',
      'unreachable',
      [packet({ fate: { kind: 'answered', place: 'bob.router', by: 'icmp' } })],
    ],
    ['the listener answered', 'connected', [packet(), packet({ ...back, flags: 'SA' })]],
    ['the answer was stopped', 'silence', [packet(), packet({ ...back, flags: 'SA', fate: stopped })]],
    [
      'both dialled, and one was refused first',
      'connected',
      [
        packet({ fate: { kind: 'answered', place: 'bob.router', by: 'rst' } }),
        packet({ seq: 2, flags: 'SA' }),
      ],
    ],
  ])('%s: %s', (_, found, events) => {
    expect(valueOf(outcome, evidence(events))).toBe(found);
  });

  test('can be those of one port', () => {
    const seen = evidence([packet(), packet({ ...back, flags: 'SA' })]);
    expect(valueOf({ outcome: { from: 'alice', to: 'bob', target: 5000 } }, seen)).toBe('connected');
    expect(valueOf({ outcome: { from: 'alice', to: 'bob', target: 80 } }, seen)).toBeUndefined();
  });
});

describe('the opening of a connection', () => {
  const opening: Value = { opening: ['alice', 'bob'], packets: 4 };
  const own = { outside: '50.0.1.2:4000' };
  const peers = { ...back, outside: '50.0.2.2:5000' };

  test('is S S SA SA where the SYNs cross', () => {
    const seen = evidence([
      packet({ at: 0, ...own, source: '192.168.1.2:39173', outside: '50.0.1.2:39173', fate: stopped }),
      packet({ at: 1, ...own }),
      packet({ at: 2, ...peers }),
      packet({ at: 3, ...own, fate: stopped }),
      packet({ at: 4, ...own, flags: 'SA' }),
      packet({ at: 5, ...peers, flags: 'SA' }),
      packet({ at: 6, ...own, flags: 'A', seq: 2 }),
    ]);
    expect(valueOf(opening, seen)).toBe('S S SA SA');
  });

  test('is S SA A where one side listens', () => {
    const seen = evidence([
      packet({ at: 1, ...own }),
      packet({ at: 2, ...peers, flags: 'SA' }),
      packet({ at: 3, ...own, flags: 'A', seq: 2 }),
    ]);
    expect(valueOf(opening, seen)).toBe('S SA A');
  });

  test('is missing where none was opened', () => {
    expect(valueOf(opening, evidence([packet({ fate: stopped })]))).toBeUndefined();
  });
});

test('seconds run from the first packet of one kind to the first or last of another', () => {
  const seen = evidence([
    packet({ at: 0, flags: 'A' }),
    packet({ at: 500, seq: 1 }),
    packet({ at: 1250, flags: 'A' }),
    packet({ at: 9000, flags: 'A' }),
  ]);
  const [from, to] = [{ flags: 'S' }, { flags: 'A' }];
  expect(valueOf({ seconds: { from, to } }, seen)).toBe(0.75);
  expect(valueOf({ seconds: { from, to, which: 'last' } }, seen)).toBe(8.5);
  expect(valueOf({ seconds: { from, to: { flags: 'R' } } }, seen)).toBeUndefined();
});

test('numbers can be added and be made a percentage', () => {
  const seen = evidence([packet(), packet({ seq: 2, flags: 'SA' })]);
  const syn: Value = { packets: { flags: 'S' } };
  expect(valueOf({ sum: [syn, { number: 40_960 }] }, seen)).toBe(40_961);
  expect(valueOf({ sum: [syn, { text: 'S' }] }, seen)).toBeUndefined();
  expect(valueOf({ less: [{ number: 3 }, syn] }, seen)).toBe(2);
  expect(valueOf({ less: [{ text: 'S' }, syn] }, seen)).toBeUndefined();
  expect(valueOf({ percent: { of: syn, in: { packets: {} } } }, seen)).toBe(50);
  expect(valueOf({ percent: { of: syn, in: { packets: { flags: 'R' } } } }, seen)).toBeUndefined();
});

test('the typed prediction is a value, whole or one cell of it', () => {
  expect(valueOf({ typed: '' }, evidence([], { prediction: 2 }))).toBe(2);
  expect(valueOf({ typed: 'open' }, evidence([], { prediction: { open: 'silence' } }))).toBe('silence');
  expect(valueOf({ typed: 'gone' }, evidence([], { prediction: { open: 'silence' } }))).toBeUndefined();
  expect(valueOf({ typed: '' }, evidence([]))).toBeUndefined();
});

test('a chat tells fields of its events, and how many numbers are missing', () => {
  const beats = [1, 2, 4, 7, 7].map((n) => ({ event: 'heartbeat', direction: 'received', n }));
  const chats = {
    alice: [
      { event: 'connected', path: 'direct' },
      { event: 'path', path: 'lan' },
      { event: 'connected', path: 'relay' },
    ],
    bob: [
      ...beats,
      { event: 'heartbeat', direction: 'sent', n: 9 },
      { event: 'heartbeat', direction: 'received' },
    ],
    carol: [],
  };
  const seen = evidence([], { chats });
  expect(valueOf({ chat: 'alice', event: 'connected', field: 'path' }, seen)).toBe('direct');
  expect(valueOf({ chat: 'alice', event: 'connected', field: 'path', which: 'last' }, seen)).toBe('relay');
  expect(valueOf({ chat: 'alice', event: 'lost', field: 'reason' }, seen)).toBeUndefined();
  expect(valueOf({ events: 'alice', named: 'connected' }, seen)).toBe(2);
  expect(valueOf({ events: 'alice', named: 'lost' }, seen)).toBe(0);
  expect(valueOf({ events: 'dave', named: 'lost' }, seen)).toBeUndefined();
  expect(valueOf({ gaps: 'bob' }, seen)).toBe(3);
  expect(valueOf({ received: 'bob' }, seen)).toBe(4);
  expect(valueOf({ gaps: 'carol' }, seen)).toBeUndefined();
  expect(valueOf({ received: 'dave' }, seen)).toBeUndefined();
});

test('cases give the word of the first that holds, and wait while one of them is unknown', () => {
  const value: Value = {
    cases: [
      { when: { left: { packets: { flags: 'R' } }, is: 'at least', right: { number: 1 } }, give: 'refused' },
      { when: { left: { packets: { flags: 'S' } }, is: 'at least', right: { number: 1 } }, give: 'dialled' },
    ],
    otherwise: 'idle',
  };
  expect(valueOf(value, evidence([packet()]))).toBe('dialled');
  expect(valueOf(value, evidence([]))).toBe('idle');
  expect(valueOf(value, none)).toBeUndefined();
});

test.each<[Comparison['is'], number, number, number | undefined, boolean]>([
  ['same', 1, 1, undefined, true],
  ['same', 1, 2, undefined, false],
  ['different', 1, 2, undefined, true],
  ['different', 2, 2, undefined, false],
  ['at least', 2, 2, undefined, true],
  ['at least', 1, 2, undefined, false],
  ['at most', 2, 2, undefined, true],
  ['at most', 3, 2, undefined, false],
  ['within', 87, 82, 5, true],
  ['within', 82, 88, 5, false],
])('%s: %i and %i, by %s, is %s', (is, one, other, by, expected) => {
  const comparison = { left: { number: one }, is, right: { number: other }, by };
  expect(holds(comparison, evidence([]))).toBe(expected);
});

test('a comparison with a missing value is neither true nor false', () => {
  expect(holds({ left: { packets: {} }, is: 'at most', right: { number: 0 } }, none)).toBeUndefined();
});
