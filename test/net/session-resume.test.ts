import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { encodeFrame } from '../../source/core/frames.ts';
import { firstWord } from '../../source/net/first-word.ts';
import { FrameLink } from '../../source/net/frame-link.ts';
import type { Session } from '../../source/net/session.ts';
import { faultyPair } from '../helpers/faulty-duplex.ts';
import { listeningSession } from '../helpers/listening-session.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';

const smooth = { sizes: [1000], turns: [0] };

/** Gives both a new channel, as the nomination of `a` begins one. */
function resumeBoth(a: Session, b: Session, there = smooth, back = smooth) {
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
function moveBoth(a: Session, b: Session, there = smooth, back = smooth) {
  const [one, other] = faultyPair(there, back);
  const [ofA, ofB] = [new FrameLink(one), new FrameLink(other)];
  ofA.send({ type: 'nominate', received: a.received, group: 'X25519' });
  ofB.listen({
    onFrames: ([first, ...more]) => {
      if (first?.type !== 'nominate') throw new Error('no nomination');
      ofB.pause(more);
      b.resume(ofB, first.received);
    },
    onDrain: () => undefined,
    onGone: () => undefined,
  });
  const moved = firstWord(ofA).then((hasSpoken) => {
    if (hasSpoken) a.resume(ofA, undefined);
    return hasSpoken;
  });
  return { streams: [one, other], moved };
}

const aTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

const faults = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 }),
  turns: fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
});

/** Bytes that tell a gap, a repetition and a change of order. */
function recordedWrites(a: Session, b: Session) {
  const wrote = { a: [] as Uint8Array[], b: [] as Uint8Array[] };
  const write = (side: 'a' | 'b', length: number) => {
    const bytes = Uint8Array.from({ length }, (_, n) => (n * 31 + wrote[side].length) % 251);
    wrote[side].push(bytes);
    (side === 'a' ? a : b).write(Uint8Array.from(bytes));
  };
  return { wrote, write };
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

describe('a session that is ended by what its next channel tells', () => {
  test('says its goodbye there', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    // The ack is long under way: only the nomination tells that they have arrived.
    const [one, other] = faultyPair({ sizes: [1000], turns: [1_000_000] }, smooth);
    a.session.attach(new FrameLink(one));
    b.session.attach(new FrameLink(other));
    b.session.write(Buffer.from('the last words'));
    await vi.waitFor(() => expect(a.read().toString()).toBe('the last words'));
    one.destroy();
    other.destroy();
    await vi.waitFor(() => expect([a.said, b.said]).toEqual([['gone'], ['gone']]));
    expect(b.session.delivered).toBe(false);
    b.session.on('acknowledged', () => b.session.close('quit'));
    const streams = resumeBoth(a.session, b.session);
    await vi.waitFor(() =>
      expect([a.said.at(-1), b.said.at(-1)]).toEqual(['closed by peer', 'closed by us']),
    );
    await vi.waitFor(() => expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true]));
  });

  test('leaves no channel behind', async () => {
    expectNothingLeft();
    const a = listeningSession();
    a.session.write(Buffer.from('five!'));
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    await vi.waitFor(() => expect(other.readableLength).toBeGreaterThan(0));
    a.session.on('resumed', () => a.session.destroy());
    const [two] = faultyPair(smooth, smooth);
    a.session.resume(new FrameLink(two), 5);
    expect([one.destroyed, two.destroyed]).toEqual([true, true]);
  });
});

