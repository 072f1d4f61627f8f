import { expect, test, vi, type TestContext } from 'vitest';
import type { Site } from '../../source/lab/description.ts';
import type { Lab } from '../../source/lab/lab.ts';
import { labOrSkip } from '../helpers/lab.ts';
import { runPunchline, type Line, type PunchlineInside } from '../helpers/punchline-inside.ts';

/** Silence is borne for five seconds before a channel counts as lost. */
const timeout = 60_000;
const site = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  line: { delayMs: 20 },
} as const;

interface Talk {
  readonly lab: Lab;
  readonly peers: readonly [PunchlineInside, PunchlineInside];
  readonly serve: () => Promise<PunchlineInside>;
  readonly server: PunchlineInside;
  /** Both say so many numbered lines more. */
  readonly say: (count: number) => void;
  /** All that was said has been heard by the other, in order and once. */
  readonly heardAll: () => Promise<void>;
}

const heard = (peer: PunchlineInside) =>
  peer.lines.filter(({ event, from }) => event === 'message' && from === 'peer').map(({ text }) => text);

const sprays = ({ lines }: PunchlineInside) =>
  lines.filter(({ event, strategy }) => event === 'plan' && strategy === 'spray').length;

const moved = ({ event }: Line) => event === 'path' || event === 'resumed';

/** Two peers behind NATs, in the middle of a talk. */
async function talk(context: TestContext, bobSite: Site = site): Promise<Talk> {
  const lab = await labOrSkip(context, { sites: { alice: site, bob: bobSite } });
  const { alice, bob, rendezvous } = lab.hosts;
  const serve = async () => {
    const server = runPunchline(rendezvous!, ['serve', '--log-level', 'silent']);
    await server.line('listening');
    return server;
  };
  const server = await serve();
  const address = rendezvous!.addresses[0]!;
  const first = runPunchline(alice!, ['chat', '--json', '--server', address]);
  const { invite } = await first.line('invite');
  const second = runPunchline(bob!, ['chat', '--json', String(invite)]);
  const peers = [first, second] as const;
  await Promise.all(peers.map((peer) => peer.line('connected')));
  let said = 0;
  const one: Talk = {
    lab,
    peers,
    serve,
    server,
    say(count) {
      for (let n = 0; n < count; n += 1) {
        said += 1;
        for (const peer of peers) peer.type(`line ${said}`);
      }
    },
    async heardAll() {
      const all = Array.from({ length: said }, (_, n) => `line ${n + 1}`);
      await vi.waitFor(() => expect(peers.map(heard)).toEqual([all, all]), {
        timeout: 30_000,
        interval: 100,
      });
    },
  };
  one.say(100);
  await one.heardAll();
  return one;
}

test.concurrent(
  'a chat goes on after a cut, within 3 s of the return of the link, and nothing is lost or said twice',
  async (context) => {
    const { lab, peers, say, heardAll } = await talk(context);
    await lab.cut('alice');
    say(100);
    await Promise.all(peers.map((peer) => peer.line('lost')));
    say(100);
    await lab.restore('alice');
    const restoredAt = Date.now();
    const resumed = await Promise.all(peers.map((peer) => peer.line('resumed')));
    for (const { at, resent, path } of resumed) {
      expect(Number(at) - restoredAt).toBeLessThan(3000);
      expect(resent).toBeGreaterThan(0);
      expect(path).toBe('direct');
    }
    say(100);
    await heardAll();
  },
  timeout,
);

test.concurrent(
  'a chat goes on when the NAT forgets its mappings and has another address',
  async (context) => {
    const { lab, peers, say, heardAll } = await talk(context);
    await lab.rebind('alice');
    say(100);
    await heardAll();
    for (const peer of peers) expect(peer.lines.filter(moved).length).toBeGreaterThan(0);
  },
  timeout,
);

test.concurrent(
  'a chat goes on though the rendezvous was killed in the cut and comes back later',
  async (context) => {
    const { lab, peers, server, serve, say, heardAll } = await talk(context);
    server.kill('SIGKILL');
    await server.exited;
    await lab.cut('bob');
    say(100);
    await Promise.all(peers.map((peer) => peer.line('lost')));
    await lab.restore('bob');
    await serve();
    await heardAll();
    say(100);
    await heardAll();
    for (const peer of peers) expect(peer.lines.some(({ event }) => event === 'ended')).toBe(false);
  },
  timeout,
);

test.concurrent(
  'a chat whose peer does not come back is given up after the time that was set',
  async (context) => {
    const lab = await labOrSkip(context, { sites: { alice: site, bob: site } });
    const { alice, bob, rendezvous } = lab.hosts;
    await runPunchline(rendezvous!, ['serve', '--log-level', 'silent']).line('listening');
    const server = ['--server', rendezvous!.addresses[0]!];
    const first = runPunchline(alice!, ['chat', '--json', '--give-up', '0.02', ...server]);
    const { invite } = await first.line('invite');
    const second = runPunchline(bob!, ['chat', '--json', String(invite)]);
    await Promise.all([first.line('connected'), second.line('connected')]);
    second.kill('SIGKILL');
    expect(await first.line('lost')).toMatchObject({ queued: 0 });
    expect(await first.line('error')).toMatchObject({ code: 'ERR_CONNECTION_LOST' });
    expect(await first.exited).toEqual({ code: 7, signal: null });
  },
  timeout,
);

test.concurrent(
  'a chat that was won by a spray does not spray again when it is lost: two bursts a session are all',
  async (context) => {
    const { lab, peers } = await talk(context, {
      ...site,
      mapping: 'address-and-port-dependent',
      ports: 'random',
    });
    const before = peers.map(sprays);
    expect(Math.min(...before)).toBeGreaterThan(0);
    // A new external address: the old channel cannot revive, and the punch is needed.
    await lab.rebind('bob');
    for (const peer of peers) peer.type('into the void');
    for (const peer of peers) {
      const lost = await peer.line('lost');
      await peer.line('attempt', (line) => Number(line['at']) > Number(lost['at']) && line['n'] === 3);
    }
    expect(peers.map(sprays)).toEqual(before);
  },
  timeout,
);
