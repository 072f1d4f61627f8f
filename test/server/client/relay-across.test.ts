import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JoinMessage } from '../../../source/protocol/rendezvous-messages.ts';
import type { Limits } from '../../../source/server/limits.ts';
import type { ServeOptions } from '../../../source/server/serve.ts';
import { eventually } from '../../helpers/eventually.ts';
import { missingRedis, startRedis, type RedisServer } from '../../helpers/servers/redis-server.ts';
import { relayedEnd } from '../../helpers/sessions/relayed-pair.ts';
import { base64url, TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { skipWithout } from '../../helpers/skip-without.ts';
import { joinMessage } from '../../helpers/servers/wire-messages.ts';

const reason = missingRedis();
let redis: RedisServer | undefined;

beforeAll(async () => {
  if (reason === undefined) {
    redis = await startRedis();
  }
});
afterAll(() => redis?.close());
beforeEach((context) => {
  if (reason !== undefined) {
    skipWithout(context, reason);
  }
});

let lastNumber = 1000;

function start(options: ServeOptions = {}, limits: Partial<Limits> = {}) {
  return TestServer.start({ store: redis?.url, advertise: '127.0.0.1', ...options }, limits);
}

function addressOf({ port }: TestServer) {
  return `127.0.0.1:${port}`;
}

/** A match of `b` at one server and `a` at the other. */
async function matchedAt(
  atB: TestServer,
  atA: TestServer,
  fields: Partial<JoinMessage> = { follows: true },
  clientOfB = base64url(16),
) {
  const number = (lastNumber += 1);
  const [b, a] = [await atB.connect(), await atA.connect()];
  b.send(joinMessage({ number, ...fields, client: clientOfB }));
  await b.expect('waiting');
  a.send(joinMessage({ number, ...fields }));
  await a.expect('matched');
  await b.expect('matched');
  return { a, b };
}

/** Two servers and a pair with one side at each, after both have asked: `a` waits for `b`, which has its redirect. */
async function sentTo(limits: Partial<Limits> = {}) {
  const [atA, atB] = [await start({}, limits), await start({}, limits)];
  const { a, b } = await matchedAt(atB, atA);
  for (const client of [a, b]) {
    client.send({ t: 'relay' });
  }
  const { server, ticket = '' } = await b.expect('redirect');
  return { atA, atB, a, b, server, ticket };
}

function settles(...servers: readonly TestServer[]) {
  return eventually(() => {
    for (const server of servers) {
      expect(server.counts()).toMatchObject({ relays: 0, relaysWaiting: 0 });
    }
  });
}

/** The refusal that both get, after which they go on with JSON. */
async function refused(atA: TestServer, atB: TestServer, fields?: Partial<JoinMessage>) {
  const { a, b } = await matchedAt(atB, atA, fields);
  for (const client of [a, b]) {
    client.send({ t: 'relay' }, { t: 'ping' });
  }
  const answers = await Promise.all([a, b].map((client) => client.expect('relay-refused')));
  for (const client of [a, b]) {
    await client.expect('pong');
  }
  await settles(atA, atB);
  expect(answers[0]).toEqual(answers[1]);
  return answers[0];
}

describe('two peers that were matched at different servers', () => {
  test('are relayed by the server of a, to which b is sent with a ticket', async () => {
    const { atA, atB, a, b, server, ticket } = await sentTo();
    expect(server).toBe(addressOf(atA));
    expect(Buffer.from(ticket, 'base64url')).toHaveLength(16);
    const there = await atA.connect();
    // The bytes right behind the last line are for the peer.
    there.socket.write(`${JSON.stringify({ t: 'relay', ticket })}\nfrom b, early`);
    await Promise.all([a.expect('relaying'), there.expect('relaying')]);
    const [endA, endB] = [relayedEnd(a), relayedEnd(there)];
    expect(String(await endA.until(13))).toBe('from b, early');
    endA.socket.write('from a');
    expect(String(await endB.until(6))).toBe('from a');
    expect([atA.counts().relays, atB.counts().relays]).toEqual([1, 0]);
    // At its own server b goes on with JSON, and it does not matter that its peer has left.
    b.send({ t: 'done', outcome: 'relayed', path: 'relay' }, { t: 'ping' });
    await b.expect('pong');
    endA.socket.end();
    await once(endB.socket, 'close');
    await settles(atA, atB);
  });

  test('get no more lines once they are relayed, and need not send any', async () => {
    const { atA, a, ticket } = await sentTo({ pingMs: 20, silenceMs: 500 });
    const there = await atA.connect();
    there.send({ t: 'relay', ticket });
    await Promise.all([a.expect('relaying'), there.expect('relaying')]);
    const [endA, endB] = [relayedEnd(a), relayedEnd(there)];
    // A client that answers no ping shows that the time for it is over.
    const witness = await atA.connect();
    witness.send(joinMessage({ number: (lastNumber += 1) }));
    await witness.closed;
    expect(witness.text).toContain('ping');
    endB.socket.write('only this');
    await endA.until(9);
    expect([String(endA.bytes()), String(endB.bytes())]).toEqual(['only this', '']);
  });

  test('are relayed by the server of b if that of a does not relay, whoever asks first', async () => {
    const [atA, atB] = [await start({ relay: false }), await start()];
    const { a, b } = await matchedAt(atB, atA);
    b.send({ t: 'relay' });
    a.send({ t: 'relay' });
    const { server, ticket = '' } = await a.expect('redirect');
    expect(server).toBe(addressOf(atB));
    const there = await atB.connect();
    there.send({ t: 'relay', ticket });
    await Promise.all([b.expect('relaying'), there.expect('relaying')]);
    there.socket.destroy();
    await once(b.socket, 'close');
  });

  test('are relayed by the server that is not full', async () => {
    const [atA, atB] = [await start({}, { maxRelays: 0 }), await start()];
    const { a, b } = await matchedAt(atB, atA);
    for (const client of [a, b]) {
      client.send({ t: 'relay' });
    }
    expect(await a.expect('redirect')).toMatchObject({ server: addressOf(atB) });
  });

  test('are sent to the advertised name of the server', async () => {
    const [atA, atB] = [await start({ advertise: 'relay.example:4711' }), await start()];
    const { a, b } = await matchedAt(atB, atA);
    for (const client of [a, b]) {
      client.send({ t: 'relay' });
    }
    expect(await b.expect('redirect')).toMatchObject({ server: 'relay.example:4711' });
  });
});

describe('a ticket', () => {
  test('is good once', async () => {
    const { atA, a, ticket } = await sentTo();
    const [first, second] = [await atA.connect(), await atA.connect()];
    first.send({ t: 'relay', ticket });
    await Promise.all([a.expect('relaying'), first.expect('relaying')]);
    second.send({ t: 'relay', ticket });
    expect(await second.expect('relay-refused')).toMatchObject({ code: 'ERR_RELAY_TICKET' });
    expect(await second.closed).toBe('end');
    expect(atA.counts().relays).toBe(1);
  });

  test('is good for a while only, and then the side that waited goes on with JSON', async () => {
    const { atA, a, ticket } = await sentTo({ relayComeMs: 30 });
    expect(await a.expect('relay-refused')).toMatchObject({
      code: 'ERR_RELAY_ALONE',
      message: 'the peer has not come to this server within 0.03 s',
    });
    const late = await atA.connect();
    late.send({ t: 'relay', ticket });
    expect(await late.expect('relay-refused')).toMatchObject({ code: 'ERR_RELAY_TICKET' });
    a.send({ t: 'ping' });
    await a.expect('pong');
  });

  test('that was guessed takes no place', async () => {
    const { atA, a, ticket } = await sentTo();
    const stranger = await atA.connect();
    stranger.send({ t: 'relay', ticket: base64url(16) });
    expect(await stranger.expect('relay-refused')).toMatchObject({ code: 'ERR_RELAY_TICKET' });
    expect(await stranger.closed).toBe('end');
    const there = await atA.connect();
    there.send({ t: 'relay', ticket });
    await Promise.all([a.expect('relaying'), there.expect('relaying')]);
  });

  test('is good only at the server that issued it', async () => {
    const { atB, ticket } = await sentTo();
    const astray = await atB.connect();
    astray.send({ t: 'relay', ticket });
    expect(await astray.expect('relay-refused')).toMatchObject({ code: 'ERR_RELAY_TICKET' });
  });

  test('is worth nothing once the side that waits has left, or the server goes down', async () => {
    const one = await sentTo();
    one.a.socket.destroy();
    await settles(one.atA);
    const there = await one.atA.connect();
    there.send({ t: 'relay', ticket: one.ticket });
    expect(await there.expect('relay-refused')).toMatchObject({ code: 'ERR_RELAY_TICKET' });
    const other = await sentTo();
    void other.atA.close();
    expect(await other.a.expect('relay-refused')).toMatchObject({ code: 'ERR_RELAY_OFF' });
  });

  test('is refused from a client that has joined a room', async () => {
    const { a, ticket, atA } = await sentTo();
    const { client } = await atA.opener();
    client.send({ t: 'relay', ticket });
    expect(await client.expect('error')).toMatchObject({ code: 'ERR_PROTOCOL' });
    a.socket.destroy();
  });
});

describe('both are refused, and go on with JSON', () => {
  test('if no server advertises an address', async () => {
    const servers = [await start({ advertise: undefined }), await start({ advertise: undefined })] as const;
    expect(await refused(...servers)).toEqual({
      t: 'relay-refused',
      code: 'ERR_RELAY_APART',
      message:
        'the two of you are at different servers, which do not say where they can be reached (serve --advertise)',
    });
  });

  test('if neither server relays', async () => {
    const servers = [await start({ relay: false }), await start({ relay: false })] as const;
    expect(await refused(...servers)).toMatchObject({ code: 'ERR_RELAY_OFF' });
  });

  test('if both servers are full', async () => {
    const servers = [await start({}, { maxRelays: 0 }), await start({}, { maxRelays: 0 })] as const;
    expect(await refused(...servers)).toMatchObject({ code: 'ERR_RELAY_FULL' });
  });

  test('if the programs are too old to follow a redirect', async () => {
    expect(await refused(await start(), await start(), {})).toMatchObject({
      code: 'ERR_RELAY_APART',
      message: 'the two of you are at different servers, and neither program can be sent to the other server',
    });
  });
});

describe('at different servers', () => {
  test('a side that asks alone is refused after a while, and may ask again', async () => {
    const limits = { relayWaitMs: 250 };
    const [atA, atB] = [await start({}, limits), await start({}, limits)];
    const { a, b } = await matchedAt(atB, atA);
    for (const client of [a, b]) {
      client.send({ t: 'relay' });
      expect(await client.expect('relay-refused')).toMatchObject({ code: 'ERR_RELAY_ALONE' });
    }
    for (const client of [a, b]) {
      client.send({ t: 'relay' });
    }
    expect(await b.expect('redirect')).toMatchObject({ server: addressOf(atA) });
  });

  test('a side whose peer leaves while it waits is told so', async () => {
    const { a, b } = await sentTo();
    b.socket.destroy();
    expect(await a.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT' });
  });

  test('a pair counts once against the limits of the server that relays, by the address that comes there', async () => {
    const limits = { maxRelaysPerAddress: 1 };
    const [atA, atB] = [await start({}, limits), await start({}, limits)];
    const pairs = [await matchedAt(atB, atA), await matchedAt(atB, atA)];
    const tickets: string[] = [];
    for (const { a, b } of pairs) {
      for (const client of [a, b]) {
        client.send({ t: 'relay' });
      }
      tickets.push((await b.expect('redirect')).ticket ?? '');
    }
    const comers = [await atA.connect(), await atA.connect()];
    comers[0]!.send({ t: 'relay', ticket: tickets[0]! });
    await Promise.all([pairs[0]!.a.expect('relaying'), comers[0]!.expect('relaying')]);
    comers[1]!.send({ t: 'relay', ticket: tickets[1]! });
    for (const client of [pairs[1]!.a, comers[1]!]) {
      expect(await client.expect('relay-refused')).toMatchObject({ code: 'ERR_RELAY_ADDRESS_FULL' });
    }
    expect(atA.counts().relays).toBe(1);
  });

  test('a session that has used up its bytes is recognised by its client, and refused from any address', async () => {
    const limits = { maxRelayBytes: 1000, relayBytesPerSecond: Infinity };
    const [atA, atB] = [await start({}, limits), await start({}, limits)];
    const client = base64url(16);
    async function come() {
      const { a, b } = await matchedAt(atB, atA, { follows: true }, client);
      for (const one of [a, b]) {
        one.send({ t: 'relay' });
      }
      const { ticket = '' } = await b.expect('redirect');
      const there = await atA.connect();
      there.send({ t: 'relay', ticket });
      return { a, b, there };
    }
    const { a, b, there } = await come();
    await Promise.all([a.expect('relaying'), there.expect('relaying')]);
    there.socket.on('error', () => undefined).write(Buffer.alloc(2000));
    await once(there.socket, 'close');
    b.socket.destroy();
    const again = await come();
    for (const one of [again.a, again.there]) {
      expect(await one.expect('relay-refused')).toMatchObject({ code: 'ERR_RELAY_USED_UP' });
    }
  });
});
