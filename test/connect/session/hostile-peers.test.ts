import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createFrameDecoder, encodeFrame, type Frame } from '../../../source/connect/session/wire/frames.ts';
import { keepaliveTimes, type KeepaliveTimes } from '../../../source/connect/session/wire/keepalive.ts';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';
import { Session } from '../../../source/connect/session/session.ts';
import { eventually } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { socketPair } from '../../helpers/sessions/socket-pair.ts';

const window = 4 * 1024 * 1024;
function data(offset: number, text: string): Frame {
  return { type: 'data', offset, bytes: Buffer.from(text) };
}
function ping(id: number): Frame {
  return { type: 'ping', id };
}

function newSession(times: KeepaliveTimes = keepaliveTimes) {
  expectNothingLeft();
  const session = new Session(times);
  const said: string[] = [];
  const read: Uint8Array[] = [];
  session.on('data', (bytes) => {
    read.push(bytes);
    session.consumed(bytes.length);
  });
  session.on('end', () => said.push('end'));
  session.on('suspect', () => said.push('suspect'));
  session.on('gone', () => said.push('gone'));
  session.on('resumed', () => said.push('resumed'));
  session.on('closed', (by) => said.push(`closed by ${by}`));
  session.on('failed', (reason) => said.push(`failed: ${reason}`));
  onTestFinished(() => session.destroy());
  return { session, said, text: () => Buffer.concat(read).toString() };
}

/** A peer that holds the key and sends what a test wants. It keeps all frames that it hears. */
function peerOn(socket: Socket) {
  const heard: Frame[] = [];
  const decoder = createFrameDecoder();
  socket.on('data', (chunk: Buffer) => heard.push(...decoder.push(chunk)));
  socket.resume();
  return {
    heard,
    say: async (bytes: Uint8Array) => {
      if (!socket.write(bytes)) {
        await once(socket, 'drain');
      }
    },
    hears: (type: Frame['type']) =>
      eventually(() => expect(heard.map((frame) => frame.type)).toContain(type)),
  };
}

async function withPeer(times?: KeepaliveTimes) {
  const own = newSession(times);
  const [ours, theirs] = await socketPair();
  own.session.attach(new FrameLink(ours));
  return { ...own, ours, theirs, peer: peerOn(theirs) };
}

