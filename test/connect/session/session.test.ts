import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFrameDecoder, encodeFrame, type Frame } from '../../../source/connect/session/wire/frames.ts';
import { keepaliveTimes, type KeepaliveTimes } from '../../../source/connect/session/wire/keepalive.ts';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';
import { Session } from '../../../source/connect/session/session.ts';
import { eventually } from '../../helpers/eventually.ts';
import { faultyPair } from '../../helpers/sessions/faulty-duplex.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { socketPair } from '../../helpers/sessions/socket-pair.ts';
import { samples } from '../../helpers/samples.ts';

const window = 4 * 1024 * 1024;
const fast: KeepaliveTimes = { pingAfterMs: 20, dueMs: 20, suspectMs: 20, askAgainMs: 60_000 };

/** A session on a stream, and the events that it has told. */
function sessionOn(stream: Duplex, times = keepaliveTimes) {
  const session = new Session(times);
  const said: string[] = [];
  const received: Uint8Array[] = [];
  session.on('data', (bytes) => {
    received.push(bytes);
    session.consumed(bytes.length);
  });
  session.on('end', () => said.push('end'));
  session.on('suspect', () => said.push('suspect'));
  session.on('revived', () => said.push('revived'));
  session.on('silent', () => said.push('silent'));
  session.on('closed', (by, reason) => said.push(`closed by ${by}: ${reason}`));
  session.on('gone', (reason) => said.push(`gone: ${reason}`));
  session.on('failed', (reason, error) => said.push(`failed: ${error?.name ?? 'no error'}: ${reason}`));
  onTestFinished(() => session.destroy());
  session.attach(new FrameLink(stream));
  return { session, said, received, text: () => Buffer.concat(received).toString() };
}

/** A peer whose frames the test writes and reads itself. */
function barePeer(stream: Duplex) {
  const frames: Frame[] = [];
  const decoder = createFrameDecoder();
  stream.on('data', (chunk: Buffer) => frames.push(...decoder.push(chunk)));
  stream.on('error', () => undefined);
  stream.resume();
  return {
    frames,
    send: (...sent: Frame[]) => stream.write(Buffer.concat(sent.map(encodeFrame))),
    sendBytes: (hex: string) => stream.write(Buffer.from(hex, 'hex')),
    saw: (type: Frame['type']) => eventually(() => expect(frames.map((frame) => frame.type)).toContain(type)),
    ended: () => eventually(() => expect(stream.readableEnded).toBe(true)),
    /** Acknowledges as a real peer does. */
    ack: (received: number) => stream.write(encodeFrame({ type: 'ack', received, limit: window })),
  };
}

async function withBarePeer(times?: KeepaliveTimes) {
  expectNothingLeft();
  const [ours, theirs] = await socketPair();
  return { ...sessionOn(ours, times), peer: barePeer(theirs), ours, theirs };
}

async function twoSessions() {
  expectNothingLeft();
  const [one, other] = await socketPair();
  return { a: sessionOn(one), b: sessionOn(other) };
}

function data(offset: number, text: string): Frame {
  return { type: 'data', offset, bytes: Buffer.from(text) };
}

describe('a session', () => {
  test('carries bytes both ways and knows that they arrived', async () => {
    const { a, b } = await twoSessions();
    a.session.write(Buffer.from('from a'));
    b.session.write(Buffer.from('from b'));
    await eventually(() => {
      expect([a.text(), b.text()]).toEqual(['from b', 'from a']);
      expect([a.session.delivered, b.session.delivered]).toEqual([true, true]);
    });
    expect(a.session.rttMs).toBeGreaterThan(0);
  });

  test('keeps what is written before it has a channel', async () => {
    expectNothingLeft();
    const [one, other] = await socketPair();
    const early = new Session(keepaliveTimes);
    onTestFinished(() => early.destroy());
    early.write(Buffer.from('early'));
    early.end();
    const late = sessionOn(other);
    early.attach(new FrameLink(one));
    await eventually(() => expect(late.said).toEqual(['end']));
    expect(late.text()).toBe('early');
  });

  test('half-closes', async () => {
    const { a, b } = await twoSessions();
    a.session.write(Buffer.from('last'));
    a.session.end();
    await eventually(() => expect(b.said).toEqual(['end']));
    b.session.write(Buffer.from('answer'));
    await eventually(() => expect(a.text()).toBe('answer'));
    expect([a.said, b.text()]).toEqual([[], 'last']);
  });

  test('drops data that comes twice, and acknowledges it again', async () => {
    const { peer, text } = await withBarePeer();
    peer.send(data(0, 'hello'), data(0, 'hello'), data(3, 'lo!'));
    // The ack of the first copy may come late, too. All these acks are equal.
    const ack = { type: 'ack', received: 6, limit: window + 6 };
    await eventually(() => expect(peer.frames).toContainEqual(ack));
    peer.frames.length = 0;
    peer.send(data(0, 'hello'));
    await peer.saw('ack');
    for (const frame of peer.frames) {
      expect(frame).toEqual(ack);
    }
    expect(text()).toBe('hello!');
  });

  test('answers a ping with its number', async () => {
    const { peer } = await withBarePeer();
    peer.send({ type: 'ping', id: 77 });
    await peer.saw('pong');
    expect(peer.frames).toContainEqual({ type: 'pong', id: 77 });
  });

  test('stops at the limit of its peer, and goes on when the limit moves', async () => {
    const { peer, session } = await withBarePeer();
    session.write(Buffer.alloc(window - 1));
    expect(session.congested).toBe(false);
    session.write(Buffer.alloc(2));
    expect(session.congested).toBe(true);
    function sent() {
      return peer.frames.reduce((sum, frame) => sum + (frame.type === 'data' ? frame.bytes.length : 0), 0);
    }
    await eventually(() => expect(sent()).toBe(window));
    peer.send({ type: 'ack', received: window, limit: window + 1 });
    await eventually(() => expect(sent()).toBe(window + 1));
    expect(session.congested).toBe(false);
  });
});

