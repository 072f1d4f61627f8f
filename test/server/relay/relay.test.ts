import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { MessageOf, ServerMessage } from '../../../source/protocol/rendezvous-messages.ts';
import { eventually, standsStill } from '../../helpers/eventually.ts';
import { relayedEnd, relayedPair } from '../../helpers/sessions/relayed-pair.ts';
import { behindBalancer, joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';
import type { WireClient } from '../../helpers/servers/wire-client.ts';

type Refused = MessageOf<ServerMessage, 'relay-refused'>;

/** The answers to two sides that ask now. */
async function refusals(server: TestServer, guest?: WireClient): Promise<Refused[]> {
  const { a, b } = await server.pair(guest);
  for (const { client } of [a, b]) {
    client.send({ t: 'relay' });
  }
  return Promise.all([a, b].map(({ client }) => client.expect('relay-refused')));
}

/** Closes with a FIN or with a reset. */
function closeOf(socket: Socket) {
  return new Promise((resolve) => {
    socket.on('error', () => undefined).once('close', resolve);
  });
}

describe('a relayed pair', () => {
  test('has its bytes passed on verbatim, both ways at once', async () => {
    const server = await TestServer.start({}, { relayBytesPerSecond: Infinity });
    const { a, b } = await relayedPair(server);
    expect(server.counts()).toMatchObject({ relays: 1, relaysWaiting: 0, seats: 0, rooms: 0 });
    const [there, back] = [randomBytes(3_000_000), randomBytes(2_000_000)];
    a.socket.write(there);
    b.socket.write(back);
    expect((await b.until(there.length)).equals(there)).toBe(true);
    expect((await a.until(back.length)).equals(back)).toBe(true);
  });

  test('loses no byte that came right behind the last line, whoever asked first', async () => {
    const server = await TestServer.start();
    const { a, b } = await server.pair();
    for (const [name, { client }] of Object.entries({ a, b })) {
      client.socket.cork();
      client.send({ t: 'relay' });
      client.socket.write(`from ${name}, early`);
      client.socket.uncork();
    }
    await Promise.all([a, b].map(({ client }) => client.expect('relaying')));
    const [ends, other] = [relayedEnd(a.client), relayedEnd(b.client)];
    expect(String(await ends.until(13))).toBe('from b, early');
    expect(String(await other.until(13))).toBe('from a, early');
  });

  test('has a FIN passed on, while the other direction goes on', async () => {
    const server = await TestServer.start();
    const { a, b } = await relayedPair(server);
    b.socket.allowHalfOpen = true;
    const ended = once(b.socket, 'end');
    a.socket.end('the last of a');
    await ended;
    expect(String(b.bytes())).toBe('the last of a');
    b.socket.end('the last of b');
    await once(a.socket, 'close');
    expect(String(a.bytes())).toBe('the last of b');
    await eventually(() => expect(server.counts().relays).toBe(0));
  });

  test.each([
    ['one', 30_000, 0],
    ['both', 30_000, 25_000],
  ])('of a low rate has the FIN of %s passed on after all bytes before it', async (_, there, back) => {
    const server = await TestServer.start({}, { relayBytesPerSecond: 16_384 });
    const { a, b } = await relayedPair(server);
    for (const { socket } of [a, b]) {
      socket.allowHalfOpen = true;
    }
    const ended = Promise.all([a, b].map(({ socket }) => once(socket, 'end')));
    a.socket.end(Buffer.alloc(there, 'a'));
    b.socket.end(Buffer.alloc(back, 'b'));
    await ended;
    expect([b.bytes().length, a.bytes().length]).toEqual([there, back]);
    await eventually(() => expect(server.counts().relays).toBe(0));
  });

  test('of a low rate lets one side answer after the FIN of the other', async () => {
    const server = await TestServer.start({}, { relayBytesPerSecond: 16_384 });
    const { a, b } = await relayedPair(server);
    b.socket.allowHalfOpen = true;
    b.socket.once('end', () => b.socket.end(Buffer.alloc(5000)));
    a.socket.end(Buffer.alloc(20_000));
    await once(a.socket, 'close');
    expect([b.bytes().length, a.bytes().length]).toEqual([20_000, 5000]);
    await eventually(() => expect(server.counts().relays).toBe(0));
  });

  test('of a low rate ends at once when one side is lost, whatever waits for it', async () => {
    const server = await TestServer.start({}, { relayBytesPerSecond: 1000 });
    const { a, b } = await relayedPair(server);
    const closed = closeOf(a.socket);
    a.socket.write(Buffer.alloc(60_000));
    await b.until(1000);
    b.socket.resetAndDestroy();
    await closed;
    await eventually(() => expect(server.counts().relays).toBe(0));
  });

  test('ends when a side is lost that has sent its FIN and still receives', async () => {
    const server = await TestServer.start({}, { relayBytesPerSecond: Infinity });
    const { a, b } = await relayedPair(server);
    a.socket.allowHalfOpen = true;
    const ended = once(a.socket, 'end');
    b.socket.end('the last of b');
    await ended;
    const closed = closeOf(a.socket);
    b.socket.resetAndDestroy();
    // The system reports the loss only when something is written.
    function pour() {
      if (a.socket.writable) {
        a.socket.write('to nobody', () => setImmediate(pour));
      }
    }
    pour();
    await closed;
    await eventually(() => expect(server.counts().relays).toBe(0));
  });

  test('ends when one of the two is lost', async () => {
    const server = await TestServer.start();
    const { a, b } = await relayedPair(server);
    a.socket.resetAndDestroy();
    await once(b.socket, 'close');
    await server.settled();
    expect(server.counts()).toMatchObject({ connections: 0, relays: 0 });
  });

  test('gets no more lines, and need not send any', async () => {
    const server = await TestServer.start({}, { pingMs: 20, silenceMs: 500 });
    const { a, b } = await relayedPair(server);
    // A client that answers no ping shows that the time for it is over.
    const witness = await server.connect();
    witness.send(joinMessage({ number: 1000 }));
    await witness.closed;
    expect(witness.text).toContain('ping');
    a.socket.write('only this');
    await b.until(9);
    expect([String(a.bytes()), String(b.bytes())]).toEqual(['', 'only this']);
  });

  test('keeps to its rate, in both directions together', async () => {
    const server = await TestServer.start({}, { relayBytesPerSecond: 400_000 });
    const { a, b } = await relayedPair(server);
    const startedAt = performance.now();
    a.socket.write(Buffer.alloc(300_000));
    b.socket.write(Buffer.alloc(300_000));
    await Promise.all([a.until(300_000), b.until(300_000)]);
    // 400,000 bytes pass at once. The rest takes its time, except for the last chunk.
    expect(performance.now() - startedAt).toBeGreaterThan(1000 * ((200_000 - 65_536) / 400_000));
  });

  test('of a low rate moves evenly, however much the system delivers at once', async () => {
    const server = await TestServer.start({}, { relayBytesPerSecond: 20_000 });
    const { a, b } = await relayedPair(server);
    const times = [performance.now()];
    b.socket.on('data', () => times.push(performance.now()));
    a.socket.write(Buffer.alloc(80_000));
    await b.until(80_000);
    // A single wait for all of it would bring it in two parts.
    expect(times.length).toBeGreaterThan(10);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(2500);
  });

  test('leaves its room to others, as after done', async () => {
    const server = await TestServer.start({}, { numberRestMs: 0 });
    const { joins } = await relayedPair(server);
    const next = await server.opener();
    expect(next.number).toBe(joins.a.number);
  });
});

describe('a side that asks for the relay', () => {
  test('alone is refused after a while, and goes on with JSON', async () => {
    const server = await TestServer.start({}, { relayWaitMs: 20 });
    const { a, b } = await server.pair();
    a.client.send({ t: 'relay' }, { t: 'round', n: 1 });
    expect(await a.client.expect('relay-refused')).toEqual({
      t: 'relay-refused',
      code: 'ERR_RELAY_ALONE',
      message: 'the peer has not asked for the relay within 0.02 s',
    });
    b.client.send({ t: 'round', n: 1 });
    await a.client.expect('start');
    expect(server.counts().relaysWaiting).toBe(0);
  });

  test('may ask again after a refusal', async () => {
    const server = await TestServer.start({}, { relayWaitMs: 20 });
    const { a, b } = await server.pair();
    a.client.send({ t: 'relay' });
    await a.client.expect('relay-refused');
    a.client.send({ t: 'relay' });
    b.client.send({ t: 'relay' });
    await Promise.all([a, b].map(({ client }) => client.expect('relaying')));
    expect(server.counts().relays).toBe(1);
  });

  test('twice at once has sent the second line to its peer', async () => {
    const server = await TestServer.start();
    const { a, b } = await server.pair();
    a.client.send({ t: 'relay' }, { t: 'relay' });
    b.client.send({ t: 'relay' });
    await b.client.expect('relaying');
    expect(await b.client.expect('relay' as 'relaying').catch(String)).toContain(
      'unknown message type "relay"',
    );
  });

  test('before a match gets an error', async () => {
    const server = await TestServer.start();
    const { client } = await server.opener();
    client.send({ t: 'relay' });
    expect(await client.expect('error')).toMatchObject({ code: 'ERR_PROTOCOL' });
  });

  test('is told if its peer leaves meanwhile', async () => {
    const server = await TestServer.start();
    const { a, b } = await server.pair();
    a.client.send({ t: 'relay' }, { t: 'ping' });
    await eventually(() => expect(server.counts().relaysWaiting).toBe(1));
    b.client.socket.destroy();
    expect(await a.client.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT' });
  });

  test('is refused at once by a server that does not relay', async () => {
    const server = await TestServer.start({ relay: false });
    const { a } = await server.pair();
    a.client.send({ t: 'relay' }, { t: 'ping' });
    expect(await a.client.expect('relay-refused')).toEqual({
      t: 'relay-refused',
      code: 'ERR_RELAY_OFF',
      message: 'this rendezvous does not relay',
    });
    await a.client.expect('pong');
  });
});

describe('a pair beyond a limit is told which', () => {
  test.each([
    ['maxRelays', 'ERR_RELAY_FULL', 'this rendezvous relays 1 pair at once, and is full'],
    [
      'maxRelaysPerAddress',
      'ERR_RELAY_ADDRESS_FULL',
      'this rendezvous relays 1 pair at once for one address, and one of yours has as many',
    ],
  ])('if %s is 1', async (limit, code, message) => {
    const server = await TestServer.start({}, { [limit]: 1 });
    const first = await relayedPair(server);
    expect(await refusals(server)).toMatchObject([
      { code, message },
      { code, message },
    ]);
    first.a.socket.destroy();
    await eventually(() => expect(server.counts().relays).toBe(0));
    await relayedPair(server);
  });

  test('with four times as many for an IPv6 /48 as for one address', async () => {
    const options = { ...behindBalancer, exempt: ['127.0.0.1/32'] };
    const server = await TestServer.start(options, { maxRelaysPerAddress: 1 });
    function fromSite(n: number) {
      return server.connectFrom(`2001:db8:1:${n}::1`);
    }
    for (let n = 0; n < 4; n += 1) {
      await relayedPair(server, await fromSite(n));
    }
    const [{ message } = { message: '' }] = await refusals(server, await fromSite(5));
    expect(message).toContain('relays 4 pairs at once for one network (an IPv6 /48)');
    await relayedPair(server, await server.connectFrom('2001:db8:2::1'));
  });

  test('unless its addresses are exempt', async () => {
    const server = await TestServer.start({ exempt: ['127.0.0.0/8'] }, { maxRelaysPerAddress: 1 });
    await relayedPair(server);
    await relayedPair(server);
    expect(server.counts().relays).toBe(2);
  });

  test.each([
    ['bytes', { maxRelayBytes: 1024 * 1024 }, '1 MiB'],
    ['time', { maxRelayMs: 60 }, '0 min'],
  ])('when it asks again after it has used up its %s', async (unit, limits, what) => {
    // A slow machine would need the whole time to learn that it is relayed.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const server = await TestServer.start({}, { relayBytesPerSecond: Infinity, ...limits });
    const { a, b, joins } = await relayedPair(server);
    const closed = Promise.all(
      [a, b].map(({ socket }) =>
        once(
          socket.on('error', () => undefined),
          'close',
        ),
      ),
    );
    if (unit === 'bytes') {
      a.socket.write(Buffer.alloc(1024 * 1024 + 1));
    } else {
      vi.advanceTimersByTime(60);
    }
    await closed;
    // The same two come back, as a session that has lost its channel.
    const again = await Promise.all([server.connect(), server.connect()]);
    for (const [index, { client }] of [joins.a, joins.b].entries()) {
      again[index]!.send(joinMessage({ number: 5000, client }));
      if (index === 0) {
        await again[0].expect('waiting');
      }
    }
    for (const client of again) {
      await client.expect('matched');
      client.send({ t: 'relay' });
    }
    for (const client of again) {
      expect(await client.expect('relay-refused')).toEqual({
        t: 'relay-refused',
        code: 'ERR_RELAY_USED_UP',
        message: `this rendezvous relays ${what} for one session, and this one has used them up`,
      });
    }
    // Other pairs are not refused.
    await relayedPair(server);
  });
});

describe('a relay', () => {
  test('through which nothing comes any more is dropped', async () => {
    const server = await TestServer.start({}, { relayIdleMs: 20 });
    const { a, b } = await relayedPair(server);
    await Promise.all([a, b].map(({ socket }) => once(socket, 'close')));
    await eventually(() => expect(server.counts().relays).toBe(0));
    expect(server.counts()).toMatchObject({ relays: 0 });
  });

  test('keeps next to nothing for a side that never reads', async () => {
    const server = await TestServer.start({}, { relayBytesPerSecond: Infinity });
    const { a, b } = await relayedPair(server);
    b.socket.pause();
    const chunk = Buffer.alloc(1024 * 1024);
    for (let n = 0; n < 256; n += 1) {
      a.socket.write(chunk);
    }
    // Only the system's own buffers take bytes. The rest stays with its sender.
    function left() {
      return a.socket.writableLength;
    }
    await standsStill(left);
    expect(left()).toBeGreaterThan(200 * chunk.length);
    b.socket.resume();
    await b.until(64 * chunk.length);
  });

  test('goes on for a while when the server goes down, and no new one begins', async () => {
    const server = await TestServer.start({}, { relayDrainMs: 300, drainMs: 2000 });
    const matched = await server.pair();
    const { a, b } = await relayedPair(server);
    const closing = server.close();
    for (const { client } of [matched.a, matched.b]) {
      client.send({ t: 'relay' });
    }
    expect(await matched.a.client.expect('relay-refused')).toMatchObject({
      code: 'ERR_RELAY_OFF',
      message: 'this rendezvous is going down',
    });
    a.socket.write('still here');
    expect(String(await b.until(10))).toBe('still here');
    for (const { client } of [matched.a, matched.b]) {
      client.socket.destroy();
    }
    await once(a.socket, 'close');
    await closing;
    expect(server.counts()).toMatchObject({ relays: 0, connections: 0 });
  });
});
