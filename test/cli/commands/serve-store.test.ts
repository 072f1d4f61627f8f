import { randomInt } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JoinMessage, MessageOf, ServerMessage } from '../../../source/protocol/rendezvous-messages.ts';
import { serve } from '../../../source/server/serve.ts';
import { redisOrSkip } from '../../helpers/servers/redis-server.ts';
import { base64url, joinMessage } from '../../helpers/servers/rendezvous-server.ts';
import { startServer, type RunningServer } from '../../helpers/programs/punchline.ts';
import { WireClient } from '../../helpers/servers/wire-client.ts';
import { sharedInFile } from '../../helpers/shared.ts';
import type { Owner } from '../../helpers/skip-without.ts';

/** The default limits would refuse a few hundred clients from one address. */
const roomy = ['--exempt', '127.0.0.0/8'];

async function startServers(owner: Owner): Promise<RunningServer[]> {
  const { url } = await redisOrSkip(owner);
  return Promise.all([1, 2, 3].map(() => startServer(['--store', url, ...roomy], { owner })));
}

type Listening = Pick<RunningServer, 'port'>;

function one<Server extends Listening>(servers: readonly Server[], index: number): Server {
  const server = servers[index % servers.length];
  if (server === undefined) {
    throw new Error('no server');
  }
  return server;
}

async function connect({ port }: Listening): Promise<WireClient> {
  const client = await WireClient.connect(port);
  // Errors of a cut are checked by the tests that cut.
  client.closed.catch(() => undefined);
  onTestFinished(() => {
    client.socket.destroy();
  });
  return client;
}

async function openAt(server: Listening) {
  const client = await connect(server);
  const id = base64url(16);
  client.send({ t: 'open', v: 1, client: id });
  const { number, token } = await client.expect('opened');
  const join = joinMessage({ number, client: id });
  client.send(join);
  await client.expect('waiting');
  return { client, number, token, join };
}

async function joinAt(server: Listening, fields: Partial<JoinMessage> & { number: number }) {
  const client = await connect(server);
  client.send(joinMessage(fields));
  return client;
}

/**
 * One side of a pair, which behaves as a client does: if it is cut off, sent away,
 * or matched with a side that has gone, it comes again, to the next server.
 */
class Side {
  readonly join: JoinMessage;
  matched: MessageOf<ServerMessage, 'matched'> | undefined;
  /** Every session that it was told, in their order. */
  readonly sessions: string[] = [];
  client: WireClient | undefined;
  #isOver = false;

  constructor(number: number) {
    this.join = joinMessage({ number });
  }

  async run(servers: readonly Listening[], first: number, onMatched: () => void): Promise<void> {
    for (let index = first; !this.#isOver; index += 1) {
      try {
        this.client = await connect(one(servers, index));
        this.client.send(this.join);
        for (;;) {
          const message = await this.client.next();
          if (message.t === 'matched') {
            this.matched = message;
            this.sessions.push(message.session);
            onMatched();
          } else if (message.t !== 'waiting') {
            break;
          }
        }
      } catch {
        // It was cut off.
      }
      this.matched = undefined;
      this.client?.socket.destroy();
    }
  }

  stop() {
    this.#isOver = true;
    // With an error, because a read that still waits must reject.
    this.client?.socket.destroy(new Error('over'));
  }
}

/** Resolves when both have the same session; then both leave it. */
async function meet(servers: readonly Listening[], number: number): Promise<readonly [Side, Side]> {
  const sides = [new Side(number), new Side(number)] as const;
  const [left, right] = sides;
  const at = randomInt(servers.length);
  const others = [at, at + 1 + randomInt(servers.length - 1)];
  let running: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve) => {
    function look() {
      if (left.matched !== undefined && left.matched.session === right.matched?.session) {
        resolve();
      }
    }
    running = Promise.all(sides.map((side, index) => side.run(servers, others[index] ?? 0, look)));
    onTestFinished(() => {
      for (const side of sides) {
        side.stop();
      }
    });
  });
  expect(new Set([left.matched?.role, right.matched?.role])).toEqual(new Set(['a', 'b']));
  expect(left.matched?.peer.nonce).toBe(right.join.nonce);
  expect(right.matched?.peer.nonce).toBe(left.join.nonce);
  for (const side of sides) {
    side.stop();
  }
  await running;
  return sides;
}

/** Starts all at once: the two sides of each pair come at the same instant, to different servers. */
function meetAll(servers: readonly Listening[], pairs: number, firstNumber: number) {
  return Promise.all(Array.from({ length: pairs }, (_, index) => meet(servers, firstNumber + index)));
}

