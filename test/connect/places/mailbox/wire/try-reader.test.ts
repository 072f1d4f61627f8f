import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Found, Posted } from '../../../../../source/connect/places/mailbox/wire/room-entrance.ts';
import {
  encodeBody,
  formatPhase,
  type RoomMessage,
  type RoomPhase,
} from '../../../../../source/connect/places/mailbox/wire/room-messages.ts';
import { TryReader } from '../../../../../source/connect/places/mailbox/wire/try-reader.ts';

const [nonceA, nonceB] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)];

/** We are `b`. */
const found: Found = {
  role: 'b',
  try: { nonceA, nonceB },
  peerSide: 'peer',
  nonce: nonceA,
  count: 5,
  share: undefined,
  mapped: undefined,
  rttMs: 1,
  at: 0,
  hasAnswered: false,
  early: [],
};

function posted(side: string, phase: RoomPhase, message: RoomMessage): Posted {
  return { side, phase: formatPhase(phase), body: encodeBody(message) };
}

function seal(n: number): RoomMessage {
  return { t: 'seal', sealed: Uint8Array.of(n) };
}

function ofPeer(count: number, message = seal(count)): Posted {
  return posted('peer', { nonceA, nonceB, role: 'a', count }, message);
}

function readAll(all: readonly Posted[]) {
  const reader = new TryReader({ side: 'us' }, found);
  return all.flatMap((one) => reader.read(one));
}

describe('the reader of a try', () => {
  test('reads what the peer has posted in its order and once, whatever the mailbox does', () => {
    const sent = Array.from({ length: 20 }, (_, count) => ofPeer(count));
    const expected = sent.map((_, count) => ({ from: 'peer', message: seal(count) }));
    fc.assert(
      fc.property(
        fc.shuffledSubarray(sent, { minLength: sent.length }),
        fc.array(fc.constantFrom(...sent)),
        (shuffled, copies) => {
          expect(readAll([...copies, ...shuffled, ...copies])).toEqual(expected);
        },
      ),
    );
  });

  test.each([
    ['of another try', posted('peer', { nonceA, nonceB: nonceA, role: 'a', count: 0 }, seal(0))],
    ['of the peer in our role', posted('peer', { nonceA, nonceB, role: 'b', count: 0 }, seal(0))],
    ['of ours in the role of the peer', posted('us', { nonceA, nonceB, role: 'a', count: 0 }, seal(0))],
    ['of a third side', { ...ofPeer(0), side: 'third' }],
    ['that cannot be read', { ...ofPeer(0), body: '00' }],
    ['of another application', { ...ofPeer(0), phase: 'version' }],
    [
      'that repeats the first message of the peer',
      posted('peer', { nonce: nonceA, seat: 'a', count: 6 }, seal(0)),
    ],
    ['of an earlier visit of the peer', posted('peer', { nonce: nonceB, seat: 'a', count: 4 }, seal(0))],
  ])('drops a message %s', (_what, one) => {
    expect(readAll([one])).toEqual([]);
  });

  test('reads our own messages as echoes', () => {
    const round = { t: 'round', n: 2, rttMs: 1 } as const;
    const echo = posted('us', { nonceA, nonceB, role: 'b', count: 3 }, round);
    expect(readAll([echo])).toEqual([{ from: 'us', message: round }]);
  });

  test('takes it for leaving if the peer comes again', () => {
    const again = posted('peer', { nonce: nonceB, seat: 'a', count: 6 }, { t: 'join', rttMs: 1 });
    expect(readAll([again])).toEqual([{ from: 'peer', message: { t: 'leave' } }]);
  });
});
