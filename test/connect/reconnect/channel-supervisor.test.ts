import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Frame } from '../../../source/connect/session/wire/frames.ts';
import { deriveResumeKeys } from '../../../source/connect/keys/keys.ts';
import type { RoundPayload } from '../../../source/connect/session/wire/round-payload.ts';
import type { Endpoint, Role } from '../../../source/events.ts';
import { secureChannel } from '../../../source/connect/session/secure-channel.ts';
import { eventually } from '../../helpers/eventually.ts';
import { framesOn, supervisorOf, root } from '../../helpers/sessions/channel-supervisor.ts';

function round(n: number, fields: Partial<RoundPayload> = {}): Extract<Frame, { type: 'round' }> {
  return {
    type: 'round',
    n,
    nonce: randomBytes(16),
    hosts: [],
    ...fields,
  };
}

/** The key of a round in which `a` and `b` said these nonces. */
function pskOf(nonceA: Uint8Array, nonceB: Uint8Array) {
  return deriveResumeKeys({ root, nonceA, nonceB }).psk;
}

/** Dials a side that listens on loopback, and proves the key. */
async function channelTo(hosts: readonly Endpoint[], psk: Uint8Array, role: Role = 'a') {
  const host = hosts.find(({ address }) => address === '127.0.0.1');
  const socket = net.connect(host?.port ?? 0, '127.0.0.1');
  const { signal } = new AbortController();
  const channel = await secureChannel(socket, { role, psk, signal });
  return framesOn(channel.socket);
}

const nominate: Extract<Frame, { type: 'nominate' }> = { type: 'nominate', received: 0, group: 'X25519' };
const hello: Frame = { type: 'data', offset: 0, bytes: Buffer.from('hello') };

describe('a session whose peer begins a round', () => {
  test('answers, and moves to the nominated channel without a loss', async () => {
    const { session, peer, text, said, moves } = await supervisorOf('b');
    session.write(Buffer.from('unacknowledged'));
    const ours = round(1);
    peer.send(ours);
    const { n, nonce, hosts } = await peer.heard('round');
    expect(n).toBe(1);
    const there = await channelTo(hosts, pskOf(ours.nonce, nonce));
    there.send(nominate, { type: 'ack', received: 0, limit: 4_194_304 }, hello);
    await eventually(() => expect(text()).toBe('hello'));
    expect(await there.heard('data')).toMatchObject({ offset: 0, bytes: Buffer.from('unacknowledged') });
    await peer.closed();
    expect(said).toEqual([]);
    expect(moves()).toEqual([
      { event: 'path', path: 'lan', remote: expect.anything(), reason: 'the peer is on this network' },
    ]);
  });

  test('does so on a relayed channel, too', async () => {
    const { peer, text, moves } = await supervisorOf('b', { from: 'relay', path: 'direct' });
    const ours = round(1);
    peer.send(ours);
    const { nonce, hosts } = await peer.heard('round');
    const there = await channelTo(hosts, pskOf(ours.nonce, nonce));
    there.send(nominate, { type: 'ack', received: 0, limit: 4_194_304 }, hello);
    await eventually(() => expect(text()).toBe('hello'));
    expect(moves()).toMatchObject([{ path: 'direct', reason: 'a direct connection has become possible' }]);
  });

  test('ends if the nomination claims to have read what was never sent', async () => {
    const { peer, said } = await supervisorOf('b');
    const ours = round(1);
    peer.send(ours);
    const { nonce, hosts } = await peer.heard('round');
    const there = await channelTo(hosts, pskOf(ours.nonce, nonce));
    there.send({ ...nominate, received: 1 });
    await there.closed();
    expect(said).toEqual(['ProtocolError: an ack for 1 where only 0 bytes were sent']);
  });

  test('says no nonce twice: a recorded round opens no other', async () => {
    const { peer } = await supervisorOf('b');
    const ours = round(1);
    peer.send(ours);
    const first = await peer.heard('round');
    peer.send({ ...ours, n: 2 });
    const second = await peer.heard('round', 2);
    await expect(channelTo(second.hosts, pskOf(ours.nonce, first.nonce))).rejects.toThrow(
      'did not prove itself',
    );
    await expect(channelTo(second.hosts, pskOf(ours.nonce, second.nonce))).resolves.toBeDefined();
  });

  test('takes one nomination, and drops a second channel', async () => {
    const { peer, text, said } = await supervisorOf('b');
    const ours = round(1);
    peer.send(ours);
    const { nonce, hosts } = await peer.heard('round');
    const psk = pskOf(ours.nonce, nonce);
    const [one, other] = [await channelTo(hosts, psk), await channelTo(hosts, psk)];
    one.send(nominate);
    await one.heard('ack');
    other.send(nominate, hello);
    await other.closed();
    one.send(hello);
    await eventually(() => expect(text()).toBe('hello'));
    expect(said).toEqual([]);
  });

  test('does not move to a path that is not better', async () => {
    const { peer, text, said, moves } = await supervisorOf('b', { path: 'direct' });
    const ours = round(1);
    peer.send(ours);
    const { nonce, hosts } = await peer.heard('round');
    const there = await channelTo(hosts, pskOf(ours.nonce, nonce));
    there.send(nominate);
    await there.closed();
    peer.send(hello);
    await eventually(() => expect(text()).toBe('hello'));
    expect([said, moves()]).toEqual([[], []]);
  });

  test('says nothing of its networks if it wants no local one', async () => {
    const { peer } = await supervisorOf('b', { lan: false });
    peer.send(round(1), { type: 'ping', id: 77 });
    await eventually(() => expect(peer.all('pong')).toEqual([{ type: 'pong', id: 77 }]));
    expect(peer.all('round')).toEqual([]);
  });

  test('again and again answers three of them, and ends if the peer never stops', async () => {
    const { peer, said } = await supervisorOf('b');
    for (let n = 1; n <= 50; n += 1) {
      peer.send(round(n));
    }
    await peer.heard('round');
    peer.send({ type: 'ping', id: 77 });
    await eventually(() => expect(peer.all('pong')).toContainEqual({ type: 'pong', id: 77 }));
    expect(said).toEqual([]);
    expect(
      peer
        .all('round')
        .map(({ n }) => n)
        .every((n) => n <= 3),
    ).toBe(true);
    for (let n = 51; n <= 104; n += 1) {
      peer.send(round(n));
    }
    await peer.closed();
    expect(said).toEqual(['ProtocolError: rounds without end']);
    expect(peer.all('close')).toEqual([{ type: 'close', reason: 'protocol' }]);
  });

  test('with a number out of turn ends the session', async () => {
    const { peer, said } = await supervisorOf('b');
    peer.send(round(7));
    await peer.closed();
    expect(said).toEqual(['ProtocolError: round 7 after 0']);
  });
});

