import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type RelayAnswer, Rendezvous } from '../../../../source/connect/places/rendezvous/rendezvous.ts';
import { relayElsewhere } from '../../../../source/connect/places/rendezvous/relay.ts';
import type { Connection } from '../../../../source/network/sockets.ts';
import { makeCertificate, trustCertificate } from '../../../helpers/servers/certificates.ts';
import { freePort } from '../../../helpers/servers/free-port.ts';
import { startHttpsFront } from '../../../helpers/servers/https-front.ts';
import { behindBalancer, TestServer } from '../../../helpers/servers/rendezvous-server.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { startRawServer, type RawConnection } from '../../../helpers/strangers/raw-server.ts';
import { base64url } from '../../../helpers/servers/wire-messages.ts';

const relay = '{"t":"relay"}\n';
const { signal } = new AbortController();

function say({ socket }: RawConnection, ...messages: readonly object[]) {
  return socket.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
}

function redirect(server: string, ticket = base64url(16)) {
  return { t: 'redirect', server, ticket } as const;
}

/** We have asked the rendezvous to relay. */
async function asked() {
  expectNothingLeft();
  const server = await startRawServer();
  const rendezvous = await Rendezvous.dial({
    server: { host: '127.0.0.1', port: server.port },
    signal,
    onBound: () => undefined,
  });
  onTestFinished(() => rendezvous.destroy());
  const connection = await server.next();
  const answer = rendezvous.relay();
  // The test that waits for it says what it is.
  answer.catch(() => undefined);
  await connection.length(relay.length);
  return { rendezvous, connection, answer };
}

/** The rendezvous sends us to this server. */
async function sentTo(server: string, secureAs?: string) {
  const { rendezvous, connection, answer } = await asked();
  const order = redirect(server);
  say(connection, order);
  expect(await answer).toEqual(order);
  const options = { rendezvous, proxy: undefined, family: undefined, secureAs, answerMs: 500, signal };
  return { rendezvous, connection, ticket: order.ticket, result: relayElsewhere(order, options) };
}

function socketOf(answer: RelayAnswer): Connection {
  if ('t' in answer) {
    throw new Error(`no socket, but ${JSON.stringify(answer)}`);
  }
  onTestFinished(() => void answer.destroy());
  return answer;
}

/** The first bytes of a relayed socket, which is handed on paused. */
async function firstOf(socket: Connection): Promise<string> {
  socket.resume();
  const [first] = (await once(socket, 'data')) as [Buffer];
  return String(first);
}

describe('a client that has asked for the relay', () => {
  test('says nothing more, whatever the server says before it relays', async () => {
    const { rendezvous, connection, answer } = await asked();
    say(connection, { t: 'ping' }, { t: 'ping' });
    rendezvous.send({ t: 'round', n: 2 });
    const pinged = rendezvous.answers(50);
    connection.socket.write('{"t":"ping"}\n{"t":"relaying"}\nfrom the peer {"t":"ping"}\n');
    const socket = socketOf(await answer);
    expect(await pinged).toBe(true);
    rendezvous.send({ t: 'ping' });
    rendezvous.close();
    socket.write('to the peer');
    expect(await firstOf(socket)).toBe('from the peer {"t":"ping"}\n');
    await connection.length(relay.length + 11);
    expect(connection.received).toBe(`${relay}to the peer`);
  });

  test('says what it has kept back once it is refused, and answers pings again', async () => {
    const { rendezvous, connection, answer } = await asked();
    say(connection, { t: 'ping' });
    rendezvous.send({ t: 'round', n: 2 });
    say(connection, { t: 'relay-refused', code: 'ERR_RELAY_FULL', message: 'full' }, { t: 'ping' });
    expect(await answer).toMatchObject({ code: 'ERR_RELAY_FULL' });
    const all = `${relay}{"t":"round","n":2}\n{"t":"pong"}\n`;
    await connection.length(all.length);
    expect(connection.received).toBe(all);
  });

  test('is ended by a redirect without a ticket, as any other client', async () => {
    const { connection, answer } = await asked();
    say(connection, { t: 'redirect', server: '127.0.0.1:1' });
    await expect(answer).rejects.toMatchObject({ code: 'ERR_RENDEZVOUS_REFUSED' });
  });
});

