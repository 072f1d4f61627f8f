/** Three built servers of one store, behind a balancer, are restarted in turn while clients wait, talk and come. */
import { expect, onTestFinished, test, type TestContext } from 'vitest';
import type { RelayWish } from '../../source/protocol/relay-wish.ts';
import type { Code } from '../../source/protocol/code.ts';
import { parseInvite } from '../../source/protocol/invite.ts';
import { RecordedChat } from '../helpers/chats/recorded-chat.ts';
import { startServer, type RunningServer } from '../helpers/programs/punchline.ts';
import { startBalancer } from '../helpers/servers/balancer.ts';
import { freePort } from '../helpers/servers/free-port.ts';
import { redisOrSkip } from '../helpers/servers/redis-server.ts';

const timeout = 300_000;

/** All come from one address, and each waits in a room of its own. */
const rooms = 100;
/** Of each kind: relayed, and not relayed. */
const pairs = 4;
/** Chats that come at the same time. The key exchange of each takes this process some 100 ms. */
const atOnce = 8;
/** How often each side of a pair says a line, in ms. */
const sayEveryMs = 50;

interface Machine {
  readonly ports: readonly string[];
  server: RunningServer;
}

interface Farm {
  readonly machines: readonly Machine[];
  /** Makes a chat that comes through the balancer. */
  readonly chat: (options?: { code?: Code; relay?: RelayWish }) => RecordedChat;
  readonly restart: (machine: Machine) => Promise<void>;
}

async function startFarm(context: TestContext): Promise<Farm> {
  const { url } = await redisOrSkip(context);
  function start(ports: readonly string[]) {
    const shared = ['--store', url, '--advertise', '127.0.0.1', '--exempt', '127.0.0.0/8'];
    return startServer([...ports, ...shared]);
  }
  const machines: Machine[] = [];
  for (let n = 0; n < 3; n += 1) {
    const ports = ['--port', String(await freePort()), '--probe-port', String(await freePort())];
    machines.push({ ports, server: await start(ports) });
  }
  const port = await startBalancer(machines.map(({ server }) => server.port));
  const probePort = await freePort();
  return {
    machines,
    chat: (options = {}) => new RecordedChat({ server: { host: '127.0.0.1', port }, probePort, ...options }),
    restart: async (machine) => {
      const old = machine.server.process;
      old.kill('SIGTERM');
      expect((await old.ended()).code).toBe(0);
      machine.server = await start(machine.ports);
    },
  };
}

async function waitIn(farm: Farm, relay: RelayWish = 'auto') {
  const waiting = farm.chat({ relay });
  const { invite } = await waiting.event('invite');
  await waiting.event('rendezvous', ({ state }) => state === 'waiting');
  return { waiting, code: parseInvite(invite).code };
}

async function meet(farm: Farm, relay: RelayWish = 'auto'): Promise<readonly [RecordedChat, RecordedChat]> {
  const { waiting, code } = await waitIn(farm, relay);
  const guest = farm.chat({ code, relay });
  const both = [waiting, guest] as const;
  const met = await Promise.all(both.map((chat) => chat.event('connected')));
  expect(met.map(({ path }) => path === 'relay')).toEqual([relay === 'always', relay === 'always']);
  return both;
}

/** Both sides say numbered lines until the end. Returns what ends it, and resolves when all was heard. */
function talk(both: readonly [RecordedChat, RecordedChat]): () => Promise<void> {
  const said: string[] = [];
  const timer = setInterval(() => {
    said.push(`line ${said.length}`);
    for (const chat of both) {
      chat.say(said.at(-1) ?? '');
    }
  }, sayEveryMs);
  onTestFinished(() => clearInterval(timer));
  return async () => {
    clearInterval(timer);
    for (const chat of both) {
      await chat.event('message', ({ from, text }) => from === 'peer' && text === said.at(-1));
      expect(chat.heard).toEqual(said);
    }
  };
}

/**
 * Comes again, as a person does, if it comes to a server at the very moment at which that goes down. Resolves with the
 * chat for which `reach` has resolved.
 */
