import { describe, expect, test } from 'vitest';
import { pino } from 'pino';
import type { Limits } from '../../../source/server/limits.ts';
import { SingleSource } from '../../../source/server/admission/single-source.ts';
import { eventually } from '../../helpers/eventually.ts';
import { sharesOf } from '../../../source/server/admission/shares.ts';
import { ConnectionLimit } from '../../../source/server/admission/connection-limit.ts';
import {
  base64url,
  behindBalancer,
  joinMessage,
  TestServer,
} from '../../helpers/servers/rendezvous-server.ts';
import type { WireClient } from '../../helpers/servers/wire-client.ts';

/** An address from which no other client comes. */
const flooder = '127.0.0.66';

function from(server: TestServer, address: string) {
  return server.connect('127.0.0.1', 0, address);
}

/** Two clients of other addresses are still matched. */
async function expectOthersUnharmed(server: TestServer): Promise<void> {
  const { a, b } = await server.pair();
  expect(a.matched.session).toBe(b.matched.session);
}

async function refusalOf(client: WireClient): Promise<string> {
  const { code, message } = await client.expect('error');
  expect(code).toBe('ERR_RENDEZVOUS_REFUSED');
  return message;
}

describe('an address beyond its share', () => {
  test('of connections at once is told so, and may come back when others have gone', async () => {
    const server = await TestServer.start({}, { maxConnectionsPerAddress: 3 });
    const inside = await Promise.all([1, 2, 3].map(() => from(server, flooder)));
    const fourth = await from(server, flooder);
    expect(await refusalOf(fourth)).toBe(
      'your address has reached the limit of 3 connections at once; come again in 60 s',
    );
    expect(await fourth.closed).toBe('end');
    await expectOthersUnharmed(server);
    inside[0]?.socket.destroy();
    await eventually(() => expect(server.counts().connections).toBe(4));
    const fifth = await from(server, flooder);
    fifth.send({ t: 'ping' });
    expect(await fifth.next()).toEqual({ t: 'pong' });
  });

  test('of connections a minute is told so before it has sent a byte', async () => {
    const server = await TestServer.start({}, { connectionsPerMinutePerAddress: 3 });
    for (let n = 0; n < 3; n += 1) {
      (await from(server, flooder)).socket.destroy();
    }
    expect(await refusalOf(await from(server, flooder))).toMatch(
      /^your address has reached the limit of 3 connections a minute; come again in (60|59) s$/,
    );
    await expectOthersUnharmed(server);
  });

  test('of joins a minute is told so', async () => {
    const server = await TestServer.start({}, { joinsPerMinutePerAddress: 2 });
    const client = await from(server, flooder);
    for (const number of [1000, 1001]) {
      client.send(joinMessage({ number }));
      await client.expect('waiting');
    }
    client.send(joinMessage({ number: 1002 }));
    expect(await refusalOf(client)).toContain('the limit of 2 joins a minute');
    await client.closed;
    await expectOthersUnharmed(server);
  });

  test('of room numbers is told so, even if it asks for them with tokens', async () => {
    const server = await TestServer.start({}, { numbersPerAddress: 2 });
    const opener = await from(server, flooder);
    opener.send({ t: 'open', v: 1, client: base64url(16) });
    await opener.expect('opened');
    const maker = await from(server, flooder);
    maker.send(joinMessage({ number: 900, token: base64url(16) }));
    await maker.expect('waiting');
    maker.send(joinMessage({ number: 901, token: base64url(16) }));
    expect(await refusalOf(maker)).toBe(
      'your address has reached the limit of 2 room numbers in use or at rest; come again in 10 min, ' +
        'or agree on a code with a number of 1000 or more',
    );
    const another = await from(server, flooder);
    another.send({ t: 'open', v: 1, client: base64url(16) });
    expect(await refusalOf(another)).toContain('the limit of 2 room numbers');
    await expectOthersUnharmed(server);
  });

  test('of joins to rooms that do not exist can join only rooms that it has opened', async () => {
    const server = await TestServer.start({}, { missesPerMinutePerAddress: 2 });
    for (const number of [901, 902]) {
      const client = await from(server, flooder);
      client.send(joinMessage({ number }));
      expect(await client.expect('error')).toMatchObject({ code: 'ERR_NO_SUCH_ROOM' });
    }
    const { number } = await server.opener();
    const searcher = await from(server, flooder);
    searcher.send(joinMessage({ number }));
    expect(await refusalOf(searcher)).toContain('2 joins a minute to rooms that do not exist');
    const opener = await from(server, flooder);
    const client = base64url(16);
    opener.send({ t: 'open', v: 1, client });
    const opened = await opener.expect('opened');
    opener.send(joinMessage({ number: opened.number, client }));
    await opener.expect('waiting');
  });

  test.each(['127.0.0.64/26', '::ffff:127.0.0.64/122'])(
    'is free of its own limits if %s is exempt, but not of those for all',
    async (network) => {
      const server = await TestServer.start(
        { exempt: ['192.0.2.0/24', network] },
        { maxConnectionsPerAddress: 1, joinsPerMinutePerAddress: 1, maxConnections: 3 },
      );
      const clients = await Promise.all([1, 2, 3].map(() => from(server, flooder)));
      for (const [index, client] of clients.entries()) {
        client.send(joinMessage({ number: 1000 + index }));
        await client.expect('waiting');
      }
      expect(await refusalOf(await from(server, flooder))).toBe(
        'this rendezvous has reached the limit of 3 connections at once; come again in 60 s',
      );
    },
  );
});