describe('a client that is sent to another server', () => {
  test('says only its ticket there, takes leave of the first server, and has the connection', async () => {
    const elsewhere = await startRawServer();
    const { connection, ticket, result } = await sentTo(`127.0.0.1:${elsewhere.port}`);
    const there = await elsewhere.next();
    const claim = `${JSON.stringify({ t: 'relay', ticket })}\n`;
    await there.length(claim.length);
    // Meanwhile it goes on in JSON with the first server.
    say(connection, { t: 'ping' });
    await connection.length(relay.length + 13);
    there.socket.write('{"t":"relaying"}\nfrom the peer');
    const socket = socketOf(await result);
    expect(await firstOf(socket)).toBe('from the peer');
    socket.write('to the peer');
    await there.length(claim.length + 11);
    expect(there.received).toBe(`${claim}to the peer`);
    await connection.closed();
    expect(connection.received).toBe(
      `${relay}{"t":"pong"}\n{"t":"done","outcome":"relayed","path":"relay"}\n`,
    );
  });

  test('is reached at https, if the first one was', async (context) => {
    const files = makeCertificate(context);
    trustCertificate(files, context);
    const elsewhere = await TestServer.start(behindBalancer);
    const front = await startHttpsFront(elsewhere.port, files);
    const { result } = await sentTo(`127.0.0.1:${front.port}`, 'localhost');
    expect(await result).toMatchObject({ t: 'relay-refused', code: 'ERR_RELAY_TICKET' });
    expect(front.requests).toHaveLength(1);
  });

  test('is reached without https, if it has none', async () => {
    const elsewhere = await startRawServer();
    const { ticket, result } = await sentTo(`127.0.0.1:${elsewhere.port}`, 'localhost');
    const handshake = await elsewhere.next();
    await handshake.length(1);
    handshake.socket.destroy();
    const there = await elsewhere.next();
    const claim = `${JSON.stringify({ t: 'relay', ticket })}\n`;
    await there.length(claim.length);
    expect(there.received).toBe(claim);
    there.socket.write('{"t":"relaying"}\n');
    socketOf(await result);
  });

  test('that sends it further, or refuses, goes on with the first server', async () => {
    for (const [said, words] of [
      [
        redirect('127.0.0.1:1'),
        /^the peer is at another server, and 127\.0\.0\.1:\d+ sends us on to another server$/,
      ],
      [{ t: 'relay-refused', code: 'ERR_RELAY_TICKET', message: 'no such ticket' }, /^no such ticket$/],
      [{ t: 'error', code: 'ERR_RENDEZVOUS_REFUSED', message: 'no room' }, /says: no room$/],
      [{ t: 'retry', afterMs: 1000 }, /is restarting$/],
    ] as const) {
      const elsewhere = await startRawServer();
      const { rendezvous, connection, result } = await sentTo(`127.0.0.1:${elsewhere.port}`);
      const there = await elsewhere.next();
      say(there, said);
      expect(await result).toMatchObject({ t: 'relay-refused', message: expect.stringMatching(words) });
      await there.closed();
      rendezvous.send({ t: 'ping' });
      await connection.length(relay.length + 13);
    }
  });

  test('that says nothing waits a bounded time', async () => {
    const elsewhere = await startRawServer();
    const { result } = await sentTo(`127.0.0.1:${elsewhere.port}`);
    expect(await result).toMatchObject({
      t: 'relay-refused',
      message: expect.stringMatching(/^the peer is at another server, and 127\.0\.0\.1:\d+ says nothing$/),
    });
    await (await elsewhere.next()).closed();
  });

  test.each([
    ['169.254.169.254:80', '169.254.169.254: a link-local address, not dialled'],
    ['224.0.0.1', '224.0.0.1: no address of a host, not dialled'],
    ['[::]:8877', ':: no address of a host, not dialled'],
    ['http://127.0.0.1/', 'is a URL or a path'],
    ['', 'the rendezvous is empty'],
  ])('that is %j does not go there', async (server, why) => {
    const { result } = await sentTo(server);
    expect(await result).toMatchObject({ t: 'relay-refused', message: expect.stringContaining(why) });
  });

  test('on which nobody listens is told so', async () => {
    const { result } = await sentTo(`127.0.0.1:${await freePort()}`);
    expect(await result).toMatchObject({
      t: 'relay-refused',
      message: expect.stringMatching(
        /^the peer is at another server, and the rendezvous .* cannot be reached/,
      ),
    });
  });
});