describe('a session with more to send than its peer allows', () => {
  test.each(['end', 'close'] as const)('says %s only behind all of it', async (word) => {
    const { peer, session } = await withBarePeer();
    session.write(Buffer.alloc(window + 1));
    if (word === 'end') {
      session.end();
    } else {
      session.close('quit');
    }
    peer.send({ type: 'ping', id: 9 });
    await peer.saw('pong');
    expect(peer.frames.map(({ type }) => type)).not.toContain(word);
    peer.send({ type: 'ack', received: 0, limit: window + 1 });
    await peer.saw(word);
    expect(peer.frames.at(-2)).toMatchObject({ type: 'data', offset: window });
  });
});

describe('a session whose peer breaks the rules', () => {
  test.each<[string, Frame[]]>([
    ['leaves a gap', [data(1, 'x')]],
    ['acknowledges what was never sent', [{ type: 'ack', received: 1, limit: window }]],
    ['takes its limit back', [{ type: 'ack', received: 0, limit: window - 1 }]],
    ['ends before its end', [data(0, 'x'), { type: 'end', offset: 0 }]],
    ['ends beyond its end', [{ type: 'end', offset: 1 }]],
    ['goes on after its end', [{ type: 'end', offset: 0 }, data(0, 'x')]],
    [
      'ends twice at different places',
      [
        { type: 'end', offset: 0 },
        { type: 'end', offset: 1 },
      ],
    ],
    ['nominates again', [{ type: 'nominate', received: 0, group: 'X25519' }]],
    ['writes beyond the window', [data(window, 'x')]],
  ])('and %s ends with a ProtocolError, and says so', async (_, frames) => {
    const { peer, said } = await withBarePeer();
    peer.send(...frames);
    await eventually(() => expect(said.at(-1)).toMatch(/^failed: ProtocolError: ./));
    await peer.saw('close');
    expect(peer.frames.at(-1)).toEqual({ type: 'close', reason: 'protocol' });
    await peer.ended();
    expect(said.filter((word) => word.startsWith('failed'))).toHaveLength(1);
  });

  test.each([
    ['an unknown type', '000000010b'],
    ['no type', '00000000'],
    ['4 GiB', 'ffffffff'],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n').toString('hex')],
  ])('and sends %s instead of frames ends in the same way', async (_, hex) => {
    const { peer, said } = await withBarePeer();
    peer.sendBytes(hex);
    await eventually(() => expect(said.at(-1)).toMatch(/^failed: ProtocolError: a frame of /));
    await peer.saw('close');
    expect(peer.frames.at(-1)).toEqual({ type: 'close', reason: 'protocol' });
  });

  test('passes on the data that came before', async () => {
    const { peer, text, said } = await withBarePeer();
    peer.send(data(0, 'good'), data(9, 'bad'));
    await eventually(() => expect(said).toHaveLength(1));
    expect(text()).toBe('good');
  });

  test('accepts the same end twice', async () => {
    const { peer, said } = await withBarePeer();
    peer.send({ type: 'end', offset: 0 }, { type: 'end', offset: 0 }, { type: 'ping', id: 1 });
    await peer.saw('pong');
    expect(said).toEqual(['end']);
  });
});

