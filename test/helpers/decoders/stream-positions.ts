import * as fc from 'fast-check';
import { ReceiveWindow } from '../../../source/connect/session/wire/receive-window.ts';
import { SendQueue } from '../../../source/connect/session/wire/send-queue.ts';
import { ProtocolError } from '../../../source/errors.ts';

/** Small, so that tests reach the limits often. */
const WINDOW_BYTES = 64;

interface Step {
  /** `data`, `end` and `ack` are frames of the peer. The rest is done by our side, and is always valid. */
  readonly does: 'data' | 'end' | 'ack' | 'read' | 'write' | 'send' | 'resume';
  /** The position of the frame counts from the next correct one, or from 0. */
  readonly from: 'next' | 'start';
  readonly by: number;
  readonly amount: number;
}

const distance = fc.oneof(fc.constant(0), fc.integer({ min: -80, max: 80 }), fc.maxSafeInteger());

/** Sequences of a peer's frames about positions in both directions of a stream, mixed with actions of our side. */
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    does: fc.constantFrom('data', 'data', 'end', 'ack', 'ack', 'read', 'write', 'send', 'resume'),
    from: fc.constantFrom('next', 'start'),
    by: distance,
    amount: fc.nat(80),
  }),
  { maxLength: 30 },
);

/** Limits a value to what a frame can carry. */
function asOffset(value: number): number {
  return Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER);
}

/**
 * Throws if positions that a peer has made up move anything back or beyond a
 * bound, or if refused ones move anything at all.
 */
export function positionsHold(all: readonly Step[]): void {
  const window = new ReceiveWindow(WINDOW_BYTES);
  const queue = new SendQueue(WINDOW_BYTES);
  const state = { written: 0, sent: 0, unread: 0, read: 0 };
  function positions() {
    return [window.received, queue.acknowledged, queue.limit] as const;
  }
  for (const { does, from, by, amount } of all) {
    const before = positions();
    try {
      if (does === 'data') {
        const offset = asOffset((from === 'next' ? window.received : 0) + by);
        state.unread += window.accept(offset, new Uint8Array(amount)).length;
      } else if (does === 'end') {
        window.end(asOffset((from === 'next' ? window.received : 0) + by));
      } else if (does === 'ack') {
        queue.acknowledge(
          asOffset((from === 'next' ? queue.acknowledged : 0) + amount),
          asOffset(queue.limit + by),
        );
      } else if (does === 'read') {
        const taken = Math.min(amount, state.unread);
        state.unread -= taken;
        state.read += taken;
        window.consume(taken);
        expectThat(window.limit <= state.read + WINDOW_BYTES, 'the window is wider than it was made');
      } else if (does === 'write') {
        queue.append(new Uint8Array(amount));
        state.written += amount;
      } else if (does === 'resume') {
        queue.rewind();
      } else {
        const segment = queue.next();
        if (segment !== undefined) {
          state.sent = Math.max(state.sent, segment.offset + segment.bytes.length);
        }
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      expectThat(String(before) === String(positions()), 'a refused position has moved something');
      continue;
    }
    const after = positions();
    expectThat(
      before.every((position, index) => position <= (after[index] ?? -1)),
      'a position went back',
    );
    expectThat(state.unread <= WINDOW_BYTES, 'more is held than the window');
    expectThat(window.received === state.read + state.unread, 'something came twice, or not at all');
    expectThat(queue.acknowledged <= state.sent, 'something was acknowledged that was never sent');
    expectThat(queue.bytes === state.written - queue.acknowledged, 'what is not acknowledged is not kept');
  }
}

function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) {
    throw new Error(otherwise);
  }
}
