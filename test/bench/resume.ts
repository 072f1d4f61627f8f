import type { LabDescription } from '../../source/lab/plan/description.ts';
import { createLab, type Lab } from '../../source/lab/lab.ts';
import { ordinarySite, talkIn, type Talk } from '../helpers/chats/talk.ts';
import { moveAddress, plugCable, runIn, switchApart } from '../helpers/lab/changes.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 3;
const apart: LabDescription = { sites: { alice: ordinarySite, bob: ordinarySite } };
const together: LabDescription = {
  sites: { home: { ...ordinarySite, hairpin: true, hosts: ['alice', 'bob'] } },
};

/** How long a chat takes to find its peer again, or to move to a better path, by the change of its network. */
export async function resume(): Promise<Figure[]> {
  return [
    await figure('cut of 10 s: until both are back', 3000, apart, afterCut),
    await figure('second cut while coming back: until both are back', 3000, apart, afterSecondCut),
    await figure('cable out for 10 s: until both are back', 3000, apart, afterUnplugging),
    await figure('new address: until the rendezvous is dialled', 3000, apart, afterNewAddress),
    await figure('cable between the hosts: until both use it', 4000, apart, afterNewCable),
    // The path is tried again after 5 and 10 s.
    await figure('hosts no longer kept apart: until both know', 16_000, together, afterJoining),
  ];
}

async function figure(
  name: string,
  atMost: number,
  description: LabDescription,
  measure: (talk: Talk, lab: Lab) => Promise<number>,
): Promise<Figure> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const lab = await createLab(description);
    const over = new AbortController();
    try {
      if (description === together) {
        await switchApart(lab, 'home', 'on');
      }
      const talk = await talkIn(lab, over.signal);
      times.push(await measure(talk, lab));
      talk.say(100);
      await talk.heardAll();
    } finally {
      over.abort();
      await lab.close();
    }
  }
  process.stdout.write(`      ${name}: ${times.map(Math.round).join(', ')} ms\n`);
  return { name: `${name}, ms`, value: median(times), atMost };
}

/** The time from now until both peers have had an event of that name. */
async function untilBoth({ peers }: Talk, event: string, since: number): Promise<number> {
  const lines = await Promise.all(peers.map((peer) => peer.line(event, ({ at }) => Number(at) >= since)));
  return Math.max(...lines.map(({ at }) => Number(at))) - since;
}

async function afterCut(talk: Talk, lab: Lab): Promise<number> {
  await lab.cut('alice');
  await talk.sayWithin(10_000, 700);
  await lab.restore('alice');
  return untilBoth(talk, 'resumed', Date.now());
}

async function afterSecondCut(talk: Talk, lab: Lab): Promise<number> {
  await lab.cut('alice');
  await talk.sayWithin(8000, 500);
  await lab.restore('alice');
  const restoredAt = Date.now();
  const [alice] = talk.peers;
  await Promise.race([
    alice.line('rendezvous', ({ at, state }) => Number(at) > restoredAt && state === 'matched'),
    alice.line('resumed'),
  ]);
  await lab.cut('alice');
  await talk.sayWithin(9000, 500);
  await lab.restore('alice');
  return untilBoth(talk, 'resumed', Date.now());
}

async function afterUnplugging(talk: Talk, lab: Lab): Promise<number> {
  await runIn(lab.routers['alice'], 'ip link set alice down');
  await talk.sayWithin(10_000, 700);
  await runIn(lab.routers['alice'], 'ip link set alice up');
  return untilBoth(talk, 'resumed', Date.now());
}

async function afterNewAddress({ peers: [alice] }: Talk, lab: Lab): Promise<number> {
  const since = Date.now();
  await moveAddress(lab.hosts['alice']);
  const dialled = await alice.line(
    'rendezvous',
    ({ at, state }) => Number(at) >= since && state === 'connecting',
  );
  return Number(dialled['at']) - since;
}

async function afterNewCable(talk: Talk, lab: Lab): Promise<number> {
  await plugCable(lab);
  return untilBoth(talk, 'path', Date.now());
}

async function afterJoining(talk: Talk, lab: Lab): Promise<number> {
  await switchApart(lab, 'home', 'off');
  return untilBoth(talk, 'path', Date.now());
}