/** Joins somebody's room and fails there, with or without a proof that it knows the code. */
async function guess(server: TestServer, prove: boolean) {
  const b = await server.opener();
  const guest = await from(server, flooder);
  guest.send(joinMessage({ number: b.number }));
  const answer = await guest.next();
  if (answer.t !== 'matched') {
    return answer;
  }
  await b.client.expect('matched');
  if (prove) {
    b.client.send({ t: 'candidate', sealed: 'AAAA' });
    await guest.expect('candidate');
  }
  guest.send({ t: 'done', outcome: 'failed' });
  guest.socket.end();
  await guest.closed;
  return answer;
}

describe('an address that burns rooms', () => {
  const limits = { freeBurns: 2, burnerWaitMs: 60_000, maxBurns: 4 };

  test('is admitted ever more slowly, and then not at all', async () => {
    const server = await TestServer.start({}, limits);
    for (let n = 0; n < 3; n += 1) {
      expect(await guess(server, false)).toMatchObject({ t: 'matched' });
    }
    const slowed = await guess(server, false);
    expect(slowed).toMatchObject({ t: 'error', code: 'ERR_RENDEZVOUS_REFUSED' });
    expect(slowed).toMatchObject({ message: expect.stringMatching(/2 rooms joined in vain; come again in/) });
    await expectOthersUnharmed(server);
  });

  test('is refused for as long as it is told', async () => {
    const server = await TestServer.start({}, { ...limits, freeBurns: 4 });
    for (let n = 0; n < 4; n += 1) {
      expect(await guess(server, false)).toMatchObject({ t: 'matched' });
    }
    expect(await guess(server, false)).toMatchObject({
      message: 'your address has reached the limit of 4 rooms joined in vain; come again in 10 min',
    });
    await expectOthersUnharmed(server);
  });

  test('is not one with the right code whose punch fails, however often', async () => {
    const server = await TestServer.start({}, limits);
    for (let n = 0; n < 6; n += 1) {
      expect(await guess(server, true)).toMatchObject({ t: 'matched' });
    }
  });
});

test('two addresses cannot use up the room numbers, nor those of agreed codes', async () => {
  const server = await TestServer.start(behindBalancer);
  const given: number[] = [];
  for (const address of ['198.51.100.7', '198.51.100.8']) {
    for (let n = 0; n < 130; n += 1) {
      const client = await server.connectFrom(address);
      client.send({ t: 'open', v: 1, client: base64url(16) });
      const answer = await client.next();
      if (answer.t === 'opened') {
        given.push(answer.number);
      }
    }
  }
  expect(given).toEqual(Array.from({ length: 240 }, (_, n) => n + 1));
  expect((await server.opener()).number).toBe(241);
});

