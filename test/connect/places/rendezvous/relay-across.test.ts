import { once } from 'node:events';
import { expect, test, type TestContext } from 'vitest';
import type { Host } from '../../../../source/lab/host.ts';
import { labOrSkip } from '../../../helpers/lab/lab.ts';
import { runPunchline, type PunchlineInside } from '../../../helpers/lab/punchline-inside.ts';
import { missingRedis } from '../../../helpers/servers/redis-server.ts';
import { skipWithout } from '../../../helpers/skip-without.ts';
import { ordinarySite } from '../../../helpers/chats/talk.ts';

const timeout = 180_000;

const randomSite = { ...ordinarySite, mapping: 'address-and-port-dependent', ports: 'random' } as const;

async function startStore(host: Host): Promise<string> {
  const redis = host.spawn(['redis-server', '--port', '6379', '--bind', '127.0.0.1', '--save', '']);
  let said = '';
  while (!said.includes('Ready to accept connections')) {
    const [chunk] = (await once(redis.stdout, 'data')) as [Buffer];
    said += String(chunk);
  }
  return 'redis://127.0.0.1:6379';
}

/** Two servers on one host that share a store, and at each of them a chat that cannot be punched. */
async function startApart(context: TestContext) {
  const reason = missingRedis();
  if (reason !== undefined) {
    return skipWithout(context, reason);
  }
  const lab = await labOrSkip(context, { sites: { alice: randomSite, bob: randomSite } });
  const { alice, bob, rendezvous } = lab.hosts;
  const store = await startStore(rendezvous!);
  const address = rendezvous!.addresses[0]!;
  const ports = [8877, 8887] as const;
  await Promise.all(
    ports.map(async (port) => {
      const options = ['--port', String(port), '--probe-port', String(port + 1), '--store', store];
      const server = runPunchline(rendezvous!, [
        'serve',
        '--log-level',
        'silent',
        '--advertise',
        address,
        ...options,
      ]);
      await server.line('listening');
    }),
  );
  function chat(host: Host, port: number) {
    return runPunchline(host, [
      'chat',
      '--json',
      '--server',
      `${address}:${port}`,
      '--code',
      '4711-velvet-orbit',
    ]);
  }
  const first = chat(alice!, ports[0]);
  await first.line('rendezvous', ({ state }) => state === 'waiting');
  const peers = [first, chat(bob!, ports[1])] as const;
  return { address, ports, peers };
}

function heard({ lines }: PunchlineInside) {
  return lines.filter(({ event, from }) => event === 'message' && from === 'peer').map(({ text }) => text);
}

test(
  'two behind NATs with random ports, at different servers, talk through one of them',
  async (context) => {
    const { address, ports, peers } = await startApart(context);
    for (const peer of peers) {
      const connected = await peer.line('connected');
      // The server of the peer that came second.
      expect(connected).toMatchObject({ path: 'relay', remote: { address, port: ports[1] } });
    }
    const said = Array.from({ length: 1000 }, (_, n) => `line ${n}`);
    for (const text of said) {
      for (const peer of peers) {
        peer.type(text);
      }
    }
    for (const peer of peers) {
      await peer.line('message', ({ from, text }) => from === 'peer' && text === said.at(-1));
      expect(heard(peer)).toEqual(said);
      expect(peer.lines.filter(({ event }) => ['lost', 'path', 'error'].includes(event))).toEqual([]);
    }
  },
  timeout,
);