/** Plays `b`: listens on loopback, answers a round of `a`, and proves the key. Resolves when it is nominated. */
async function nominated(peer: ReturnType<typeof framesOn>) {
  const server = net.createServer({ pauseOnConnect: true });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dialled = once(server, 'connection') as Promise<[Socket]>;
  const ours = round(1, { hosts: [{ address: '127.0.0.1', port }] });
  peer.send(ours);
  const { nonce } = await peer.heard('round');
  const [socket] = await dialled;
  const { signal } = new AbortController();
  const channel = await secureChannel(socket, { role: 'b', psk: pskOf(nonce, ours.nonce), signal });
  const there = framesOn(channel.socket);
  expect(await there.heard('nominate')).toMatchObject({ received: 0 });
  return { there, socket: channel.socket };
}

describe('a session that has nominated a better channel', () => {
  test('goes on on the old one until the peer has spoken on the new one', async () => {
    const { session, peer, theirs, text, said, moves } = await supervisorOf('a');
    const { there } = await nominated(peer);
    session.write(Buffer.from('still here'));
    expect(await peer.heard('data')).toMatchObject({ bytes: Buffer.from('still here') });
    peer.send(hello);
    await eventually(() => expect(text()).toBe('hello'));
    // The peer has moved: the old channel ends, and its first word on the new one is slow.
    theirs.destroy();
    await once(theirs, 'close');
    session.write(Buffer.from(', and there'));
    there.send({ type: 'ack', received: 5, limit: 4_194_304 }, { ...hello, bytes: Buffer.from('hello you') });
    await eventually(() => expect(text()).toBe('hello you'));
    expect(await there.heard('data')).toMatchObject({ offset: 5, bytes: Buffer.from(' here, and there') });
    expect(said).toEqual([]);
    expect(moves()).toHaveLength(1);
  });

  test('is not lost if the peer has dialled first, and has moved before we would have dialled', async () => {
    const { session, peer, theirs, text, said, moves } = await supervisorOf('a');
    // We dial after half a round trip.
    vi.spyOn(session, 'rttMs', 'get').mockReturnValue(600_000);
    const ours = round(1);
    peer.send(ours);
    const { nonce, hosts } = await peer.heard('round');
    const there = await channelTo(hosts, pskOf(nonce, ours.nonce), 'b');
    await there.heard('nominate');
    theirs.destroy();
    await once(theirs, 'close');
    there.send({ type: 'ack', received: 0, limit: 4_194_304 }, hello);
    await eventually(() => expect(text()).toBe('hello'));
    expect(said).toEqual([]);
    expect(moves()).toHaveLength(1);
  });

  test('stays on the old one if the peer closes the new one', async () => {
    const { peer, text, said, moves } = await supervisorOf('a');
    const { socket } = await nominated(peer);
    socket.destroy();
    peer.send(hello);
    await eventually(() => expect(text()).toBe('hello'));
    expect([said, moves()]).toEqual([[], []]);
  });

  test('is lost if the peer closes both', async () => {
    const { peer, theirs, said } = await supervisorOf('a');
    const { socket } = await nominated(peer);
    theirs.destroy();
    socket.destroy();
    await eventually(() => expect(said).toEqual([expect.stringMatching(/^lost: /)]));
  });
});