describe('a session whose peer never reads', () => {
  test('holds one answer, however often the peer asks', async () => {
    const { peer, ours, theirs } = await withBarePeer();
    theirs.pause();
    const pings = Buffer.concat(Array.from({ length: 50_000 }, (_, id) => encodeFrame({ type: 'ping', id })));
    // 9 MB of pings ask for as many pongs. The system may take some of them.
    for (let n = samples(20); n > 0; n -= 1) {
      if (!theirs.write(pings)) {
        await once(theirs, 'drain');
      }
      expect(ours.writableLength).toBeLessThan(100_000);
    }
    theirs.resume();
    await peer.saw('pong');
  });

  test('stops writing', async () => {
    const { session, ours, theirs } = await withBarePeer();
    theirs.pause();
    for (let n = 0; n < 200; n += 1) {
      session.write(Buffer.alloc(20_000));
    }
    expect(ours.writableLength).toBeLessThan(200_000);
  });
});

describe('silence', () => {
  test('makes a channel suspect, then silent, and the answer to a later ping revives it', async () => {
    const { peer, said } = await withBarePeer(fast);
    await eventually(() => expect(said).toEqual(['suspect', 'silent']));
    expect(peer.frames).toEqual([
      { type: 'ping', id: 1 },
      { type: 'ping', id: 2 },
    ]);
    peer.send({ type: 'pong', id: 1 }, { type: 'ping', id: 9 });
    await peer.saw('pong');
    expect(said).toEqual(['suspect', 'silent']);
    peer.send({ type: 'pong', id: 2 });
    await eventually(() => expect(said.slice(0, 3)).toEqual(['suspect', 'silent', 'revived']));
  });

  test('after data makes it suspect, whatever was heard before', async () => {
    const { peer, session, said } = await withBarePeer({
      pingAfterMs: 60_000,
      dueMs: 2000,
      suspectMs: 60_000,
      askAgainMs: 1000,
    });
    await peer.saw('ping');
    peer.send({ type: 'pong', id: 1 });
    await eventually(() => expect(session.rttMs).toBeGreaterThan(0));
    const before = said.length;
    session.write(Buffer.from('hello'));
    await eventually(() => expect(said.slice(before)).toContain('suspect'));
  });

  test('is not noticed as long as the peer answers', async () => {
    const [one, other] = await socketPair();
    const a = sessionOn(one, { ...fast, dueMs: 2000 });
    const b = sessionOn(other);
    await eventually(() => expect(a.session.rttMs).toBeGreaterThan(0));
    const peer = barePeer(other);
    await eventually(() =>
      expect(peer.frames.filter(({ type }) => type === 'ping').length).toBeGreaterThan(2),
    );
    expect([a.said, b.said]).toEqual([[], []]);
  });
});

