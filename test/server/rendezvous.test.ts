import { once } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { defaultLimits } from '../../source/server/limits.ts';
import { Pulse } from '../../source/server/client/client-line.ts';
import { eventually } from '../helpers/eventually.ts';
import { TestServer, base64url, joinMessage } from '../helpers/servers/rendezvous-server.ts';

function you(client: { port: number }) {
  return { address: '127.0.0.1', port: client.port };
}

describe('a match', () => {
  test('tells each side of the other, and the guest gets role a', async () => {
    const server = await TestServer.start();
    const b = await server.opener({ nat: { mapping: 'endpoint-independent', step: 1 } });
    expect(b.opened).toMatchObject({ number: 1, you: you(b.client), probe: server.probePort });
    const client = await server.connect();
    const join = joinMessage({ number: 1 });
    client.send(join);
    const seenByA = await client.expect('matched');
    const seenByB = await b.client.expect('matched');
    expect(seenByA).toEqual({
      t: 'matched',
      role: 'a',
      you: you(client),
      session: seenByB.session,
      peer: { mapped: you(b.client), share: b.join.share, nonce: b.join.nonce, nat: b.join.nat },
      startInMs: 0,
      probe: server.probePort,
    });
    expect(seenByB).toEqual({
      t: 'matched',
      role: 'b',
      you: you(b.client),
      session: seenByA.session,
      peer: { mapped: you(client), share: join.share, nonce: join.nonce },
      startInMs: 0,
      probe: server.probePort,
    });
  });

  test('gives IPv6 clients IPv6 endpoints, and IPv4 clients of the same server IPv4 ones', async () => {
    const server = await TestServer.start({ host: undefined });
    const [six, four] = [await server.connect('::1'), await server.connect('127.0.0.1')];
    six.send(joinMessage({ number: 1000 }));
    expect((await six.expect('waiting')).you).toEqual({ address: '::1', port: six.port });
    four.send(joinMessage({ number: 1000 }));
    expect((await six.expect('matched')).peer.mapped).toEqual(you(four));
  });

  test('starts both at the same moment: the nearer one waits for half the difference of the round trips', async () => {
    const server = await TestServer.start();
    const b = await server.opener({ rttMs: 30 });
    const a = await server.connect();
    a.send(joinMessage({ number: b.number, rttMs: 170.5 }));
    expect((await a.expect('matched')).startInMs).toBe(0);
    expect((await b.client.expect('matched')).startInMs).toBe(70.3);
  });

  test('is made between two clients with the same agreed code, and the first becomes b', async () => {
    const server = await TestServer.start();
    const [first, second] = [await server.connect(), await server.connect()];
    first.send(joinMessage({ number: 4711 }));
    expect(await first.expect('waiting')).toEqual({
      t: 'waiting',
      you: you(first),
      probe: server.probePort,
    });
    second.send(joinMessage({ number: 4711 }));
    expect((await second.expect('matched')).role).toBe('a');
    expect((await first.expect('matched')).role).toBe('b');
  });

  test('waits for an opener that has not joined yet', async () => {
    const server = await TestServer.start();
    const [opener, guest] = [await server.connect(), await server.connect()];
    const client = base64url(16);
    opener.send({ t: 'open', v: 1, client });
    const { number } = await opener.expect('opened');
    guest.send(joinMessage({ number }), { t: 'ping' });
    await guest.expect('pong');
    opener.send(joinMessage({ number, client }));
    expect((await opener.expect('matched')).role).toBe('b');
    expect((await guest.expect('matched')).role).toBe('a');
  });

  test('carries candidates verbatim and in order, both ways', async () => {
    const server = await TestServer.start();
    const { a, b } = await server.pair();
    // The longest nearly fills a line. All of one side are less than a client may send ahead (`maxUnreadBytes`).
    const sealed = Array.from({ length: 6 }, (_, index) => base64url(10 + index * 750));
    for (const [from, to] of [
      [a.client, b.client],
      [b.client, a.client],
    ] as const) {
      from.send(...sealed.map((one) => ({ t: 'candidate', sealed: one }) as const));
      for (const one of sealed) {
        expect(await to.next()).toEqual({ t: 'candidate', sealed: one });
      }
    }
  });

  test('starts a round when both have asked for it, with the latest round trips', async () => {
    const server = await TestServer.start();
    const { a, b } = await server.pair();
    a.client.send({ t: 'round', n: 2, rttMs: 100 }, { t: 'ping' });
    await a.client.expect('pong');
    b.client.send({ t: 'round', n: 2 });
    expect(await a.client.next()).toEqual({ t: 'start', n: 2, startInMs: 0 });
    expect(await b.client.next()).toEqual({ t: 'start', n: 2, startInMs: 40 });
    b.client.send({ t: 'round', n: 3 });
    a.client.send({ t: 'round', n: 2 }, { t: 'round', n: 3 });
    expect(await a.client.next()).toMatchObject({ t: 'start', n: 3 });
    expect(await b.client.next()).toMatchObject({ t: 'start', n: 3 });
  });

  test('ends for one side when the other leaves before its done', async () => {
    const server = await TestServer.start();
    const { a, b } = await server.pair();
    a.client.socket.destroy();
    expect(await b.client.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT' });
    expect(await b.client.closed).toBe('end');
  });

  test('goes on when a side leaves after its done', async () => {
    const server = await TestServer.start();
    const { a, b } = await server.pair();
    a.client.send({ t: 'done', outcome: 'punched' });
    a.client.socket.end();
    await once(a.client.socket, 'close');
    b.client.send({ t: 'candidate', sealed: 'AAAA' }, { t: 'ping' });
    await b.client.expect('pong');
    b.client.send({ t: 'round', n: 2 });
    expect(await b.client.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT' });
  });
});

describe('the probe', () => {
  const token = base64url(16);

  test('joins the second observation into the mapped endpoint, whichever comes first', async () => {
    const server = await TestServer.start({}, { probeWaitMs: 5000 });
    const early = await server.probe();
    early.socket.write(`{"t":"probe","token":"${token}"}\n`);
    const b = await server.connect();
    await eventually(() => expect(server.counts().observations).toBe(1));
    b.send(joinMessage({ number: 1000, probeToken: token }));
    expect((await b.expect('waiting')).you).toEqual({ ...you(b), probePort: early.port });
    expect(server.counts().observations).toBe(0);

    const [a, late] = [await server.connect(), await server.probe()];
    const other = base64url(64);
    a.send(joinMessage({ number: 1000, probeToken: other }));
    late.socket.write(`{"t":"probe","token":"${other}"}\n`);
    expect((await a.expect('matched')).you).toEqual({ ...you(a), probePort: late.port });
    expect((await b.expect('matched')).peer.mapped).toEqual({ ...you(a), probePort: late.port });
  });

  test('is closed by the server first', async () => {
    const server = await TestServer.start();
    const probe = await server.probe();
    probe.socket.allowHalfOpen = true;
    probe.socket.write(`{"t":"probe","token":"${token}"}\n`);
    expect(await probe.closed).toBe('end');
    expect(probe.socket.writableEnded).toBe(false);
  });

  test('is awaited for 15 ms and no longer', async () => {
    const server = await TestServer.start();
    const client = await server.connect();
    client.send(joinMessage({ number: 1000 }));
    await client.expect('waiting');
    expect(defaultLimits.probeWaitMs).toBe(15);
    const guest = await server.connect();
    const startedAt = performance.now();
    guest.send(joinMessage({ number: 1000, probeToken: token }), { t: 'ping' });
    expect((await guest.expect('matched')).you).toEqual(you(guest));
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(13);
    await guest.expect('pong');
  });

  test('for a round tells the peer its source port', async () => {
    const server = await TestServer.start({}, { roundProbeMs: 5000 });
    const { a, b } = await server.pair();
    const probe = await server.probe();
    b.client.send({ t: 'round', n: 2 });
    a.client.send({ t: 'round', n: 2, probeToken: token });
    probe.socket.write(`{"t":"probe","token":"${token}"}\n`);
    expect(await b.client.next()).toMatchObject({ t: 'start', n: 2, probePort: probe.port });
    expect(await a.client.next()).not.toHaveProperty('probePort');
  });

  test('for a round delays the round only for a bounded time if it is not seen', async () => {
    const server = await TestServer.start({}, { roundProbeMs: 5 });
    const { a, b } = await server.pair();
    b.client.send({ t: 'round', n: 2 });
    a.client.send({ t: 'round', n: 2, probeToken: token });
    expect(await b.client.next()).not.toHaveProperty('probePort');
  });

  test('that is late still counts for a client that waits', async () => {
    const server = await TestServer.start();
    const [b, probe] = [await server.connect(), await server.probe()];
    b.send(joinMessage({ number: 1000, probeToken: token }));
    expect((await b.expect('waiting')).you).toEqual(you(b));
    probe.socket.write(`{"t":"probe","token":"${token}"}\n`);
    await probe.closed;
    const a = await server.connect();
    a.send(joinMessage({ number: 1000 }));
    expect((await a.expect('matched')).peer.mapped).toEqual({ ...you(b), probePort: probe.port });
    expect((await b.expect('matched')).you).toEqual({ ...you(b), probePort: probe.port });
  });

  test('from another address is not joined', async () => {
    const server = await TestServer.start({ host: undefined }, { probeWaitMs: 5000 });
    const probe = await server.probe('::1');
    probe.socket.write(`{"t":"probe","token":"${token}"}\n`);
    await probe.closed;
    const client = await server.connect();
    client.send(joinMessage({ number: 1000, probeToken: token }));
    expect((await client.expect('waiting')).you).toEqual(you(client));
  });

  test.each(['HELLO\n', '{"t":"probe"}\n', 'x'.repeat(600), '\u00ff\n'])(
    'that sends %j is closed',
    async (text) => {
      const server = await TestServer.start();
      const probe = await server.probe();
      probe.socket.write(text, 'latin1');
      expect(await probe.closed).toBe('end');
      expect(server.counts().observations).toBe(0);
    },
  );

  test('that sends nothing is closed', async () => {
    const server = await TestServer.start({}, { firstLineMs: 50 });
    expect(await (await server.probe()).closed).toBe('end');
  });

  test('may come to a second address, which clients are told', async () => {
    const server = await TestServer.start({ probeHost: '127.0.0.2' }, { probeWaitMs: 5000 });
    const probe = await server.probe('127.0.0.2');
    probe.socket.write(`{"t":"probe","token":"${token}"}\n`);
    await probe.closed;
    expect(server.counts().observations).toBe(1);
    const client = await server.connect();
    client.send(joinMessage({ number: 1000 }));
    expect(await client.expect('waiting')).toMatchObject({
      probe: server.probePort,
      probeHost: '127.0.0.2',
    });
  });
});

/** The clock of the server's pings, which a test moves. Sockets and all other timers run by themselves. */
function ownIntervals(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => {
    clock.mockRestore();
    vi.useRealTimers();
  });
  return (ms) => {
    now += ms;
    vi.advanceTimersByTime(ms);
  };
}

describe('a client that waits', () => {
  test('is pinged, and dropped when it is silent', async () => {
    const pass = ownIntervals();
    const server = await TestServer.start();
    const client = await server.connect();
    client.send(joinMessage({ number: 1000 }));
    await client.expect('waiting');
    for (let count = 1; count <= 3; count += 1) {
      pass(20_000);
      await client.until('{"t":"ping"}\n'.repeat(count));
    }
    pass(20_000);
    expect(await client.closed).toBe('end');
    await server.settled();
  });

  test('stays as long as it answers', async () => {
    const pass = ownIntervals();
    const heard = vi.spyOn(Pulse.prototype, 'heard');
    onTestFinished(() => heard.mockRestore());
    const server = await TestServer.start();
    const client = await server.connect();
    client.send(joinMessage({ number: 1000 }));
    await client.expect('waiting');
    for (let count = 1; count <= 25; count += 1) {
      pass(20_000);
      await client.until('{"t":"ping"}\n'.repeat(count));
      client.send({ t: 'pong' });
      await eventually(() => expect(heard).toHaveBeenCalledTimes(1 + count));
    }
    expect(server.counts().waiting).toBe(1);
  });

  test('is forgotten at once when it leaves', async () => {
    const server = await TestServer.start({}, { returnMs: 60_000, holdMs: 50 });
    const { client, number } = await server.opener();
    client.socket.destroy();
    await eventually(() => expect(server.counts()).toMatchObject({ waiting: 0, rooms: 1 }));
    const guest = await server.connect();
    guest.send(joinMessage({ number }));
    expect(await guest.expect('error')).toMatchObject({ code: 'ERR_NO_SUCH_ROOM' });
  });

  test('returns with its token, even from another process', async () => {
    const server = await TestServer.start({}, { returnMs: 60_000 });
    const { client, number, opened } = await server.opener();
    client.socket.destroy();
    await eventually(() => expect(server.counts().connections).toBe(0));
    const [again, guest] = [await server.connect(), await server.connect()];
    guest.send(joinMessage({ number }), { t: 'ping' });
    await guest.expect('pong');
    again.send(joinMessage({ number, token: opened.token }));
    expect((await again.expect('matched')).role).toBe('b');
    expect((await guest.expect('matched')).role).toBe('a');
  });

  test('is replaced when the same client connects again', async () => {
    const server = await TestServer.start({}, { returnMs: 60_000 });
    const { client, join, number } = await server.opener();
    const again = await server.connect();
    again.send({ ...join, share: base64url(32) });
    await again.expect('waiting');
    expect(await client.expect('error')).toMatchObject({ code: 'ERR_RENDEZVOUS_CLOSED' });
    expect(await client.closed).toBe('end');
    const guest = await server.connect();
    guest.send(joinMessage({ number }));
    expect((await guest.expect('matched')).peer.mapped).toEqual(you(again));
  });

  test('can join with a fresh share on the same connection, and its guest is told', async () => {
    const server = await TestServer.start();
    const { a, b } = await server.pair();
    const fresh = { ...b.join, share: base64url(32), token: b.opened.token };
    b.client.send(fresh);
    await b.client.expect('waiting');
    expect(await a.client.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT' });
    const guest = await server.connect();
    guest.send(joinMessage({ number: b.number }));
    expect((await guest.expect('matched')).peer.share).toBe(fresh.share);
  });
});

describe('a number', () => {
  test('under 1000 is refused if nobody waits there', async () => {
    const server = await TestServer.start();
    for (const number of [0, 7, 999]) {
      const client = await server.connect();
      client.send(joinMessage({ number }));
      const error = await client.expect('error');
      expect(error).toMatchObject({ code: 'ERR_NO_SUCH_ROOM' });
      expect(error.message).toContain(String(number));
      expect(await client.closed).toBe('end');
    }
  });

  test('of two peers is taken, so a third client is refused', async () => {
    const server = await TestServer.start();
    const { b } = await server.pair();
    const third = await server.connect();
    third.send(joinMessage({ number: b.number }));
    expect(await third.expect('error')).toMatchObject({ code: 'ERR_ROOM_TAKEN' });
    expect(await third.closed).toBe('end');
    expect(server.counts().seats).toBe(2);
  });

  test('that is given out is the lowest free one', async () => {
    const server = await TestServer.start({}, { numberRestMs: 0 });
    const numbers: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      numbers.push((await server.opener()).number);
    }
    expect(numbers).toEqual([1, 2, 3]);
  });
});

test('pings are answered at any time, even before any other message', async () => {
  const server = await TestServer.start();
  const client = await server.connect();
  client.send({ t: 'ping' });
  expect(await client.next()).toEqual({ t: 'pong' });
});
