import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeFrame, type Frame } from '../../../source/connect/session/wire/frames.ts';
import type { Role } from '../../../source/events.ts';
import type { SocketOrigin } from '../../../source/network/dial.ts';
import { BlackHoleDetection } from '../../../source/connect/session/black-hole.ts';
import { secureChannel } from '../../../source/connect/session/secure-channel.ts';
import { FrameLink, LeftForGood } from '../../../source/connect/session/frame-link.ts';
import { Race, type RaceOptions } from '../../../source/connect/punch/race.ts';
import { eventually } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { socketPair } from '../../helpers/sessions/socket-pair.ts';

const psk = Buffer.alloc(32, 7);

function race(role: Role, more: Partial<RaceOptions> = {}) {
  const abort = new AbortController();
  const one = new Race({
    blackHole: new BlackHoleDetection(),
    role,
    psk: Promise.resolve(psk),
    pathTo: () => 'direct',
    received: () => 0,
    signal: abort.signal,
    ...more,
  });
  onTestFinished(() => {
    abort.abort();
    void one.winner.then(({ link }) => link.destroy());
  });
  return { race: one, abort };
}

function ping(id: number): Frame {
  return { type: 'ping', id };
}
function closed(socket: Socket) {
  return eventually(() => expect(socket.closed).toBe(true));
}

