import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JoinMessage } from '../../../source/protocol/rendezvous-messages.ts';
import { defaultLimits, type Limits } from '../../../source/server/limits.ts';
import { eventually } from '../../helpers/eventually.ts';
import { missingRedis, startRedis, type RedisServer } from '../../helpers/servers/redis-server.ts';
import {
  base64url,
  behindBalancer,
  joinMessage,
  TestServer,
} from '../../helpers/servers/rendezvous-server.ts';
import type { WireClient } from '../../helpers/servers/wire-client.ts';

const burner = '198.51.100.7';
/** The waiting clients come from here and are exempt from the limits by address. */
const exempt = ['127.0.0.1/32'];
/** After the free burns, one more guest is admitted at once, and then none for as long as a test lasts. */
const few: Partial<Limits> = { freeBurns: 10, maxBurns: 20, burnerWaitMs: 600_000 };
const freeAndOne = 11;

const reason = missingRedis();
let redis: RedisServer | undefined;
beforeAll(async () => {
  if (reason === undefined) {
    redis = await startRedis();
  }
});
afterAll(() => redis?.close());

const spaces = [
  { name: 'in the memory of one server', isShared: false },
  { name: 'in a store', isShared: true },
];

/** Opens this many rooms, each with a waiting client. */
async function waitFor(server: TestServer, count: number): Promise<number[]> {
  const numbers = Array.from({ length: count }, (_, n) => 5000 + n);
  await Promise.all(
    numbers.map(async (number) => {
      const client = await server.connect();
      client.send(joinMessage({ number }));
      await client.expect('waiting');
    }),
  );
  return numbers;
}

async function enter(client: WireClient, number: number, fields: Partial<JoinMessage> = {}) {
  client.send(joinMessage({ number, ...fields }));
  return (await client.next()).t;
}

async function open(client: WireClient) {
  const own = base64url(16);
  client.send({ t: 'open', v: 1, client: own });
  return { ...(await client.expect('opened')), client: own };
}

function burnt(answers: readonly string[]) {
  return answers.filter((t) => t === 'matched').length;
}

/** Joins one after the other, each on a connection of its own. */
async function oneByOne(server: TestServer, numbers: readonly number[], addresses = [burner]) {
  const answers: string[] = [];
  for (const [n, number] of numbers.entries()) {
    const client = await server.connectFrom(addresses[n % addresses.length] ?? burner);
    answers.push(await enter(client, number));
    client.socket.destroy();
  }
  return answers;
}

/** Joins on one connection until it is refused. */
async function onOne(client: WireClient, numbers: readonly number[], fields: Partial<JoinMessage> = {}) {
  const answers: string[] = [];
  for (const number of numbers) {
    answers.push(await enter(client, number, fields));
    if (answers.at(-1) === 'error') {
      break;
    }
  }
  return answers;
}