describe('a goodbye', () => {
  test('comes after all that was written, from both', async () => {
    const { a, b } = await twoSessions();
    const long = 'x'.repeat(3_000_000);
    a.session.write(Buffer.from(`${long}a`));
    b.session.write(Buffer.from(`${long}b`));
    a.session.close('quit');
    await eventually(() =>
      expect([a.said, b.said]).toEqual([['closed by us: quit'], ['closed by peer: quit']]),
    );
    expect([a.text() === `${long}b`, b.text() === `${long}a`]).toEqual([true, true]);
    expect([a.session.delivered, b.session.delivered]).toEqual([true, true]);
  });

  test('of both sides at once is said once by each', async () => {
    const { a, b } = await twoSessions();
    a.session.write(Buffer.from('a'));
    b.session.write(Buffer.from('b'));
    a.session.close('quit');
    b.session.close('gave-up');
    await eventually(() =>
      expect([a.said, b.said]).toEqual([['closed by us: quit'], ['closed by us: gave-up']]),
    );
    expect([a.text(), b.text()]).toEqual(['b', 'a']);
  });

  test('is told once, behind the data before it', async () => {
    const { peer, said, text } = await withBarePeer();
    peer.send(data(0, 'bye'), { type: 'close', reason: 'quit' });
    await peer.saw('close');
    expect(peer.frames.filter(({ type }) => type !== 'ping')).toEqual([
      { type: 'ack', received: 3, limit: window + 3 },
      { type: 'close', reason: 'quit' },
    ]);
    await peer.ended();
    expect([said, text()]).toEqual([['closed by peer: quit'], 'bye']);
  });

  test('waits for the ack of what was written before it', async () => {
    const { peer, session, said } = await withBarePeer();
    session.write(Buffer.from('hello'));
    session.close('quit');
    await peer.saw('close');
    peer.send({ type: 'close', reason: 'quit' }, { type: 'ping', id: 5 });
    await peer.saw('pong');
    expect(said).toEqual([]);
    peer.ack(5);
    await eventually(() => expect(said).toEqual(['closed by us: quit']));
  });

  test('is over when the peer goes without an answer and nothing is missing', async () => {
    const { peer, session, said, theirs } = await withBarePeer();
    session.close('quit');
    await peer.saw('close');
    theirs.end();
    await eventually(() => expect(said).toEqual(['closed by us: quit']));
  });

  test('does not count when the peer goes before it has everything', async () => {
    const { peer, session, said, theirs } = await withBarePeer();
    session.write(Buffer.from('hello'));
    session.close('quit');
    await peer.saw('close');
    theirs.end();
    await eventually(() => expect(said).toEqual([expect.stringMatching(/^gone: /)]));
  });

  test('is over after a moment when the peer says nothing', async () => {
    const { session, said } = await withBarePeer();
    session.close('quit');
    await eventually(() => expect(said).toEqual(['closed by us: quit']));
  });

  test('that is said at once waits for nothing', async () => {
    const { peer, session, said } = await withBarePeer();
    session.write(Buffer.from('hello'));
    session.closeNow('quit');
    expect(said).toEqual(['closed by us: quit']);
    await peer.ended();
    expect(peer.frames.map(({ type }) => type)).toEqual(['ping', 'data', 'close']);
  });

  test('is not said at once while something before it has not been sent', async () => {
    const { peer, session, said } = await withBarePeer();
    session.write(Buffer.alloc(window + 1));
    session.closeNow('quit');
    expect(said).toEqual(['closed by us: quit']);
    await peer.ended();
    expect(peer.frames.map(({ type }) => type)).not.toContain('close');
  });

  test('of a side that gives up overtakes what has not been sent', async () => {
    const { peer, session, said } = await withBarePeer();
    session.write(Buffer.alloc(window + 1));
    session.closeNow('gave-up');
    expect(said).toEqual(['closed by us: gave-up']);
    await peer.ended();
    expect(peer.frames.at(-1)).toEqual({ type: 'close', reason: 'gave-up' });
  });

  test('of a peer that gives up ends a session that still has much to send', async () => {
    const { a, b } = await twoSessions();
    for (const { session } of [a, b]) {
      session.write(Buffer.alloc(2 * window));
    }
    a.session.closeNow('gave-up');
    await eventually(() => expect(b.said).toEqual(['closed by peer: gave-up']));
  });

  test('is not taken from a cut', async () => {
    const { said, theirs } = await withBarePeer();
    theirs.end();
    await eventually(() => expect(said).toEqual(['gone: the other side closed the connection']));
  });

  test('is the last: a session that is over says and takes nothing more', async () => {
    const { peer, session, said, text } = await withBarePeer();
    session.closeNow('quit');
    peer.send(data(0, 'late'), { type: 'close', reason: 'quit' });
    session.write(Buffer.from('late'));
    session.close('gave-up');
    session.closeNow('gave-up');
    session.end();
    session.destroy();
    expect([said, text()]).toEqual([['closed by us: quit'], '']);
  });
});

test('one side reads what the other wrote, however the bytes are cut and delayed', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 });
  const turns = fc.array(fc.nat(3), { minLength: 1, maxLength: 5 });
  const faults = fc.record({ sizes, turns });
  const writes = fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 12 });
  const arrives = fc.asyncProperty(faults, faults, writes, writes, async (there, back, fromA, fromB) => {
    const [one, other] = faultyPair(there, back);
    const a = sessionOn(one);
    const b = sessionOn(other);
    function write({ session }: typeof a, lengths: readonly number[], seed: number) {
      const all: Uint8Array[] = [];
      for (const length of lengths) {
        const bytes = Uint8Array.from({ length }, (_, n) => (n * seed + length) % 251);
        all.push(bytes);
        session.write(Uint8Array.from(bytes));
      }
      return Buffer.concat(all);
    }
    const wroteA = write(a, fromA, 7);
    const wroteB = write(b, fromB, 11);
    a.session.end();
    a.session.close('quit');
    b.session.end();
    await new Promise<void>((resolve) => {
      function check() {
        if (a.said.at(-1)?.startsWith('closed') === true && b.said.at(-1)?.startsWith('closed') === true) {
          resolve();
        }
      }
      for (const { session } of [a, b]) {
        session.on('closed', check).on('gone', () => resolve());
      }
    });
    expect(a.said).toEqual(['end', 'closed by us: quit']);
    expect(b.said).toEqual(['end', 'closed by peer: quit']);
    expect(Buffer.concat(b.received).equals(wroteA)).toBe(true);
    expect(Buffer.concat(a.received).equals(wroteB)).toBe(true);
  });
  await fc.assert(arrives, { numRuns: samples(60) });
});