describe('a peer that floods', () => {
  /** However long this machine takes to read a flood, no answer is late. */
  const patient: KeepaliveTimes = {
    pingAfterMs: 600_000,
    dueMs: 600_000,
    suspectMs: 600_000,
    askAgainMs: 600_000,
  };
  // Nor has this machine stood still meanwhile: that is noticed by a timer.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
  afterEach(() => void vi.useRealTimers());

  test.each<[string, Frame]>([
    ['the same data', data(0, 'x')],
    ['the same ack', { type: 'ack', received: 0, limit: window }],
    ['pongs of no ping', { type: 'pong', id: 77 }],
  ])('with %s does no harm: it gets few answers, and nothing is kept', async (_, frame) => {
    const { peer, ours, text, said } = await withPeer(patient);
    const many = Buffer.concat(Array.from({ length: 20_000 }, () => encodeFrame(frame)));
    for (let n = 0; n < 10; n += 1) {
      await peer.say(many);
      expect(ours.writableLength).toBeLessThan(100_000);
      expect(ours.readableLength).toBeLessThan(1_000_000);
    }
    await peer.say(Buffer.concat([data(0, 'x'), ping(99)].map(encodeFrame)));
    await eventually(() => expect(peer.heard).toContainEqual({ type: 'pong', id: 99 }));
    expect([text(), said]).toEqual(['x', []]);
    // There are a few answers for each piece that the system brings, not one for each of 200,000 frames.
    expect(peer.heard.length).toBeLessThan(20_000);
  });

  test('even after our goodbye is left', async () => {
    const { peer, ours, theirs, session, said } = await withPeer();
    session.closeNow('quit');
    expect(said).toEqual(['closed by us']);
    const flood = Buffer.concat(Array.from({ length: 10_000 }, (_, id) => encodeFrame(ping(id))));
    while (!ours.destroyed) {
      theirs.write(flood);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(peer.heard.map(({ type }) => type)).not.toContain('pong');
  });
});

describe('a peer that never acknowledges', () => {
  test('gets no more than a window, and does not keep us from leaving at once', async () => {
    const { session, peer, ours, said } = await withPeer();
    session.write(Buffer.alloc(2 * window));
    await eventually(() => {
      const got = peer.heard.reduce((sum, one) => sum + (one.type === 'data' ? one.bytes.length : 0), 0);
      expect(got).toBe(window);
    });
    expect([session.congested, session.delivered]).toEqual([true, false]);
    session.closeNow('quit');
    expect(said).toEqual(['closed by us']);
    await once(ours, 'close');
  });

  test('and answers pings all the while, ends the session', async () => {
    const { session, peer, theirs, said } = await withPeer({
      pingAfterMs: 20,
      dueMs: 100,
      suspectMs: 60_000,
      askAgainMs: 1000,
    });
    let answered = 0;
    theirs.on('data', () => {
      for (; answered < peer.heard.length; answered += 1) {
        const frame = peer.heard[answered];
        if (frame?.type === 'ping') {
          theirs.write(encodeFrame({ type: 'pong', id: frame.id }));
        }
      }
    });
    session.write(Buffer.from('never acknowledged'));
    const words = 'failed: the peer answers, and acknowledges nothing of what we sent';
    await eventually(() => expect(said).toContain(words));
    expect(session.delivered).toBe(false);
  });
});

test('a peer that acknowledges the first of two writes and then nothing is suspect as soon as one that acknowledges none', async () => {
  const { session, peer, theirs, said } = await withPeer({
    pingAfterMs: 60_000,
    dueMs: 1000,
    suspectMs: 60_000,
    askAgainMs: 1000,
  });
  session.write(Buffer.from('one'));
  await peer.hears('data');
  session.write(Buffer.from('two'));
  await eventually(() => expect(peer.heard.filter(({ type }) => type === 'data')).toHaveLength(2));
  theirs.write(encodeFrame({ type: 'ack', received: 3, limit: window }));
  await once(session, 'acknowledged');
  expect(said).toEqual([]);
  await eventually(() => expect(said).toEqual(['suspect']));
});

describe('a peer that says a byte at a time', () => {
  test('is read like any other', async () => {
    const { peer, text } = await withPeer();
    for (const byte of encodeFrame(data(0, 'slow'))) {
      await peer.say(Buffer.of(byte));
    }
    await eventually(() => expect(text()).toBe('slow'));
  });

  test('of a frame without end is suspect, because bytes are not an answer', async () => {
    const { theirs, said } = await withPeer({
      pingAfterMs: 30,
      dueMs: 30,
      suspectMs: 60_000,
      askAgainMs: 1000,
    });
    const frame = encodeFrame({ type: 'data', offset: 0, bytes: Buffer.alloc(60_000) });
    let at = 0;
    const timer = setInterval(() => theirs.write(frame.subarray(at, (at += 1))), 2);
    onTestFinished(() => clearInterval(timer));
    await eventually(() => expect(said).toEqual(['suspect']));
  });
});

describe('a peer that closes after every frame', () => {
  test('has delivered each of them once and in order in the end', async () => {
    const { session, said, text } = newSession();
    session.write(Buffer.from('ours'));
    const words = Array.from({ length: 30 }, (_, n) => `${n} `);
    let offset = 0;
    for (const [n, word] of words.entries()) {
      const [ours, theirs] = await socketPair();
      if (n === 0) {
        session.attach(new FrameLink(ours));
      } else {
        session.resume(new FrameLink(ours), 0);
      }
      theirs.resume();
      theirs.end(encodeFrame(data(offset, word)));
      offset += word.length;
      await eventually(() => expect(said.filter((one) => one === 'gone')).toHaveLength(n + 1));
    }
    expect(text()).toBe(words.join(''));
    // Nothing of ours has arrived, and all of it is kept.
    expect([session.acknowledged, session.delivered]).toEqual([0, false]);
    expect(said.some((one) => one.startsWith('failed'))).toBe(false);
  });
});
