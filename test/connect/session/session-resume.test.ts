import { describe, expect, test } from 'vitest';
import { encodeFrame } from '../../../source/connect/session/wire/frames.ts';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';
import { eventually } from '../../helpers/eventually.ts';
import { faultyPair } from '../../helpers/sessions/faulty-duplex.ts';
import { listeningSession } from '../../helpers/sessions/listening-session.ts';
import { moveBoth, resumeBoth, smooth } from '../../helpers/sessions/moving-sessions.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';

describe('a session on another channel', () => {
  test('sends again what the peer has not read, and nothing else', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    b.session.attach(new FrameLink(other));
    a.session.write(Buffer.from('before, '));
    await eventually(() => expect(a.session.delivered).toBe(true));
    one.destroy();
    await eventually(() => expect([a.said, b.said]).toEqual([['gone'], ['gone']]));
    a.session.write(Buffer.from('meanwhile, '));
    resumeBoth(a.session, b.session);
    a.session.write(Buffer.from('after'));
    await eventually(() => expect(b.read().toString()).toBe('before, meanwhile, after'));
    expect(a.said).toEqual(['gone', 'resumed 0']);
    expect(b.said).toEqual(['gone', 'resumed 0']);
  });

  test('says its end and its goodbye again', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    // What `a` sends stays unread, as in a cut.
    const cut = new FrameLink(other);
    a.session.write(Buffer.from('the last words'));
    a.session.end();
    a.session.close('quit');
    await eventually(() => expect(other.readableLength).toBeGreaterThan(0));
    cut.destroy();
    await eventually(() => expect(a.said).toEqual(['gone']));
    resumeBoth(a.session, b.session);
    await eventually(() => expect(b.said.at(-1)).toBe('closed by peer'));
    expect(b.read().toString()).toBe('the last words');
    expect(b.said).toEqual(['resumed 0', 'end', 'closed by peer']);
    await eventually(() => expect(a.said.at(-1)).toBe('closed by us'));
  });

  test('ends if the peer claims to have read more than was sent', async () => {
    const a = listeningSession();
    a.session.write(Buffer.from('five!'));
    const [one] = faultyPair(smooth, smooth);
    a.session.resume(new FrameLink(one), 6);
    await eventually(() => expect(a.said).toEqual([expect.stringMatching(/^failed: an ack for 6/)]));
    expect(one.destroyed).toBe(true);
  });

  test('no longer listens to the earlier channel', async () => {
    const a = listeningSession();
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    const [two] = faultyPair(smooth, smooth);
    a.session.resume(new FrameLink(two), 0);
    other.write(encodeFrame({ type: 'data', offset: 0, bytes: Buffer.from('a ghost') }));
    await eventually(() => expect(one.destroyed).toBe(true));
    expect([a.read().toString(), a.said]).toEqual(['', ['resumed 0']]);
  });
});

describe('a session that a listener ends while the next channel is attached', () => {
  test('says its goodbye on that channel', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    // The ack is under way for long, so that only the nomination tells that they have arrived.
    const [one, other] = faultyPair({ sizes: [1000], turns: [1_000_000] }, smooth);
    a.session.attach(new FrameLink(one));
    b.session.attach(new FrameLink(other));
    b.session.write(Buffer.from('the last words'));
    await eventually(() => expect(a.read().toString()).toBe('the last words'));
    one.destroy();
    other.destroy();
    await eventually(() => expect([a.said, b.said]).toEqual([['gone'], ['gone']]));
    expect(b.session.delivered).toBe(false);
    b.session.on('acknowledged', () => b.session.close('quit'));
    const streams = resumeBoth(a.session, b.session);
    await eventually(() =>
      expect([a.said.at(-1), b.said.at(-1)]).toEqual(['closed by peer', 'closed by us']),
    );
    await eventually(() => expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, true]));
  });

  test('leaves no channel behind', async () => {
    expectNothingLeft();
    const a = listeningSession();
    a.session.write(Buffer.from('five!'));
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    await eventually(() => expect(other.readableLength).toBeGreaterThan(0));
    a.session.on('resumed', () => a.session.destroy());
    const [two] = faultyPair(smooth, smooth);
    a.session.resume(new FrameLink(two), 5);
    expect([one.destroyed, two.destroyed]).toEqual([true, true]);
  });
});

describe('a session that moves to a better channel', () => {
  test('is never without a channel, and sends nothing again that has arrived', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const before = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(before[0]));
    b.session.attach(new FrameLink(before[1]));
    a.session.write(Buffer.from('over the old, '));
    b.session.write(Buffer.from('to and fro, '));
    await eventually(() => expect([a.session.delivered, b.session.delivered]).toEqual([true, true]));
    expect(await moveBoth(a.session, b.session).moved).toBe(true);
    a.session.write(Buffer.from('over the new'));
    b.session.write(Buffer.from('and back'));
    await eventually(() => expect(b.read().toString()).toBe('over the old, over the new'));
    await eventually(() => expect(a.read().toString()).toBe('to and fro, and back'));
    expect(b.said).toEqual(['resumed 0']);
    // The other side closes the old channel, as it does before its first frame on the new one arrives.
    expect(a.said.filter((word) => word !== 'gone')).toEqual(['resumed 0']);
    expect(before.map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  test('takes a nomination that an ack of the old channel has overtaken', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    b.session.attach(new FrameLink(other));
    // The nomination is sent now and read later.
    const received = a.session.received;
    b.session.write(Buffer.from('meanwhile'));
    await eventually(() => expect(b.session.delivered).toBe(true));
    const [two, there] = faultyPair(smooth, smooth);
    b.session.resume(new FrameLink(there), received);
    a.session.resume(new FrameLink(two), undefined);
    b.session.write(Buffer.from(', and after'));
    await eventually(() => expect(a.read().toString()).toBe('meanwhile, and after'));
  });

  test('stays on the old channel if the new one carries nothing', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const [one, other] = faultyPair(smooth, smooth);
    a.session.attach(new FrameLink(one));
    b.session.attach(new FrameLink(other));
    // The nomination is under way for long.
    const { streams, moved } = moveBoth(a.session, b.session, { sizes: [1000], turns: [1000] });
    for (const stream of streams) {
      stream.destroy();
    }
    expect(await moved).toBe(false);
    a.session.write(Buffer.from('still here'));
    await eventually(() => expect(b.read().toString()).toBe('still here'));
    expect([a.said, b.said]).toEqual([[], []]);
  });

  test('says its goodbye on the new channel', async () => {
    const [a, b] = [listeningSession(), listeningSession()];
    const [one, other] = faultyPair({ sizes: [10], turns: [3] }, smooth);
    a.session.attach(new FrameLink(one));
    b.session.attach(new FrameLink(other));
    a.session.write(Buffer.alloc(3000, 1));
    a.session.close('quit');
    await moveBoth(a.session, b.session).moved;
    await eventually(() =>
      expect([a.said.at(-1), b.said.at(-1)]).toEqual(['closed by us', 'closed by peer']),
    );
    expect(b.read().equals(Buffer.alloc(3000, 1))).toBe(true);
  });
});
