import { expect, test } from 'vitest';
import type { Host } from '../../../../source/lab/host.ts';
import type { PunchlineInside } from '../../../helpers/lab/punchline-inside.ts';
import type { Line } from '../../../../source/lab/program.ts';
import { fate, ordinarySite, startTalk } from '../../../helpers/chats/talk.ts';

const timeout = 180_000;

const randomSite = { ...ordinarySite, mapping: 'address-and-port-dependent', ports: 'random' } as const;

function connectedOf({ lines }: PunchlineInside): Line | undefined {
  return lines.find(({ event }) => event === 'connected');
}

function pathsOf(peers: readonly PunchlineInside[]) {
  return peers.map((peer) => [connectedOf(peer), ...fate(peer)].map((line) => line?.['path']));
}

async function nft(router: Host | undefined, rules: string): Promise<void> {
  expect(await router?.exec(['nft', rules])).toMatchObject({ code: 0 });
}

const shut = `add table ip shut; add chain ip shut ways { type filter hook forward priority 0; };
  add rule ip shut ways iifname alice oifname bob drop; add rule ip shut ways iifname bob oifname alice drop;`;
const opened = 'delete table ip shut';

test.concurrent(
  'two behind NATs with random ports talk through the relay, are lost when it is killed, and resumed when there is one again',
  async (context) => {
    const { lab, peers, server, serve, say, heardAll } = await startTalk(context, {
      aliceSite: randomSite,
      bobSite: randomSite,
    });
    const [address] = lab.hosts['rendezvous']!.addresses;
    for (const peer of peers) {
      const connected = connectedOf(peer);
      expect(connected).toMatchObject({ path: 'relay', remote: { address, port: 8877 } });
      expect(peer.lines.filter(({ event }) => event === 'relay')).toMatchObject([
        {
          state: 'asked',
          // The second, where the machine is so busy that the peer's word on its NAT comes late.
          reason: expect.stringMatching(
            /^no direct connection (is possible: neither port can be guessed|within \d+ s)$/,
          ),
        },
      ]);
    }
    say(300);
    await heardAll();
    expect(peers.map(fate)).toEqual([[], []]);
    server.kill('SIGKILL');
    await server.exited;
    for (const peer of peers) {
      await peer.line('lost');
    }
    say(100);
    await serve();
    for (const peer of peers) {
      expect(await peer.line('resumed')).toMatchObject({ path: 'relay' });
    }
    await heardAll();
  },
  timeout,
);

test.concurrent(
  'a direct path that becomes possible in mid-conversation is taken, and nothing is lost or said twice',
  async (context) => {
    const { lab, peers, say, sayWithin, heardAll } = await startTalk(context, {
      aliceSite: randomSite,
      bobSite: randomSite,
    });
    const talking = sayWithin(12_000, 900);
    await lab.change('bob', { mapping: 'endpoint-independent', ports: 'preserved' });
    await lab.change('alice', { mapping: 'endpoint-independent', ports: 'preserved' });
    await Promise.all(peers.map((peer) => peer.line('path')));
    await talking;
    say(100);
    await heardAll();
    expect(peers.map(fate)).toMatchObject(
      Array.from({ length: 2 }, () => [
        { event: 'path', path: 'direct', reason: 'a direct connection has become possible' },
      ]),
    );
  },
  timeout,
);

test.concurrent(
  'two NATs that count are found behind the relay, too',
  async (context) => {
    const { lab, peers, say, heardAll } = await startTalk(context, {
      aliceSite: randomSite,
      bobSite: randomSite,
    });
    for (const site of ['alice', 'bob']) {
      await lab.change(site, { ports: 'sequential' });
    }
    await Promise.all(peers.map((peer) => peer.line('path')));
    say(100);
    await heardAll();
    expect(pathsOf(peers)).toEqual([
      ['relay', 'direct'],
      ['relay', 'direct'],
    ]);
  },
  timeout,
);

test.concurrent(
  'a chat whose direct path dies falls back to the relay, and leaves it when the path is there again',
  async (context) => {
    const { lab, peers, say, sayWithin, heardAll } = await startTalk(context);
    await nft(lab.routers['internet'], shut);
    const talking = sayWithin(10_000, 500);
    for (const peer of peers) {
      await peer.line('resumed', ({ path }) => path === 'relay');
    }
    await nft(lab.routers['internet'], opened);
    for (const peer of peers) {
      await peer.line('path', ({ path }) => path === 'direct');
    }
    await talking;
    say(100);
    await heardAll();
    expect(peers.map((peer) => fate(peer).map(({ event }) => event))).toEqual([
      ['lost', 'resumed', 'path'],
      ['lost', 'resumed', 'path'],
    ]);
  },
  timeout,
);