test('a class of 60 behind one address can meet within the default limits', async () => {
  const server = await TestServer.start();
  const openers = await Promise.all(Array.from({ length: 60 }, () => server.opener()));
  const matched = await Promise.all(
    openers.map(async ({ number }) => {
      const guest = await server.connect();
      guest.send(joinMessage({ number }));
      return (await guest.expect('matched')).role;
    }),
  );
  expect(matched).toEqual(Array.from({ length: 60 }, () => 'a'));
});

test('of a flood that is refused, a bounded number is told why, and the rest is reset', async () => {
  const server = await TestServer.start({}, { maxConnections: 1, maxToldRefusals: 2, lingerMs: 60_000 });
  await server.connect();
  const refused = await Promise.all(Array.from({ length: 5 }, () => server.connect('127.0.0.1')));
  for (const { socket } of refused) {
    socket.allowHalfOpen = true;
  }
  const ends = await Promise.all(refused.map(({ closed }) => closed));
  expect(ends.filter((end) => end === 'end')).toHaveLength(2);
  expect(refused.filter(({ text }) => text.includes('ERR_RENDEZVOUS_REFUSED'))).toHaveLength(2);
  for (const { socket } of refused) {
    socket.destroy();
  }
});

test('of connections that are refused one after the other, a bounded number is told why, too', async () => {
  const server = await TestServer.start(
    {},
    { maxConnections: 1, maxToldRefusals: 2, toldRefusalEveryMs: 60_000 },
  );
  await server.connect();
  const ends: unknown[] = [];
  for (let n = 0; n < 3; n += 1) {
    // The reset may arrive before the connection is established.
    ends.push(
      await server.connect('127.0.0.1').then(
        ({ closed }) => closed,
        (error: unknown) => error,
      ),
    );
  }
  expect(ends).toEqual(['end', 'end', expect.objectContaining({ code: 'ECONNRESET' })]);
});

test('a probe beyond the share of its address is reset', async () => {
  const server = await TestServer.start({}, { connectionsPerMinutePerAddress: 1 });
  const first = await server.probe();
  first.socket.write('{"t":"probe","token":"AAAAAAAAAAA"}\n');
  await first.expect('observed');
  const second = await server.probe();
  expect((await second.expect('error')).code).toBe('ERR_RENDEZVOUS_REFUSED');
});

function keys(address: string) {
  return sharesOf(address).map(({ key }) => key);
}

test('an IPv6 /64 has the share of one address, and a /48 has four times as much', () => {
  expect(sharesOf('192.0.2.7')).toEqual([{ key: '192.0.2.7', times: 1 }]);
  expect(keys('2001:db8:1:2::1')).toEqual(keys('2001:db8:1:2:ffff::9'));
  const [one, other, another] = ['2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8:2:2::1'].map(sharesOf);
  expect(one?.map(({ times }) => times)).toEqual([1, 4]);
  expect([one?.[0]?.key === other?.[0]?.key, one?.[1]?.key === other?.[1]?.key]).toEqual([false, true]);
  expect(one?.[1]?.key).not.toBe(another?.[1]?.key);
});

/** Clients, each from another /64 of one /48. */
function fromSite(server: TestServer, n: number) {
  return server.connectFrom(`2001:db8:1:${n}::1`);
}
const elsewhere = '2001:db8:2::1';
function startBehindBalancer(limits: Partial<Limits>) {
  return TestServer.start(behindBalancer, limits);
}

async function expectAnswer(client: WireClient) {
  client.send({ t: 'ping' });
  expect(await client.next()).toEqual({ t: 'pong' });
}

