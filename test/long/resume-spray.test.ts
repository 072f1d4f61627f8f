import { expect, test } from 'vitest';
import type { Line } from '../../source/lab/program.ts';
import type { PunchlineInside } from '../helpers/lab/punchline-inside.ts';
import { ordinarySite, startTalk } from '../helpers/chats/talk.ts';

/** One burst in fifty does not hit, and the next ones are due half a minute later. */
const timeout = 120_000;

const randomSite = { ...ordinarySite, mapping: 'address-and-port-dependent', ports: 'random' } as const;

/** Tells that one side bursts, or fans out to meet a burst. */
function isSpray({ event, strategy }: Line) {
  return event === 'plan' && strategy === 'spray';
}
function sprays({ lines }: PunchlineInside) {
  return lines.filter(isSpray).length;
}

test.concurrent(
  'a chat that only a spray can find is found again when its NATs have forgotten it',
  async (context) => {
    const { lab, peers, say, heardAll } = await startTalk(context, {
      bobSite: randomSite,
      options: ['--no-relay'],
    });
    await lab.cut('bob');
    say(100);
    await Promise.all(peers.map((peer) => peer.line('lost')));
    for (const site of ['alice', 'bob']) {
      await lab.rebind(site, { keepAddress: true });
    }
    const before = peers.map(sprays);
    await lab.restore('bob');
    await Promise.all(peers.map((peer) => peer.line('resumed')));
    await heardAll();
    for (const [n, peer] of peers.entries()) {
      expect(sprays(peer)).toBeGreaterThan(before[n]!);
    }
  },
  timeout,
);

test.concurrent(
  'a chat that cannot be found again sprays each way at most twice within half a minute',
  async (context) => {
    const { lab, peers } = await startTalk(context, { bobSite: randomSite, options: ['--no-relay'] });
    // The rendezvous can be reached, but the two peers cannot reach each other.
    const shut = `add table ip shut; add chain ip shut ways { type filter hook forward priority 0; };
      add rule ip shut ways iifname alice oifname bob drop;
      add rule ip shut ways iifname bob oifname alice drop;`;
    expect(await lab.routers['internet']!.exec(['nft', shut])).toMatchObject({ code: 0 });
    for (const peer of peers) {
      peer.type('into the void');
    }
    for (const peer of peers) {
      const lost = await peer.line('lost');
      // Three times they meet and fail to punch, three rounds each.
      for (let met = Number(lost['at']), time = 0; time < 3; time += 1) {
        function isLast({ at, n, of, outcome }: Line) {
          return Number(at) > met && n === 3 && of === 3 && outcome !== 'started';
        }
        met = Number((await peer.line('attempt', isLast))['at']);
      }
      // A burst of its own has more dials than a fan for a burst of the other side.
      const ways = Map.groupBy(peer.lines.filter(isSpray), ({ dials }) => dials);
      expect(ways.size).toBeGreaterThan(0);
      for (const [first, ...more] of ways.values()) {
        expect(more.filter(({ at }) => Number(at) < Number(first!['at']) + 29_000).length).toBeLessThan(2);
      }
    }
  },
  timeout,
);
