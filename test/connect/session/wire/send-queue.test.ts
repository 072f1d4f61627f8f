import { describe, expect, test } from 'vitest';
import { SEGMENT_BYTES } from '../../../../source/connect/session/wire/frames.ts';
import { SendQueue } from '../../../../source/connect/session/wire/send-queue.ts';
import { ProtocolError } from '../../../../source/errors.ts';

const limit = 1_000_000;

function queueOf(...texts: readonly string[]): SendQueue {
  const queue = new SendQueue(limit);
  for (const text of texts) {
    queue.append(Buffer.from(text));
  }
  return queue;
}

/** The segments that are sent now, as `offset:text`. */
function sendAll(queue: SendQueue): string[] {
  const sent: string[] = [];
  for (let segment = queue.next(); segment !== undefined; segment = queue.next()) {
    sent.push(`${segment.offset}:${Buffer.from(segment.bytes).toString()}`);
  }
  return sent;
}

describe('SendQueue', () => {
  test('sends once what was written', () => {
    const queue = queueOf('hello');
    expect(queue.drained).toBe(false);
    expect(sendAll(queue)).toEqual(['0:hello']);
    expect(queue.drained).toBe(true);
    queue.append(Buffer.from('world'));
    expect(sendAll(queue)).toEqual(['5:world']);
    expect([queue.written, queue.bytes, queue.acknowledged]).toEqual([10, 10, 0]);
  });

  test('sends small writes together if they waited together', () => {
    expect(sendAll(queueOf('a', 'b', 'c'))).toEqual(['0:abc']);
  });

  test('cuts long writes into frames', () => {
    const queue = new SendQueue(limit);
    queue.append(new Uint8Array(SEGMENT_BYTES * 2 + 1));
    const sizes = [queue.next(), queue.next(), queue.next()].map((segment) => segment?.bytes.length);
    expect(sizes).toEqual([SEGMENT_BYTES, SEGMENT_BYTES, 1]);
    expect(queue.next()).toBeUndefined();
  });

  test('sends nothing beyond the limit of the peer, and all up to it', () => {
    const queue = new SendQueue(3);
    queue.append(Buffer.from('hello'));
    expect(sendAll(queue)).toEqual(['0:hel']);
    expect(queue.drained).toBe(false);
    queue.acknowledge(0, 4);
    expect(sendAll(queue)).toEqual(['3:l']);
    queue.acknowledge(4, 100);
    expect(sendAll(queue)).toEqual(['4:o']);
    expect(queue.drained).toBe(true);
  });

  test('keeps exactly the bytes that are not acknowledged', () => {
    const queue = queueOf('hello');
    sendAll(queue);
    queue.acknowledge(2, limit);
    expect(queue.bytes).toBe(3);
    expect(queue.rewind()).toBe(3);
    expect(sendAll(queue)).toEqual(['2:llo']);
  });

  test('sends again on a new channel what the old one may have lost, and then what was never sent', () => {
    const queue = queueOf('one');
    sendAll(queue);
    queue.append(Buffer.from('two'));
    expect(queue.rewind()).toBe(3);
    expect(sendAll(queue)).toEqual(['0:onetwo']);
  });

  test('does not send again what is acknowledged after the rewind', () => {
    const queue = queueOf('hello');
    sendAll(queue);
    queue.rewind();
    queue.acknowledge(5, limit);
    expect(sendAll(queue)).toEqual([]);
    expect(queue.drained).toBe(true);
  });

  test.each<[string, (queue: SendQueue) => void]>([
    ['of what was never written', (queue) => queue.acknowledge(6, limit)],
    ['that goes back', (queue) => queue.acknowledge(1, limit)],
    ['with a limit that shrinks', (queue) => queue.acknowledge(3, limit - 1)],
  ])('refuses an ack %s', (_, acknowledge) => {
    const queue = queueOf('hello');
    sendAll(queue);
    queue.acknowledge(2, limit);
    expect(() => acknowledge(queue)).toThrow(ProtocolError);
    expect(queue.acknowledged).toBe(2);
  });

  test('refuses an ack of what was written and not sent', () => {
    expect(() => queueOf('hello').acknowledge(1, limit)).toThrow('an ack for 1 where only 0 bytes were sent');
  });

  test('accepts an ack on the new channel for data that only the old one carried', () => {
    const queue = queueOf('hello');
    sendAll(queue);
    queue.rewind();
    expect(() => queue.acknowledge(5, limit)).not.toThrow();
  });
});
