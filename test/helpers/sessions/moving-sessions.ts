/** Two sessions that move from channel to channel. */
import * as fc from 'fast-check';
import { firstWord } from '../../../source/connect/reconnect/background-round.ts';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';
import type { Session } from '../../../source/connect/session/session.ts';
import { faultyPair } from './faulty-duplex.ts';

/** The "faults" of a channel without faults. */
export const smooth = { sizes: [1000], turns: [0] };

/** Gives both sessions a new channel, as if `a` had nominated it. */
export function resumeBoth(a: Session, b: Session, there = smooth, back = smooth) {
  const [one, other] = faultyPair(there, back);
  const received = a.received;
  b.resume(new FrameLink(other), received);
  a.resume(new FrameLink(one), undefined);
  return [one, other] as const;
}

/**
 * Moves both sessions to another channel while the current one still works: `a`
 * nominates it, `b` moves when it reads that, and `a` moves with the first data
 * of `b`.
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

/** Arbitrary faults of one direction. */
export const faults = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 }),
  turns: fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
});

/** Writes of bytes that show gaps, repetitions and a wrong order. */
export function recordedWrites(a: Session, b: Session) {
  const wrote = { a: [] as Uint8Array[], b: [] as Uint8Array[] };
  function write(side: 'a' | 'b', length: number) {
    const bytes = Uint8Array.from({ length }, (_, n) => (n * 31 + wrote[side].length) % 251);
    wrote[side].push(bytes);
    (side === 'a' ? a : b).write(Uint8Array.from(bytes));
  }
  return { wrote, write };
}
