import { expect, test, type TestContext } from 'vitest';
import type { Host } from '../../../source/lab/host.ts';
import type { Lab } from '../../../source/lab/lab.ts';
import { labOrSkip } from '../../helpers/lab/lab.ts';
import { fate, ordinarySite, startTalk, type Talk } from '../../helpers/chats/talk.ts';

const timeout = 180_000;

async function run(host: Host | undefined, command: string): Promise<void> {
  const { code, stderr } = (await host?.exec(['sh', '-ec', command])) ?? { code: 1, stderr: 'no such host' };
  expect([code, stderr]).toEqual([0, '']);
}

/** Whether the switch of the one home keeps its hosts apart, as in a hotel. */
function keepApart(lab: Lab, how: 'on' | 'off') {
  return run(
    lab.routers['home'],
    ['alice', 'bob'].map((host) => `ip link set dev ${host} type bridge_slave isolated ${how}`).join(';'),
  );
}

/** Two in one home whose switch keeps them apart: they meet at its NAT, which turns them round. */
async function talkApart(context: TestContext): Promise<Talk> {
  const lab = await labOrSkip(context, {
    sites: { home: { ...ordinarySite, hairpin: true, hosts: ['alice', 'bob'] } },
  });
  await keepApart(lab, 'on');
  return startTalk(context, { lab });
}

/** A cable between the two hosts, beside their ways to the internet. */
async function plugCable({ hosts: { alice, bob }, pid }: Lab): Promise<void> {
  await run(alice, `ip link add cable type veth peer name cable netns /proc/${pid}/root/run/netns/bob`);
  await run(alice, 'ip address add 10.9.8.1/24 dev cable; ip link set cable up');
  await run(bob, 'ip address add 10.9.8.2/24 dev cable; ip link set cable up');
}

/** It carries nothing any more, and nobody is told. */
function cutCable(lab: Lab) {
  return run(
    lab.hosts['alice'],
    'nft "add table inet cut; add chain inet cut in { type filter hook input priority 0; }; add rule inet cut in iifname cable drop"',
  );
}

function paths(talk: Talk) {
  return talk.peers.map(({ lines }) => lines.find(({ event }) => event === 'connected')?.['path']);
}

/** What became of the channels of both, in few words. */
function told(talk: Talk) {
  return talk.peers.map((peer) =>
    fate(peer).map(({ event, path, reason }) => `${event} ${String(path)}: ${String(reason)}`),
  );
}

const moved = 'path lan: the peer is on this network';

/** A thousand messages each way, most of them while `change` makes a lan of the direct path. Resolves with the ms until both have moved. */
async function talkWhile(talk: Talk, change: () => Promise<void>): Promise<number> {
  expect(paths(talk)).toEqual(['direct', 'direct']);
  const talking = talk.sayWithin(8000, 900);
  await change();
  const changedAt = Date.now();
  const moves = await Promise.all(talk.peers.map((peer) => peer.line('path')));
  await talking;
  talk.say(100);
  await talk.heardAll();
  return Math.max(...moves.map(({ at }) => Number(at))) - changedAt;
}

test.concurrent(
  'two who were kept apart in their network move there when they no longer are, and nothing is lost or said twice',
  async (context) => {
    const talk = await talkApart(context);
    // The tries come after 5 and 10 s.
    expect(await talkWhile(talk, () => keepApart(talk.lab, 'off'))).toBeLessThan(16_000);
    expect(told(talk)).toEqual([[moved], [moved]]);
  },
  timeout,
);

test.concurrent(
  'a chat moves at once to a cable that is plugged in, and nothing is lost or said twice',
  async (context) => {
    const talk = await startTalk(context);
    expect(await talkWhile(talk, () => plugCable(talk.lab))).toBeLessThan(4000);
    expect(told(talk)).toEqual([[moved], [moved]]);
  },
  timeout,
);

test.concurrent(
  'a chat that has moved falls back when its new path dies, and nothing is lost or said twice',
  async (context) => {
    const talk = await startTalk(context);
    await plugCable(talk.lab);
    await Promise.all(talk.peers.map((peer) => peer.line('path')));
    await cutCable(talk.lab);
    await talk.sayWithin(6000, 500);
    await talk.heardAll();
    for (const [first, ...more] of told(talk)) {
      expect(first).toBe(moved);
      expect(
        more.filter((line) => line.startsWith('path direct') || line.startsWith('resumed direct')),
      ).toHaveLength(1);
    }
  },
  timeout,
);

test.concurrent(
  'a chat whose peer wants no local network stays on its direct path, and neither dials the other there',
  async (context) => {
    const talk = await startTalk(context, { bobOptions: ['--no-lan'] });
    await plugCable(talk.lab);
    // Time enough for a move, as the other tests show.
    await talk.sayWithin(7000, 500);
    await talk.heardAll();
    expect(told(talk)).toEqual([[], []]);
    const dialled = talk.peers.flatMap(({ lines }) =>
      lines.filter(({ event, kind }) => event === 'attempt' && kind === 'host'),
    );
    expect(dialled).toEqual([]);
  },
  timeout,
);