describe('a race', () => {
  test('is won on the same connection by both, and the others close', async () => {
    expectNothingLeft();
    const pairs = await Promise.all([socketPair(), socketPair(), socketPair()]);
    const [{ race: a }, { race: b }] = [race('a'), race('b')];
    for (const [one, other] of pairs) {
      one.resume();
      other.resume();
      a.enter(one, 'accepted');
      b.enter(other, 'accepted');
    }
    const [ofA, ofB] = await Promise.all([a.winner, b.winner]);
    expect(ofA.remote).toEqual(ofB.local);
    expect(ofB.remote).toEqual(ofA.local);
    expect(ofB.group).toBe(ofA.group);
    expect(ofA.provenAt).toBeGreaterThanOrEqual(ofA.openedAt);
    await eventually(() => {
      expect(pairs.flat().filter((socket) => !socket.destroyed)).toHaveLength(2);
    });
    expect([a.idle, b.idle]).toEqual([true, true]);
  });

  test('tells when the first of several sockets has to prove itself, and when none is left that could', async () => {
    expectNothingLeft();
    const told: string[] = [];
    const { race: b } = race('b', { onProof: ({ state, path }) => told.push(`${state} ${path}`) });
    const [first, second] = await Promise.all([socketPair(), socketPair()]);
    for (const [ours] of [first, second]) {
      b.enter(ours, 'accepted');
    }
    await eventually(() => expect(told).toEqual(['started direct']));
    first[1].destroy();
    await closed(first[0]);
    expect(told).toEqual(['started direct']);
    second[1].destroy();
    await eventually(() => expect(told).toEqual(['started direct', 'failed direct']));
  });

  test('is settled while no socket can still prove itself', async () => {
    expectNothingLeft();
    const { race: b } = race('b');
    await b.settled();
    const [first, second] = await Promise.all([socketPair(), socketPair()]);
    for (const [ours] of [first, second]) {
      b.enter(ours, 'accepted');
    }
    let isSettled = false;
    const settled = b.settled().then(() => {
      isSettled = true;
    });
    first[1].destroy();
    await closed(first[0]);
    expect(isSettled).toBe(false);
    second[1].destroy();
    await settled;
    expect(b.idle).toBe(true);
  });

  test('is settled when it is over', async () => {
    expectNothingLeft();
    const { race: b, abort } = race('b');
    const [ours] = await socketPair();
    b.enter(ours, 'accepted');
    const settled = b.settled();
    abort.abort();
    await settled;
    expect(b.idle).toBe(false);
  });

  test('tells nothing of a connection that is gone when it comes: it has no endpoint any more', async () => {
    expectNothingLeft();
    const told: unknown[] = [];
    const { race: b } = race('b', { onProof: (proof) => told.push(proof) });
    const [ours, theirs] = await socketPair();
    ours.destroy();
    theirs.destroy();
    await closed(ours);
    b.enter(ours, 'accepted');
    expect(b.idle).toBe(true);
    await turn();
    expect(told).toEqual([]);
  });

  test('tells of at most 20 connections that prove nothing', async () => {
    expectNothingLeft();
    const told: string[] = [];
    const { race: b } = race('b', { onProof: ({ state }) => told.push(state) });
    for (let n = 0; n < 25; n += 1) {
      const [ours, theirs] = await socketPair();
      b.enter(ours, 'accepted');
      theirs.destroy();
      await eventually(() => expect(b.idle).toBe(true));
    }
    expect(told).toEqual(Array.from({ length: 20 }, () => ['started', 'failed']).flat());
  });

  test('is not ended by strangers, who are dropped', async () => {
    expectNothingLeft();
    const [{ race: a }, { race: b }] = [race('a'), race('b')];
    const strangers = await Promise.all([socketPair(), socketPair(), socketPair()]);
    for (const [n, [ours, theirs]] of strangers.entries()) {
      (n === 0 ? a : b).enter(ours, 'accepted');
      theirs.write(n === 1 ? randomBytes(1000) : 'GET / HTTP/1.1\r\n\r\n');
      theirs.resume();
    }
    await Promise.all(strangers.map(([ours]) => closed(ours)));
    const [one, other] = await socketPair();
    a.enter(one, 'accepted');
    b.enter(other, 'accepted');
    const [ofA, ofB] = await Promise.all([a.winner, b.winner]);
    expect(ofA.remote).toEqual(ofB.local);
  });

  test('gives the connection through the relay longer to prove itself than others', async () => {
    const { race: b } = race('b');
    const [accepted, relayed] = await Promise.all([socketPair(), socketPair()]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    b.enter(accepted[0], 'accepted');
    b.enter(relayed[0], 'relayed');
    // The sockets wait for the key first.
    await eventually(() => expect(vi.getTimerCount()).toBe(2));
    vi.advanceTimersByTime(10_000);
    await turn();
    expect([accepted[0].destroyed, relayed[0].destroyed]).toEqual([true, false]);
    vi.advanceTimersByTime(10_000);
    await turn();
    expect(relayed[0].destroyed).toBe(true);
  });

  test.each<['a' | 'b', SocketOrigin, boolean, boolean]>([
    ['a', 'dialled', false, true],
    ['b', 'dialled', false, true],
    ['a', 'accepted', true, true],
    // Anybody may connect and say nothing.
    ['a', 'accepted', false, false],
    ['b', 'accepted', false, false],
    ['a', 'relayed', true, false],
  ])('of %s with a socket (%s, of the peer: %s) that stalls suspects full packets: %s', async (...row) => {
    const [role, origin, isPeer, isSuspected] = row;
    const blackHole = new BlackHoleDetection();
    const { race: one } = race(role, { blackHole, isPeer: () => isPeer });
    const [socket] = await socketPair();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    one.enter(socket, origin);
    await eventually(() => expect(vi.getTimerCount()).toBeGreaterThanOrEqual(1));
    vi.advanceTimersByTime(20_000);
    await eventually(() => expect(socket.destroyed).toBe(true));
    await turn();
    expect(blackHole.isSuspected).toBe(isSuspected);
  });

  test('that is won by a socket with full packets suspects them no more', async () => {
    const blackHole = new BlackHoleDetection();
    const [a, b] = [race('a', { blackHole }), race('b')];
    const [one, other] = await socketPair();
    a.race.enter(one, 'dialled');
    await turn();
    blackHole.handshakeStalled();
    b.race.enter(other, 'accepted');
    await Promise.all([a.race.winner, b.race.winner]);
    expect(blackHole.isSuspected).toBe(false);
  });

  test('sends small packets while full ones are suspect, and to the end', async () => {
    const blackHole = new BlackHoleDetection();
    blackHole.handshakeStalled();
    const [a, b] = [race('a', { blackHole }), race('b')];
    const [one, other] = await socketPair();
    const written = vi.spyOn(one, 'write');
    a.race.enter(one, 'dialled');
    b.race.enter(other, 'accepted');
    const [{ link }] = await Promise.all([a.race.winner, b.race.winner]);
    link.write(Buffer.alloc(5000));
    await eventually(() => expect(written.mock.calls.length).toBeGreaterThanOrEqual(6));
    expect(Math.max(...written.mock.calls.map(([bytes]) => bytes.length))).toBeLessThanOrEqual(1208);
    expect(blackHole.isSuspected).toBe(true);
  });

  test('gives the frames after the nomination to the next listener, in order', async () => {
    const [{ race: b }, [one, other]] = [race('b'), await socketPair()];
    b.enter(other, 'accepted');
    const { socket } = await secureChannel(one, { role: 'a', psk, signal: new AbortController().signal });
    onTestFinished(() => void socket.destroy());
    // The first frames come in one piece with the nomination, the others later.
    const nomination: Frame = { type: 'nominate', received: 0, group: 'X25519' };
    socket.write(Buffer.concat([nomination, ping(1), ping(2)].map(encodeFrame)));
    const link = new FrameLink(socket);
    for (let id = 3; id <= 500; id += 1) {
      link.send(ping(id));
    }
    link.end();
    const won = await b.winner;
    for (let turns = 0; turns < 50; turns += 1) {
      await turn();
    }
    const heard: unknown[] = [];
    won.link.listen({
      onFrames: (frames) => heard.push(...frames.map((frame) => ('id' in frame ? frame.id : frame.type))),
      onDrain: () => undefined,
      onGone: (reason) => heard.push(reason),
    });
    expect(heard).toEqual([]);
    await eventually(() => expect(heard).toHaveLength(501));
    expect(heard).toEqual([
      ...Array.from({ length: 500 }, (_, n) => n + 1),
      'the other side closed the connection',
    ]);
  });

  test.each([
    ['says so, because the nomination may be on its way', new LeftForGood('quit'), ['close quit', 'gone']],
    ['says nothing if it only looks elsewhere', new Error('another place was faster'), ['gone']],
  ])('ended by `b` with a channel that is proven %s', async (_, reason, expected) => {
    expectNothingLeft();
    const proven = Promise.withResolvers<void>();
    const { race: b, abort } = race('b', { onKeyTried: proven.resolve });
    const [one, other] = await socketPair();
    b.enter(other, 'accepted');
    const { socket } = await secureChannel(one, { role: 'a', psk, signal: new AbortController().signal });
    const heard: string[] = [];
    new FrameLink(socket).listen({
      onFrames: (frames) =>
        heard.push(...frames.map((frame) => `${frame.type} ${'reason' in frame ? frame.reason : ''}`)),
      onDrain: () => undefined,
      onGone: () => heard.push('gone'),
    });
    await proven.promise;
    await turn();
    abort.abort(reason);
    await eventually(() => expect(heard.at(-1)).toBe('gone'));
    expect(heard).toEqual(expected);
  });

  test('leaves no proven channel but the one that it nominates', async () => {
    const { race: a } = race('a');
    const pairs = await Promise.all([socketPair(), socketPair(), socketPair()]);
    const heard: string[] = [];
    const channels = pairs.map(async ([one, other]) => {
      a.enter(one, 'accepted');
      const { signal } = new AbortController();
      const { socket } = await secureChannel(other, { role: 'b', psk, signal });
      new FrameLink(socket).listen({
        onFrames: (frames) => heard.push(...frames.map(({ type }) => type)),
        onDrain: () => undefined,
        onGone: () => heard.push('gone'),
      });
    });
    await a.winner;
    await Promise.allSettled(channels);
    await eventually(() => {
      expect(pairs.filter(([, other]) => other.destroyed)).toHaveLength(2);
      expect(heard.filter((word) => word !== 'gone')).toEqual(['nominate']);
    });
  });

  test.each<[string, Frame]>([
    ['data', { type: 'data', offset: 0, bytes: Buffer.from('x') }],
    ['a close', { type: 'close', reason: 'quit' }],
  ])('is not won by a channel that begins with %s', async (_, frame) => {
    const [{ race: b }, [one, other]] = [race('b'), await socketPair()];
    b.enter(other, 'accepted');
    const { socket } = await secureChannel(one, { role: 'a', psk, signal: new AbortController().signal });
    new FrameLink(socket).send(frame);
    socket.resume();
    await eventually(() => expect(socket.closed).toBe(true));
    expect(b.idle).toBe(true);
  });

  test.each(['a', 'b'] as const)('of %s that is called off closes all, proven or not', async (role) => {
    expectNothingLeft();
    const [waiting, other] = [await socketPair(), await socketPair()];
    const { race: one, abort } = race(role, { psk: new Promise(() => undefined) });
    one.enter(waiting[0], 'accepted');
    expect(one.idle).toBe(false);
    abort.abort();
    await closed(waiting[0]);
    one.enter(other[0], 'accepted');
    expect(other[0].destroyed).toBe(true);
  });

  test('takes 16 sockets at a time that have not proven themselves', async () => {
    expectNothingLeft();
    const { race: b } = race('b');
    const pairs = await Promise.all(Array.from({ length: 17 }, () => socketPair()));
    for (const [ours] of pairs) {
      b.enter(ours, 'accepted');
    }
    expect(pairs.map(([ours]) => ours.destroyed)).toEqual(pairs.map((_, n) => n === 16));
  });

  test('keeps 16 channels that are proven and not nominated, and takes the nomination of the first', async () => {
    expectNothingLeft();
    const { race: b } = race('b');
    const { signal } = new AbortController();
    async function open() {
      const [one, other] = await socketPair();
      b.enter(other, 'accepted');
      const { socket } = await secureChannel(one, { role: 'a', psk, signal });
      onTestFinished(() => void socket.destroy());
      socket.resume();
      return { socket, other };
    }
    const channels: Awaited<ReturnType<typeof open>>[] = [];
    for (let n = 0; n < 20; n += 1) {
      channels.push(await open());
    }
    await eventually(() =>
      expect(channels.map(({ other }) => other.destroyed)).toEqual(channels.map((_, n) => n >= 16)),
    );
    const [first] = channels;
    new FrameLink(first!.socket).send({ type: 'nominate', received: 0, group: 'X25519' });
    expect((await b.winner).local.port).toBe(first!.other.localPort);
    await eventually(() =>
      expect(channels.map(({ other }) => other.destroyed)).toEqual(channels.map((_, n) => n > 0)),
    );
  });
});
