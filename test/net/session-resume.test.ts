import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeFrame } from '../../source/core/frames.ts';
import { keepaliveTimes } from '../../source/core/keepalive.ts';
import { FrameLink } from '../../source/net/frame-link.ts';
import { Session } from '../../source/net/session.ts';
import { faultyPair } from '../helpers/faulty-duplex.ts';

/** A session that remembers what it read and what it was told. */
function listeningSession() {
  const session = new Session(keepaliveTimes);
  const received: Uint8Array[] = [];
  const said: string[] = [];
  session.on('data', (bytes) => {
    received.push(Uint8Array.from(bytes));
    session.consumed(bytes.length);
  });
  session.on('end', () => said.push('end'));
  session.on('gone', () => said.push('gone'));
  session.on('resumed', (bytes) => said.push(`resumed ${bytes}`));
  session.on('failed', (reason) => said.push(`failed: ${reason}`));
  session.on('closed', (by) => said.push(`closed by ${by}`));
  onTestFinished(() => session.destroy());
  return { session, said, read: () => Buffer.concat(received) };
}

const smooth = { sizes: [1000], turns: [0] };

/** Gives both a new channel, as the nomination of `a` begins one. */
function resumeBoth(a: Session, b: Session, there = smooth, back = smooth) {
  const [one, other] = faultyPair(there, back);
  const received = a.received;
  b.resume(new FrameLink(other), received);
  a.resume(new FrameLink(one), undefined);
  return [one, other] as const;
}

describe('a session on another channel', () => {
  test('sends again what the peer has not read, and nothing else', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    b.session.attach(new FrameLink(other));
    a.session.write(Buffer.from('before, '));
    await vi.waitFor(() => expect(a.session.delivered).toBe(true));
    one.destroy();
    await vi.waitFor(() => expect([a.said, b.said]).toEqual([['gone'], ['gone']]));
    a.session.write(Buffer.from('meanwhile, '));
    resumeBoth(a.session, b.session);
    a.session.write(Buffer.from('after'));
    await vi.waitFor(() => expect(b.read().toString()).toBe('before, meanwhile, after'));
    expect(a.said).toEqual(['gone', 'resumed 0']);
    expect(b.said).toEqual(['gone', 'resumed 0']);
  });

  test('says its end and its goodbye once more', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    // What `a` says stays unread, as in a cut.
    const cut = new FrameLink(other);
    a.session.write(Buffer.from('the last words'));
    a.session.end();
    a.session.close('quit');
    await vi.waitFor(() => expect(other.readableLength).toBeGreaterThan(0));
    cut.destroy();
    await vi.waitFor(() => expect(a.said).toEqual(['gone']));
    resumeBoth(a.session, b.session);
    await vi.waitFor(() => expect(b.said.at(-1)).toBe('closed by peer'));
    expect(b.read().toString()).toBe('the last words');
    expect(b.said).toEqual(['resumed 0', 'end', 'closed by peer']);
    await vi.waitFor(() => expect(a.said.at(-1)).toBe('closed by us'));
  });

  test('ends with one who claims to have read what was never sent', async () => {
    const a = listeningSession();
    a.session.write(Buffer.from('five!'));
    const [one] = faultyPair(smooth, smooth);
    a.session.resume(new FrameLink(one), 6);
    await vi.waitFor(() => expect(a.said).toEqual([expect.stringMatching(/^failed: an ack for 6/)]));
    expect(one.destroyed).toBe(true);
  });

  test('listens no more to the one before', async () => {
    const a = listeningSession();
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    const [two] = faultyPair(smooth, smooth);
    a.session.resume(new FrameLink(two), 0);
    other.write(encodeFrame({ type: 'data', offset: 0, bytes: Buffer.from('a ghost') }));
    await vi.waitFor(() => expect(one.destroyed).toBe(true));
    expect([a.read().toString(), a.said]).toEqual(['', ['resumed 0']]);
  });
});

test('what one side wrote is what the other reads, in order and once, through any cuts', async () => {
  const faults = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 }),
    turns: fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
  });
  const lives = fc.array(
    fc.record({
      there: faults,
      back: faults,
      writes: fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 4 }),
      turns: fc.nat(40),
    }),
    { minLength: 1, maxLength: 6 },
  );
  const arrives = fc.asyncProperty(lives, async (channels) => {
    const [a, b] = [listeningSession(), listeningSession()];
    const wrote = { a: [] as Uint8Array[], b: [] as Uint8Array[] };
    const write = (side: 'a' | 'b', session: Session, length: number) => {
      const bytes = Uint8Array.from({ length }, (_, n) => (n * 31 + wrote[side].length) % 251);
      wrote[side].push(bytes);
      session.write(Uint8Array.from(bytes));
    };
    for (const { there, back, writes, turns } of channels) {
      const [one, other] = resumeBoth(a.session, b.session, there, back);
      for (const length of writes) {
        write('a', a.session, length);
        write('b', b.session, length + 1);
      }
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      one.destroy();
      other.destroy();
      await new Promise((resolve) => setImmediate(resolve));
    }
    resumeBoth(a.session, b.session);
    a.session.close('quit');
    await vi.waitFor(() =>
      expect([a.said.at(-1), b.said.at(-1)]).toEqual(['closed by us', 'closed by peer']),
    );
    expect(b.read().equals(Buffer.concat(wrote.a))).toBe(true);
    expect(a.read().equals(Buffer.concat(wrote.b))).toBe(true);
  });
  await fc.assert(arrives, { numRuns: 60 });
});
