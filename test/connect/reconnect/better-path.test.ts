import { expect, test, type TestContext } from 'vitest';
import type { Lab } from '../../../source/lab/lab.ts';
import { plugCable, runIn, switchApart } from '../../helpers/lab/changes.ts';
import { labOrSkip } from '../../helpers/lab/lab.ts';
import { fate, ordinarySite, startTalk, type Talk } from '../../helpers/chats/talk.ts';

const timeout = 180_000;

/** Two peers in one home whose switch keeps them apart. They meet at the NAT, which hairpins. */
async function talkApart(context: TestContext): Promise<Talk> {
  const lab = await labOrSkip(context, {
    sites: { home: { ...ordinarySite, hairpin: true, hosts: ['alice', 'bob'] } },
  });
  await switchApart(lab, 'home', 'on');
  return startTalk(context, { lab });
}

/** The cable carries nothing any more, and no host notices. */
function cutCable(lab: Lab) {
  return runIn(
    lab.hosts['alice'],
    'nft "add table inet cut; add chain inet cut in { type filter hook input priority 0; }; add rule inet cut in iifname cable drop"',
  );
}

function paths(talk: Talk) {
  return talk.peers.map(({ lines }) => lines.find(({ event }) => event === 'connected')?.['path']);
}

/** What became of the channels of both peers, in short. */
function told(talk: Talk) {
  return talk.peers.map((peer) =>
    fate(peer).map(({ event, path, reason }) => `${event} ${String(path)}: ${String(reason)}`),
  );
}

const moved = 'path lan: the peer is on this network';

/** A thousand messages each way, most of them while `change` makes a lan of the direct path. Resolves when both have moved. */
async function talkWhile(talk: Talk, change: () => Promise<void>): Promise<void> {
  expect(paths(talk)).toEqual(['direct', 'direct']);
  const talking = talk.sayWithin(8000, 900);
  await change();
  await Promise.all(talk.peers.map((peer) => peer.line('path')));
  await talking;
  talk.say(100);
  await talk.heardAll();
}

test.concurrent(
  'two peers that are kept apart in their network move there when they no longer are, and nothing is lost or said twice',
  async (context) => {
    const talk = await talkApart(context);
    await talkWhile(talk, () => switchApart(talk.lab, 'home', 'off'));
    expect(told(talk)).toEqual([[moved], [moved]]);
  },
  timeout,
);

test.concurrent(
  'a chat moves at once to a cable that is plugged in, and nothing is lost or said twice',
  async (context) => {
    const talk = await startTalk(context);
    await talkWhile(talk, () => plugCable(talk.lab));
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
    // That is enough time for a move, as the other tests show.
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
