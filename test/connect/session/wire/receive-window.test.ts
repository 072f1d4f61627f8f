import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReceiveWindow } from '../../../../source/connect/session/wire/receive-window.ts';
import { SendQueue, type Segment } from '../../../../source/connect/session/wire/send-queue.ts';
import { ProtocolError } from '../../../../source/errors.ts';
import { samples } from '../../../helpers/samples.ts';

function text(bytes: Uint8Array) {
  return Buffer.from(bytes).toString();
}

describe('ReceiveWindow', () => {
  test('passes on data that follows, and drops data that came before', () => {
    const window = new ReceiveWindow(100);
    expect(text(window.accept(0, Buffer.from('hello')))).toBe('hello');
    expect(text(window.accept(0, Buffer.from('hello')))).toBe('');
    expect(text(window.accept(3, Buffer.from('lo you')))).toBe(' you');
    expect(text(window.accept(9, Buffer.from('!')))).toBe('!');
    expect(window.received).toBe(10);
  });

  test('refuses a gap', () => {
    const window = new ReceiveWindow(100);
    window.accept(0, Buffer.from('hello'));
    expect(() => window.accept(6, Buffer.from('x'))).toThrow('data at 6 where 5 was next');
  });

  test('refuses more than it has allowed, duplicates or not', () => {
    const window = new ReceiveWindow(5);
    expect(() => window.accept(0, Buffer.from('123456'))).toThrow(ProtocolError);
    window.accept(0, Buffer.from('12345'));
    expect(() => window.accept(5, Buffer.from('6'))).toThrow('data up to 6 where 5 was the limit');
    window.consume(5);
    // The old limit holds until the peer has been told.
    expect(() => window.accept(5, Buffer.from('6'))).toThrow(ProtocolError);
    expect(window.limit).toBe(10);
    expect(text(window.accept(5, Buffer.from('6')))).toBe('6');
  });

  test('tells the peer when a quarter of the window was read', () => {
    const window = new ReceiveWindow(100);
    window.accept(0, Buffer.alloc(100));
    expect([window.consume(24), window.consume(1)]).toEqual([false, true]);
    expect(window.limit).toBe(125);
    expect([window.consume(24), window.consume(1)]).toEqual([false, true]);
  });

  test('ends where the peer says, and nowhere else', () => {
    const window = new ReceiveWindow(100);
    window.accept(0, Buffer.from('hello'));
    expect(() => window.end(4)).toThrow(ProtocolError);
    expect(() => window.end(6)).toThrow('an end at 6 after 5 bytes');
    expect(window.end(5)).toBe(true);
    expect(window.end(5)).toBe(false);
    expect(() => window.end(4)).toThrow(ProtocolError);
    expect(text(window.accept(0, Buffer.from('hello')))).toBe('');
    expect(() => window.accept(5, Buffer.from('!'))).toThrow('data up to 6 after an end at 5');
    expect(() => window.accept(0, Buffer.from('hello!'))).toThrow(ProtocolError);
  });
});

/** An event between a writer and a reader that have one link at a time. */
type Step =
  | { readonly does: 'write' | 'send' | 'deliver' | 'read' | 'ack'; readonly amount: number }
  | { readonly does: 'cut' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'write' as const,
        'send' as const,
        'deliver' as const,
        'read' as const,
        'ack' as const,
      ),
      amount: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('cut' as const) }) },
);

/** A writer and a reader as a session drives them. The test decides about everything in between. */
class Line {
  readonly queue: SendQueue;
  readonly window: ReceiveWindow;
  readonly written: number[] = [];
  readonly read: number[] = [];
  unread = 0;
  #link: Segment[] = [];
  #acks: { received: number; limit: number }[] = [];

  constructor(windowBytes: number) {
    this.queue = new SendQueue(windowBytes);
    this.window = new ReceiveWindow(windowBytes);
  }

  step(next: Step): void {
    if (next.does === 'cut') {
      // All that was under way is lost. The new channel begins with the offset of the reader.
      this.#link = [];
      this.#acks = [{ received: this.window.received, limit: this.window.limit }];
      this.queue.rewind();
      return;
    }
    const { does, amount } = next;
    if (does === 'write') {
      const bytes = Uint8Array.from({ length: amount }, (_, n) => (this.written.length + n) % 251);
      this.queue.append(bytes);
      this.written.push(...bytes);
    } else if (does === 'read') {
      this.window.consume(Math.min(amount, this.unread));
      this.unread -= Math.min(amount, this.unread);
    } else {
      for (let n = 0; n < Math.ceil(amount / 20); n += 1) {
        this.#once(does);
      }
    }
  }

  #once(does: 'send' | 'deliver' | 'ack'): void {
    if (does === 'send') {
      const segment = this.queue.next();
      if (segment !== undefined) {
        this.#link.push(segment);
      }
    } else if (does === 'deliver') {
      const segment = this.#link.shift();
      if (segment === undefined) {
        return;
      }
      const fresh = this.window.accept(segment.offset, segment.bytes);
      this.read.push(...fresh);
      this.unread += fresh.length;
      this.#acks.push({ received: this.window.received, limit: this.window.limit });
    } else {
      const ack = this.#acks.shift();
      if (ack !== undefined) {
        this.queue.acknowledge(ack.received, ack.limit);
      }
    }
  }

  /** From here on nothing is lost, and the reader reads. */
  settle(): void {
    for (let n = 0; this.read.length < this.written.length && n < 10_000; n += 1) {
      for (const does of ['send', 'deliver', 'read', 'ack'] as const) {
        this.step({ does, amount: 60 });
      }
      this.#acks.push({ received: this.window.received, limit: this.window.limit });
    }
    this.step({ does: 'cut' });
    this.step({ does: 'ack', amount: 1 });
  }
}

test('the reader gets what was written, in order and once, whatever is cut and sent again', () => {
  const windows = fc.integer({ min: 1, max: 300 });
  fc.assert(
    fc.property(windows, fc.array(step, { maxLength: 120 }), (windowBytes, steps) => {
      const line = new Line(windowBytes);
      for (const next of steps) {
        line.step(next);
        expect(line.written.slice(0, line.read.length)).toEqual(line.read);
        // The window bounds what is held for a reader that does not read, whatever was written.
        expect(line.unread).toBeLessThanOrEqual(windowBytes);
      }
      line.settle();
      expect(line.read).toEqual(line.written);
      expect(line.queue.bytes).toBe(0);
    }),
    { numRuns: samples(500) },
  );
});