describe('an IPv6 /48 has four times the share of one address', () => {
  test('of connections at once', async () => {
    const server = await startBehindBalancer({ maxConnectionsPerAddress: 1 });
    for (let n = 0; n < 4; n += 1) {
      await expectAnswer(await fromSite(server, n));
    }
    expect(await refusalOf(await fromSite(server, 0))).toContain('your address has reached the limit of 1 ');
    expect(await refusalOf(await fromSite(server, 5))).toBe(
      'your network (an IPv6 /48) has reached the limit of 4 connections at once; come again in 60 s',
    );
    await expectAnswer(await server.connectFrom(elsewhere));
  });

  test('of connections a minute', async () => {
    const server = await startBehindBalancer({ connectionsPerMinutePerAddress: 1 });
    for (let n = 0; n < 4; n += 1) {
      (await fromSite(server, n)).socket.destroy();
    }
    // A destroyed connection may still be on its way in.
    await server.settled();
    expect(await refusalOf(await fromSite(server, 5))).toContain('the limit of 4 connections a minute');
    await expectAnswer(await server.connectFrom(elsewhere));
  });

  test('of joins a minute', async () => {
    const server = await startBehindBalancer({ joinsPerMinutePerAddress: 1 });
    for (let n = 0; n < 4; n += 1) {
      const client = await fromSite(server, n);
      client.send(joinMessage({ number: 1000 + n }));
      await client.expect('waiting');
    }
    const fifth = await fromSite(server, 5);
    fifth.send(joinMessage({ number: 2000 }));
    expect(await refusalOf(fifth)).toContain('your network (an IPv6 /48) has reached the limit of 4 joins');
    const other = await server.connectFrom(elsewhere);
    other.send(joinMessage({ number: 2000 }));
    await other.expect('waiting');
  });

  test('of joins to rooms that do not exist', async () => {
    const server = await startBehindBalancer({ missesPerMinutePerAddress: 1 });
    const codes: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const client = await fromSite(server, n);
      client.send(joinMessage({ number: 900 }));
      codes.push((await client.expect('error')).code);
    }
    expect(codes).toEqual([...Array.from({ length: 4 }, () => 'ERR_NO_SUCH_ROOM'), 'ERR_RENDEZVOUS_REFUSED']);
  });

  test('of room numbers', async () => {
    const server = await startBehindBalancer({ numbersPerAddress: 1 });
    const answers: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const client = await fromSite(server, n);
      client.send({ t: 'open', v: 1, client: base64url(16) });
      answers.push((await client.next()).t);
    }
    expect(answers).toEqual(['opened', 'opened', 'opened', 'opened', 'error']);
  });

  test('of lines', async () => {
    const bounds = { maxAtOnce: 100, maxAtOncePerAddress: 100, perMinute: 100, perMinutePerAddress: 100 };
    const limit = new ConnectionLimit({ ...bounds, lineBurst: 3, lineEveryMs: 1000 });
    const sites = Array.from({ length: 5 }, (_, n) => sharesOf(`2001:db8:1:${n}::1`));
    for (const shares of sites) {
      expect(await limit.enter(shares)).toBeUndefined();
    }
    const mayGoOn = sites.map((shares) => [1, 2, 3].map(() => limit.chargeLines(shares, 0, 1)));
    // Four addresses use up the share of the /48, and then the fifth has a debt, too.
    expect(mayGoOn.map((paid) => paid.every(Boolean))).toEqual([true, true, true, true, false]);
    expect(mayGoOn.at(-1)).toEqual([false, false, false]);
    // A second earns one line for each address and four for the /48, of which three pay the debt.
    const again = sites.slice(0, 4).filter((shares) => limit.chargeLines(shares, 1000, 1));
    expect(again).toHaveLength(1);
  });
});

describe('a server whose clients all have one private address', () => {
  test('says so once in its log', async () => {
    const lines: string[] = [];
    const server = await TestServer.start({
      logger: pino({ level: 'warn' }, { write: (line: string) => lines.push(line) }),
    });
    for (let n = 0; n < 40; n += 1) {
      (await server.connect()).socket.destroy();
    }
    await server.settled();
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('all clients come from one private address');
  });

  test.each([
    ['says nothing of a public one', () => '203.0.113.9'],
    ['says nothing where there are two', (n: number) => `192.168.1.${1 + (n % 2)}`],
  ])('%s', (_, address) => {
    const source = new SingleSource();
    expect(Array.from({ length: 100 }, (_value, n) => source.seen(address(n)))).not.toContain(true);
  });
});