async function comeUntil(come: () => RecordedChat, reached: 'waiting' | 'connected'): Promise<RecordedChat> {
  for (;;) {
    const chat = come();
    const outcome = await chat.until(() => {
      const isThere =
        reached === 'connected'
          ? chat.all('connected').length > 0
          : chat.all('rendezvous').some(({ state }) => state === 'waiting');
      return isThere ? 'there' : chat.all('error')[0]?.code;
    });
    if (outcome === 'there') {
      return chat;
    }
    expect([outcome, await chat.end()]).toEqual([
      'ERR_RENDEZVOUS_CLOSED',
      { reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_CLOSED' },
    ]);
  }
}

/** New pairs come one after the other, until the end. Resolves with their number when the last has met. */
function comeAndGo(farm: Farm): () => Promise<number> {
  const over = new AbortController();
  async function run() {
    let count = 0;
    for (; !over.signal.aborted; count += 1) {
      const host = await comeUntil(() => farm.chat(), 'waiting');
      const { code } = parseInvite(host.all('invite')[0]?.invite ?? '');
      const guest = await comeUntil(() => farm.chat({ code }), 'connected');
      await host.event('connected');
      guest.leave();
      expect(await guest.end()).toEqual({ reason: 'quit', exit: 0 });
      expect(await host.end()).toEqual({ reason: 'peer-left', exit: 0 });
    }
    return count;
  }
  const running = run();
  running.catch(() => undefined);
  onTestFinished(() => over.abort());
  return () => {
    over.abort();
    return running;
  };
}

/** The events from which a person learns that something happened to the connection. */
function troubles({ events }: RecordedChat): string[] {
  return events
    .filter(({ event }) => ['lost', 'resumed', 'path', 'error', 'ended'].includes(event))
    .map((event) => JSON.stringify(event));
}

/** Runs `begin` for each item, for a few of them at once, and resolves with the results in their order. */
async function forEachInTurn<Item, Result>(
  items: readonly Item[],
  begin: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = items.entries();
  async function run() {
    for (const [index, item] of left) {
      results[index] = await begin(item);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, run));
  return results;
}

function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

test(
  'a restart of all servers in turn loses no waiting room and no line, and chats without a relay do not notice it',
  async (context) => {
    const farm = await startFarm(context);
    const waiting = await forEachInTurn(numbersTo(rooms), () => waitIn(farm));
    const direct = await forEachInTurn(numbersTo(pairs), () => meet(farm));
    const relayed = await forEachInTurn(numbersTo(pairs), () => meet(farm, 'always'));
    const talks = [...direct, ...relayed].map(talk);
    const comers = [1, 2].map(() => comeAndGo(farm));

    for (const machine of farm.machines) {
      await farm.restart(machine);
    }
    for (const count of await Promise.all(comers.map((stop) => stop()))) {
      expect(count).toBeGreaterThan(0);
    }
    // Each was sent away at least once, and came back to its room with the same invite.
    for (const { waiting: host } of waiting) {
      expect(host.all('rendezvous').map(({ state }) => state)).toContain('closed');
      expect(host.all('invite')).toHaveLength(1);
    }
    await forEachInTurn(waiting, async ({ waiting: host, code }) => {
      const guest = farm.chat({ code });
      await Promise.all([guest, host].map((chat) => chat.event('connected')));
      guest.say('hello');
      await host.event('message', ({ from, text }) => from === 'peer' && text === 'hello');
      expect([...troubles(guest), ...troubles(host)]).toEqual([]);
    });
    for (const end of talks) {
      await end();
    }
    for (const chat of direct.flat()) {
      expect(troubles(chat)).toEqual([]);
    }
    // Each was relayed by one of the servers, and moved to another one.
    for (const chat of relayed.flat()) {
      const moves = chat.all('resumed').length;
      expect(moves).toBeGreaterThan(0);
      expect(troubles(chat).map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(
        numbersTo(moves).flatMap(() => ['lost', 'resumed']),
      );
    }
  },
  timeout,
);
