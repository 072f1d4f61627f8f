import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Limits } from '../../../../source/server/limits.ts';
import { storeScript } from '../../../../source/server/rooms/redis/store-script.ts';
import { silentLog } from '../../../../source/server/log.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { missingRedis, startRedis, type RedisServer } from '../../../helpers/servers/redis-server.ts';
import { base64url, joinMessage, TestServer } from '../../../helpers/servers/rendezvous-server.ts';
import { skipWithout } from '../../../helpers/skip-without.ts';

const reason = missingRedis();
let redis: RedisServer | undefined;

beforeAll(async () => {
  if (reason === undefined) {
    redis = await startRedis();
  }
});
afterAll(() => redis?.close());
beforeEach(async (context) => {
  if (reason !== undefined) {
    return skipWithout(context, reason);
  }
  await (await redis?.client())?.flushAll();
});

function start(limits: Partial<Limits> = {}, options = {}) {
  return TestServer.start({ store: redis?.url, ...options }, { returnMs: 30_000, ...limits });
}

/** Comes back to its room with its token. */
async function comeBack(server: TestServer, number: number, token: string) {
  const client = await server.connect();
  client.send(joinMessage({ number, token }));
  return client;
}

async function enter(server: TestServer, number: number) {
  const client = await server.connect();
  client.send(joinMessage({ number }));
  return client;
}

/** Waits until the store holds this of a room. */
async function roomIs(number: number, what: object) {
  const store = await redis?.client();
  await eventually(async () =>
    expect(JSON.parse((await store?.get(`punchline:room:${number}`)) ?? '{}')).toMatchObject(what),
  );
}

/** A guest that is held in a room, because its opener is expected. */
async function heldGuest(server: TestServer, number: number) {
  const guest = await enter(server, number);
  await roomIs(number, { phase: 'open', guest: {} });
  return guest;
}

describe('an opener that comes back to another server with its token', () => {
  test('finds its room as it was, if the store still holds it', async () => {
    const [first, second] = [await start(), await start()];
    const { client, number, opened } = await first.opener();
    client.socket.destroy();
    await roomIs(number, { phase: 'open' });
    const guest = await heldGuest(first, number);
    const back = await comeBack(second, number, opened.token);
    expect(await back.expect('matched')).toMatchObject({ role: 'b' });
    await guest.expect('matched');
  });

  test('is refused if the room has another token', async () => {
    const [first, second] = [await start(), await start()];
    const { client, number } = await first.opener();
    const stranger = await comeBack(second, number, base64url(16));
    expect(await stranger.expect('error')).toMatchObject({ code: 'ERR_NO_SUCH_ROOM' });
    const guest = await enter(second, number);
    await guest.expect('matched');
    await client.expect('matched');
  });

  test('is refused if the room has ended and its number rests', async () => {
    const [first, second] = [await start({ returnMs: 1 }), await start({ returnMs: 1 })];
    const { client, number, opened } = await first.opener();
    client.socket.destroy();
    await first.settled();
    const probe = await enter(second, number);
    expect(await probe.expect('error')).toMatchObject({ code: 'ERR_NO_SUCH_ROOM' });
    const late = await comeBack(second, number, opened.token);
    expect(await late.expect('error')).toMatchObject({ code: 'ERR_NO_SUCH_ROOM' });
  });

  test('is given the room again after all servers and the store were restarted, and nobody else is', async () => {
    const before = await start();
    const { client, number, opened } = await before.opener();
    client.socket.destroy();
    await before.close();
    await (await redis?.client())?.flushAll();
    const [first, second] = [await start(), await start()];
    const back = await comeBack(first, number, opened.token);
    await back.expect('waiting');
    const other = await comeBack(second, number, base64url(16));
    expect(await other.expect('error')).toMatchObject({ code: 'ERR_NO_SUCH_ROOM' });
    // An opener that comes meanwhile is given another number.
    expect((await second.opener()).number).not.toBe(number);
    const guest = await enter(second, number);
    expect(await guest.expect('matched')).toMatchObject({ role: 'a' });
    await back.expect('matched');
  });
});