describe.each(spaces)('with rooms $name', ({ isShared }) => {
  beforeEach(async (context) => {
    if (!isShared) {
      return;
    }
    if (reason !== undefined) {
      return context.skip(reason);
    }
    await (await redis?.client())?.flushAll();
  });

  function start(limits: Partial<Limits> = {}) {
    return TestServer.start(
      { exempt, ...behindBalancer, ...(isShared && { store: redis?.url }) },
      { ...few, ...limits },
    );
  }

  test('one address burns its free ones and is slowed, one after the other', async () => {
    const server = await start();
    expect(burnt(await oneByOne(server, await waitFor(server, 15)))).toBe(freeAndOne);
  });

  test('one address burns no more with all its joins at once', async () => {
    expect(defaultLimits.freeBurns).toBe(100);
    const server = await start();
    const numbers = await waitFor(server, 60);
    const clients = await Promise.all(numbers.map(() => server.connectFrom(burner)));
    const answers = await Promise.all(clients.map((client, n) => enter(client, numbers[n] ?? 0)));
    expect(burnt(answers)).toBe(freeAndOne);
  });

  test('one address burns no more while all its matches go on', async () => {
    const server = await start();
    const numbers = await waitFor(server, 15);
    const answers: string[] = [];
    for (const number of numbers) {
      answers.push(await enter(await server.connectFrom(burner), number));
    }
    expect(burnt(answers)).toBe(freeAndOne);
  });

  test('one address burns no more on a connection that has opened a room', async () => {
    const server = await start();
    const numbers = await waitFor(server, 15);
    const client = await server.connectFrom(burner);
    await open(client);
    expect(burnt(await onOne(client, numbers))).toBe(freeAndOne);
  });

  test('one address burns no more on a connection that returns to its own room each time', async () => {
    const server = await start();
    const numbers = await waitFor(server, 15);
    const answers: string[] = [];
    for (const number of numbers) {
      const client = await server.connectFrom(burner);
      const own = await open(client);
      await enter(client, own.number, { client: own.client, token: own.token });
      answers.push(await enter(client, number));
      client.socket.destroy();
    }
    expect(burnt(answers)).toBe(freeAndOne);
  });

  test('nobody burns a room with the token of another room', async () => {
    const server = await start();
    const numbers = await waitFor(server, 3);
    const opener = await server.connectFrom(burner);
    const { token, client } = await open(opener);
    for (const number of numbers) {
      expect(await enter(await server.connectFrom(burner), number, { token })).toBe('error');
    }
    expect(await enter(opener, numbers[0] ?? 0, { token, client })).toBe('error');
  });

  test('one address burns no more after it has come back to a session', async () => {
    const server = await start();
    const numbers = await waitFor(server, 15);
    const answers: string[] = [];
    for (const number of numbers) {
      const client = await server.connectFrom(burner);
      const { client: own, nonce, rttMs } = joinMessage({ number });
      client.send({ t: 'join', v: 1, room: base64url(16), slot: 'a', client: own, nonce, rttMs });
      await client.expect('waiting');
      answers.push(await enter(client, number));
      client.socket.destroy();
    }
    expect(burnt(answers)).toBe(freeAndOne);
  });

  test('one address burns no more on several connections that stay', async () => {
    const server = await start();
    const numbers = await waitFor(server, 30);
    const answers = await Promise.all(
      Array.from({ length: 5 }, async (_, n) =>
        onOne(await server.connectFrom(burner), numbers.slice(6 * n, 6 * (n + 1))),
      ),
    );
    expect(burnt(answers.flat())).toBe(freeAndOne);
  });

  test('one address gets no charge back for its own report of a match', async () => {
    const server = await start({ freeBurns: 3 });
    const answers: string[] = [];
    for (const [n, number] of (await waitFor(server, 8)).entries()) {
      const client = await server.connectFrom(burner);
      answers.push(await enter(client, number));
      if (answers.at(-1) === 'error') {
        break;
      }
      client.send({ t: 'candidate', sealed: 'AAAA' });
      client.send({ t: 'round', n: 2 });
      client.send({ t: 'done', outcome: n % 2 === 0 ? 'punched' : 'relayed', path: 'direct' });
      client.socket.end();
      await client.closed;
    }
    expect(burnt(answers)).toBe(4);
  });

  test('one address gets no charge back if the peer says that the seal did not open', async () => {
    const server = await start({ freeBurns: 3 });
    const answers: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      const victim = await server.connect();
      victim.send(joinMessage({ number: 6000 + n }));
      await victim.expect('waiting');
      const client = await server.connectFrom(burner);
      answers.push(await enter(client, 6000 + n));
      if (answers.at(-1) === 'error') {
        break;
      }
      await victim.expect('matched');
      victim.send({ t: 'candidate', sealed: 'AAAA', unopened: true });
      // The guest gets the candidate without `unopened`, which is for the server alone.
      expect(await client.expect('candidate')).toEqual({ t: 'candidate', sealed: 'AAAA' });
      client.socket.destroy();
    }
    expect(burnt(answers)).toBe(4);
  });

  test('one address burns no more under the numbers of its former rooms', async () => {
    const server = await start({ freeBurns: 1, numberRestMs: 1 });
    const own = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const wire = await server.connectFrom(burner);
        return { ...(await open(wire)), wire };
      }),
    );
    for (const [n, { wire, client }] of own.entries()) {
      wire.send(joinMessage({ number: 7000 + n, client }));
      await wire.expect('waiting');
    }
    const given = new Set<number>();
    while (given.size < own.length) {
      // The number of an ended room rests for a moment and is then the first to be given out.
      await eventually(() => expect(server.counts().rooms).toBe(own.length + given.size));
      given.add((await server.opener()).number);
    }
    expect(own.filter(({ number }) => !given.has(number))).toEqual([]);
    const answers: string[] = [];
    for (const { wire, number, client } of own) {
      answers.push(await enter(wire, number, { client }));
    }
    expect(burnt(answers)).toBe(2);
  });

  test('a join that finds nobody or waits burns nothing', async () => {
    const server = await start({ freeBurns: 2, maxBurns: 2 });
    for (let n = 0; n < 5; n += 1) {
      expect(await enter(await server.connectFrom(burner), 900 + n)).toBe('error');
      expect(await enter(await server.connectFrom(burner), 8000 + n)).toBe('waiting');
    }
    const [number = 0] = await waitFor(server, 1);
    expect(await enter(await server.connectFrom(burner), number)).toBe('matched');
  });

  test('one address finds no more missing rooms with all its joins at once', async () => {
    const server = await start({ missesPerMinutePerAddress: 20 });
    const clients = await Promise.all(Array.from({ length: 60 }, () => server.connectFrom(burner)));
    const codes = await Promise.all(
      clients.map(async (client, n) => {
        client.send(joinMessage({ number: 100 + n }));
        return (await client.expect('error')).code;
      }),
    );
    expect(codes.filter((code) => code === 'ERR_NO_SUCH_ROOM')).toHaveLength(20);
  });

  test('the addresses of one IPv6 /64 burn as one address does', async () => {
    const server = await start();
    const addresses = Array.from({ length: 50 }, (_, n) => `2001:db8:1:2:${n}::1`);
    expect(burnt(await oneByOne(server, await waitFor(server, 15), addresses))).toBe(freeAndOne);
  });

  test('the networks of one IPv6 /48 burn as four addresses do, and take nothing from another /48', async () => {
    const server = await start();
    const numbers = await waitFor(server, 81);
    const addresses = Array.from({ length: 40 }, (_, n) => `2001:db8:1:${n}::1`);
    expect(burnt(await oneByOne(server, numbers.slice(1), addresses))).toBe(44);
    expect(await oneByOne(server, numbers.slice(0, 1), ['2001:db8:2::1'])).toEqual(['matched']);
  });
});
