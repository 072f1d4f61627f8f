import { expect, test, vi, type TestContext } from 'vitest';
import type { Host } from '../../source/lab/host.ts';
import type { Lab } from '../../source/lab/lab.ts';
import { labOrSkip } from '../helpers/lab.ts';
import { runPunchline, type PunchlineInside } from '../helpers/punchline-inside.ts';

/** The addresses of a machine are looked at every 5 s, and the first try to find a better path comes after 5 s. */
const timeout = 60_000;
const ordinary = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  line: { delayMs: 20 },
} as const;

const texts = (peer: PunchlineInside) =>
  peer.lines.filter(({ event, from }) => event === 'message' && from === 'peer').map(({ text }) => text);

const told = (peer: PunchlineInside, event: string) => peer.lines.filter((line) => line.event === event);

/** Two chats that are connected directly. */
async function directChats(lab: Lab, args: readonly string[] = []) {
  const { alice, bob, rendezvous } = lab.hosts as Record<'alice' | 'bob' | 'rendezvous', Host>;
  await runPunchline(rendezvous, ['serve', '--log-level', 'silent']).line('listening');
  const first = runPunchline(alice, ['chat', '--json', '--server', rendezvous.addresses[0]!, ...args]);
  const { invite } = await first.line('invite');
  const second = runPunchline(bob, ['chat', '--json', String(invite), ...args]);
  const peers = [first, second] as const;
  for (const peer of peers) expect(await peer.line('connected')).toMatchObject({ path: 'direct' });
  return { alice, bob, peers };
}

/** Types numbered lines on both sides, a few each turn, while `during` runs and until there were so many. */
async function talkThrough(
  peers: readonly PunchlineInside[],
  count: number,
  during: () => Promise<void>,
): Promise<void> {
  const moving = during();
  let isMoving = true;
  void moving.finally(() => {
    isMoving = false;
  });
  let said = 0;
  while (said < count) {
    // Half of them are kept for what comes after the move.
    if (!isMoving || said < count / 2) {
      said += 1;
      for (const peer of peers) peer.type(`line ${said}`);
    }
    // As fast as the chats have heard them: there are always some under way.
    await vi.waitFor(
      () => expect(Math.min(...peers.map((peer) => texts(peer).length))).toBeGreaterThan(said - 20),
      {
        timeout: 20_000,
        interval: 5,
      },
    );
    if (isMoving && said >= count / 2) await moving;
  }
  await moving;
  const all = Array.from({ length: count }, (_, n) => `line ${n + 1}`);
  await vi.waitFor(() => expect(peers.map(texts)).toEqual([all, all]), { timeout: 20_000, interval: 50 });
}

/** Whether the switch of a site's network keeps its hosts apart, as in a hotel. */
async function isolate(lab: Lab, on: boolean): Promise<void> {
  for (const device of ['alice', 'bob']) {
    const { code, stderr } = await lab.routers['home']!.exec([
      'ip',
      'link',
      'set',
      'dev',
      device,
      'type',
      'bridge_slave',
      'isolated',
      on ? 'on' : 'off',
    ]);
    if (code !== 0) throw new Error(stderr);
  }
}

const oneHome = (context: TestContext) =>
  labOrSkip(context, { sites: { home: { ...ordinary, hairpin: true, hosts: ['alice', 'bob'] } } });

test.concurrent(
  'two who were kept apart in their network move there when they no longer are, and nothing is lost or said twice',
  async (context) => {
    const lab = await oneHome(context);
    await isolate(lab, true);
    const { bob, peers } = await directChats(lab);
    await talkThrough(peers, 1000, async () => {
      await isolate(lab, false);
      const moved = await Promise.all(peers.map((peer) => peer.line('path')));
      expect(moved.map(({ path }) => path)).toEqual(['lan', 'lan']);
      expect(moved[0]).toMatchObject({ remote: { address: bob.addresses[0] } });
    });
    for (const peer of peers) {
      expect([told(peer, 'path').length, told(peer, 'lost'), told(peer, 'resumed')]).toEqual([1, [], []]);
    }
  },
  timeout,
);