async function serveHere(store: string): Promise<Listening> {
  const server = await serve({ port: 0, host: '127.0.0.1', store, exempt: ['127.0.0.0/8'] });
  onTestFinished(() => server.destroy());
  return server;
}

const theServers = sharedInFile(startServers);

describe('three servers of one store', () => {
  test('match 100 pairs whose sides come to different servers at the same instant, each once', async (context) => {
    const servers = await theServers(context);
    const pairs = await meetAll(servers, 100, 1000);
    // Both sides of a pair got the same session, and no two pairs did.
    const sessions = pairs.map(([left, right]) => [left.sessions, right.sessions]);
    expect(sessions).toEqual(
      pairs.map(
        ([
          {
            sessions: [session],
          },
        ]) => [[session], [session]],
      ),
    );
    expect(new Set(sessions.flat(2)).size).toBe(100);
  });

  test('give out numbers of one space, pair guests of different servers, and pass on what the two say, in order', async (context) => {
    const servers = await theServers(context);
    const openers = [];
    for (const server of servers) {
      openers.push(await openAt(server));
    }
    expect(openers.map(({ number }) => number)).toEqual([1, 2, 3]);
    const [opener] = openers;
    if (opener === undefined) {
      throw new Error('no opener');
    }
    const guest = await joinAt(one(servers, 1), { number: opener.number });
    await guest.expect('matched');
    await opener.client.expect('matched');
    const sealed = Array.from({ length: 50 }, () => base64url(40));
    for (const text of sealed) {
      guest.send({ t: 'candidate', sealed: text });
    }
    for (const text of sealed) {
      expect(await opener.client.next()).toEqual({ t: 'candidate', sealed: text });
    }
    guest.send({ t: 'round', n: 2, rttMs: 10 });
    opener.client.send({ t: 'round', n: 2, rttMs: 30 });
    expect(await guest.expect('start')).toMatchObject({ n: 2, startInMs: 10 });
    expect(await opener.client.expect('start')).toMatchObject({ n: 2, startInMs: 0 });
    guest.socket.destroy();
    expect(await opener.client.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT' });
  });

  test('lose only the connections of a killed server, which come back at another one; whoever was matched with one of its clients is told that it has left', async (context) => {
    const servers = await startServers(context);
    const killed = one(servers, 0);
    const opener = await openAt(killed);
    const matched = await openAt(killed);
    const left = await joinAt(one(servers, 1), { number: matched.number });
    await left.expect('matched');
    const matching = meetAll(servers, 60, 2000);
    killed.process.kill('SIGKILL');
    expect(await opener.client.closed).toBeDefined();
    expect(await left.expect('error')).toMatchObject({ code: 'ERR_PEER_LEFT' });
    const back = await joinAt(one(servers, 1), { ...opener.join, token: opener.token });
    await back.expect('waiting');
    const guest = await joinAt(one(servers, 2), { number: opener.number });
    expect(await guest.expect('matched')).toMatchObject({ role: 'a', peer: { nonce: opener.join.nonce } });
    expect(await back.expect('matched')).toMatchObject({ role: 'b' });
    await matching;
  });
});

describe('a store that comes back empty', () => {
  test('gets the waiting rooms again, and matches clients that came meanwhile', async (context) => {
    const redis = await redisOrSkip(context);
    // In the worker, because none of them is killed.
    const servers = await Promise.all([1, 2, 3].map(() => serveHere(redis.url)));
    const openers = await Promise.all(servers.map(openAt));
    const pair = await openAt(one(servers, 0));
    const punching = await joinAt(one(servers, 1), { number: pair.number });
    await punching.expect('matched');
    await pair.client.expect('matched');
    const matching = meetAll(servers, 60, 3000);
    await redis.kill();
    // It is said while the store is away, and must be heard once.
    punching.send({ t: 'candidate', sealed: 'AAAA' }, { t: 'round', n: 2 });
    const early = await joinAt(one(servers, 2), { number: openers[0]?.number ?? 0 });
    await redis.start();
    await early.expect('matched');
    expect(await openers[0]?.client.expect('matched')).toMatchObject({ role: 'b' });
    expect(await pair.client.next()).toEqual({ t: 'candidate', sealed: 'AAAA' });
    pair.client.send({ t: 'round', n: 2 });
    await Promise.all([pair.client.expect('start'), punching.expect('start')]);
    await matching;
    for (const [index, opener] of openers.slice(1).entries()) {
      const guest = await joinAt(one(servers, index), { number: opener.number });
      await guest.expect('matched');
      expect(await opener.client.expect('matched')).toMatchObject({ role: 'b' });
    }
    // A late guest of a number from before must not meet a stranger.
    expect((await openAt(one(servers, 0))).number).toBe(5);
  });
});