describe('a session that moves to a better channel', () => {
  test('loses no channel in between, and sends nothing again that has arrived', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const before = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(before[0]));
    b.session.attach(new FrameLink(before[1]));
    a.session.write(Buffer.from('over the old, '));
    b.session.write(Buffer.from('to and fro, '));
    await vi.waitFor(() => expect([a.session.delivered, b.session.delivered]).toEqual([true, true]));
    expect(await moveBoth(a.session, b.session).moved).toBe(true);
    a.session.write(Buffer.from('over the new'));
    b.session.write(Buffer.from('and back'));
    await vi.waitFor(() => expect(b.read().toString()).toBe('over the old, over the new'));
    await vi.waitFor(() => expect(a.read().toString()).toBe('to and fro, and back'));
    expect(b.said).toEqual(['resumed 0']);
    // The other side closes the old one, which is what it does before its first word on the new one comes.
    expect(a.said.filter((word) => word !== 'gone')).toEqual(['resumed 0']);
    expect(before.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  test('takes a nomination that an ack of the old channel has overtaken', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    b.session.attach(new FrameLink(other));
    // Nominated now, read later.
    const received = a.session.received;
    b.session.write(Buffer.from('meanwhile'));
    await vi.waitFor(() => expect(b.session.delivered).toBe(true));
    const [two, there] = faultyPair(smooth, smooth);
    b.session.resume(new FrameLink(there), received);
    a.session.resume(new FrameLink(two), undefined);
    b.session.write(Buffer.from(', and after'));
    await vi.waitFor(() => expect(a.read().toString()).toBe('meanwhile, and after'));
  });

  test('stays on the old one where the new one carries nothing', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    b.session.attach(new FrameLink(other));
    // The nomination is long under way.
    const { streams, moved } = moveBoth(a.session, b.session, { sizes: [1000], turns: [1000] });
    for (const stream of streams) stream.destroy();
    expect(await moved).toBe(false);
    a.session.write(Buffer.from('still here'));
    await vi.waitFor(() => expect(b.read().toString()).toBe('still here'));
    expect([a.said, b.said]).toEqual([[], []]);
  });

  test('takes its goodbye along', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const [one, other] = faultyPair({ sizes: [10], turns: [3] }, smooth);
    a.session.attach(new FrameLink(one));
    b.session.attach(new FrameLink(other));
    a.session.write(Buffer.alloc(3000, 1));
    a.session.close('quit');
    await moveBoth(a.session, b.session).moved;
    await vi.waitFor(() =>
      expect([a.said.at(-1), b.said.at(-1)]).toEqual(['closed by us', 'closed by peer']),
    );
    expect(b.read().equals(Buffer.alloc(3000, 1))).toBe(true);
  });
});

test('what one side wrote is what the other reads, in order and once, through any moves and cuts', async () => {
  const steps = fc.array(
    fc.record({
      there: faults,
      back: faults,
      writes: fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 3 }),
      /** For how long they talk before the next step, and when in it something is cut. */
      turns: fc.nat(40),
      cutAt: fc.nat(40),
      cut: fc.constantFrom('nothing', 'nothing', 'the old one', 'the new one', 'both'),
    }),
    { minLength: 1, maxLength: 8 },
  );
  const arrives = fc.asyncProperty(steps, async (moves) => {
    const [a, b] = [listeningSession(), listeningSession()];
    const { wrote, write } = recordedWrites(a.session, b.session);
    let old: readonly { destroy(): unknown }[] = resumeBoth(a.session, b.session);
    for (const { there, back, writes, turns, cutAt, cut } of moves) {
      for (const length of writes) write('a', length);
      const { streams, moved } = moveBoth(a.session, b.session, there, back);
      for (let n = 0; n <= turns; n += 1) {
        if (n === cutAt && (cut === 'the old one' || cut === 'both')) for (const one of old) one.destroy();
        if (n === cutAt && (cut === 'the new one' || cut === 'both'))
          for (const one of streams) one.destroy();
        if (n % 10 === 5) for (const length of writes) write('b', length + 1);
        await aTurn();
      }
      // One that takes too long is called off: the other may have moved there already.
      const done = await Promise.race([moved, aTurn().then(() => 'late' as const)]);
      if (done === 'late') for (const one of streams) one.destroy();
      else if (done) old = streams;
      await moved;
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
