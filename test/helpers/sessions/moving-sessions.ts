/** Two sessions that go from channel to channel. */
import * as fc from 'fast-check';
import { firstWord } from '../../../source/connect/reconnect/background-round.ts';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';
import type { Session } from '../../../source/connect/session/session.ts';
import { faultyPair } from './faulty-duplex.ts';

/** What a channel does that has no faults. */
export const smooth = { sizes: [1000], turns: [0] };

/** Gives both a new channel, as the nomination of `a` begins one. */
export function resumeBoth(a: Session, b: Session, there = smooth, back = smooth) {
  const [one, other] = faultyPair(there, back);
  const received = a.received;
  b.resume(new FrameLink(other), received);
  a.resume(new FrameLink(one), undefined);
  return [one, other] as const;
}

/**
 * Moves both to another channel, while they go on on the present one: `a`
 * nominates, `b` moves when it reads that, and `a` with the first word of `b`.
 */
export function moveBoth(a: Session, b: Session, there = smooth, back = smooth) {
  const [one, other] = faultyPair(there, back);
  const [ofA, ofB] = [new FrameLink(one), new FrameLink(other)];
  ofA.send({ type: 'nominate', received: a.received, group: 'X25519' });
  ofB.listen({
    onFrames: ([first, ...more]) => {
      if (first?.type !== 'nominate') {
        throw new Error('no nomination');
      }
      ofB.pause(more);
      b.resume(ofB, first.received);
    },
    onDrain: () => undefined,
    onGone: () => undefined,
  });
  let isMoving = true;
  a.waitWhile(() => isMoving);
  const moved = firstWord(ofA).then((hasSpoken) => {
    isMoving = false;
    if (hasSpoken) {
      a.resume(ofA, undefined);
    }
    return hasSpoken;
  });
  return { streams: [one, other], moved };
}

/** One turn of the event loop. */
export function aTurn() {
  return new Promise<void>((resolve) => setImmediate(resolve));
}

/** Any faults of one direction. */
export const faults = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 }),
  turns: fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
});

/** Bytes that tell a gap, a repetition and a change of order. */
export function recordedWrites(a: Session, b: Session) {
  const wrote = { a: [] as Uint8Array[], b: [] as Uint8Array[] };
  function write(side: 'a' | 'b', length: number) {
    const bytes = Uint8Array.from({ length }, (_, n) => (n * 31 + wrote[side].length) % 251);
    wrote[side].push(bytes);
    (side === 'a' ? a : b).write(Uint8Array.from(bytes));
  }
  return { wrote, write };
}