test('the numbers of rooms that no server could end are not counted for their address', async () => {
  const server = await start({ numbersPerAddress: 3 });
  const { number } = await server.opener();
  const store = await redis?.client();
  // All servers were killed at once, a while ago, and left these behind.
  await store?.zAdd('punchline:numbers:127.0.0.1', [
    { score: Infinity, value: '501' },
    { score: Infinity, value: '502' },
  ]);
  await server.opener();
  await server.opener();
  const refused = await server.connect();
  refused.send({ t: 'open', v: 1, client: base64url(16) });
  expect(await refused.expect('error')).toMatchObject({ message: expect.stringContaining('3 room numbers') });
  expect(number).toBe(1);
});

test('numbers are counted again after the store has lost everything', async () => {
  const server = await start({ numbersPerAddress: 2 });
  const rooms = [await server.opener(), await server.opener()];
  for (const { client, number, opened } of rooms) {
    client.send(joinMessage({ number, token: opened.token }));
    await client.expect('waiting');
  }
  const store = await redis?.client();
  await store?.flushAll();
  // The rooms are made again with the next beat.
  await eventually(async () => expect(await store?.zCard('punchline:numbers:127.0.0.1')).toBe(2));
  const third = await server.connect();
  third.send({ t: 'open', v: 1, client: base64url(16) });
  expect(await third.expect('error')).toMatchObject({ code: 'ERR_RENDEZVOUS_REFUSED' });
});

describe('two servers of one store with different limits', () => {
  test('are noticed by the second one, which warns', async () => {
    const warnings: unknown[] = [];
    const logger = { ...silentLog, warn: (facts: unknown) => warnings.push(facts) };
    await start({ holdMs: 5000 }, { advertise: '127.0.0.1', logger });
    expect(warnings).toEqual([]);
    await start({ holdMs: 70, maxRearms: 3 }, { advertise: '127.0.0.1', logger });
    expect(warnings).toEqual([{ different: ['holdMs: 70 here, 5000 there', 'maxRearms: 3 here, 10 there'] }]);
  });

  test('apply each its own to its clients', async () => {
    const [hasty, patient] = [await start({ holdMs: 50 }), await start({ holdMs: 10_000 })];
    async function open() {
      const opener = await patient.connect();
      opener.send({ t: 'open', v: 1, client: base64url(16) });
      return opener.expect('opened');
    }
    const first = await open();
    const refused = await enter(hasty, first.number);
    expect(await refused.expect('error')).toMatchObject({ code: 'ERR_NO_SUCH_ROOM' });
    const second = await open();
    const guest = await heldGuest(patient, second.number);
    // By now the other server would have held it no longer.
    const witness = await enter(hasty, first.number);
    await witness.expect('error');
    const back = await comeBack(hasty, second.number, second.token);
    await Promise.all([back.expect('matched'), guest.expect('matched')]);
  });
});

test('a guest at one server is told that the code may be tried again where the owner at another does not answer', async () => {
  const [first, second] = [await start({ matchAnswerMs: 50 }), await start()];
  const { client, number, opened } = await first.opener();
  const guest = await enter(second, number);
  await guest.expect('matched');
  expect(await guest.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT', again: true });
  expect(await client.closed).toMatchObject({ code: 'ECONNRESET' });
  const next = await heldGuest(first, number);
  const back = await comeBack(second, number, opened.token);
  expect((await back.expect('matched')).role).toBe('b');
  expect((await next.expect('matched')).role).toBe('a');
});

test('what a server still needs in the store is kept for longer, and never for a shorter time than before', async () => {
  const store = await redis?.client();
  const [short, long] = ['punchline:room:1', 'punchline:room:2'];
  await store?.set(short, '{}', { PX: 1000 });
  await store?.set(long, '{}', { PX: 600_000 });
  const request = { op: 'touch', keys: ['room:1', 'room:2'], ttlMs: 120_000 };
  await store?.eval(storeScript, { arguments: [JSON.stringify(request)] });
  expect(await store?.pTTL(short)).toBeGreaterThan(100_000);
  expect(await store?.pTTL(long)).toBeGreaterThan(500_000);
});
