import { expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { fate, startTalk } from '../../helpers/chats/talk.ts';
import { moveAddress, runIn } from '../../helpers/lab/changes.ts';

const timeout = 180_000;

test.concurrent(
  'a chat whose host gets another address goes back at once, and does not wait for silence',
  async (context) => {
    // It pings every 25 s. The peer pings every 5 s, and tells a loss 5 s after a ping.
    const { lab, peers, say, heardAll } = await startTalk(context, { aliceOptions: ['--quiet'] });
    const [moved, other] = peers;
    say(100);
    await heardAll();
    const movedAt = Date.now();
    await moveAddress(lab.hosts['alice']);
    const first = await Promise.race([
      moved.line('rendezvous', ({ at, state }) => Number(at) > movedAt && state === 'connecting'),
      other.line('lost'),
    ]);
    expect(first).toMatchObject({ event: 'rendezvous' });
    say(100);
    await heardAll();
    // The last ack, which is what finds a lost channel, may come after the last message.
    await eventually(() => {
      for (const peer of peers) {
        expect(['path', 'resumed']).toContain(fate(peer).at(-1)?.event);
      }
    });
  },
  timeout,
);

test.concurrent(
  'a cable that is out for a second is no loss, and one that is out for ten is found when it is back',
  async (context) => {
    const { lab, peers, say, sayWithin, heardAll } = await startTalk(context);
    const router = lab.routers['alice'];
    await runIn(router, 'ip link set alice down');
    await sayWithin(1000, 100);
    await runIn(router, 'ip link set alice up');
    say(100);
    await heardAll();
    expect(peers.flatMap(fate).filter(({ event }) => event !== 'path')).toEqual([]);

    await runIn(router, 'ip link set alice down');
    await sayWithin(10_000, 700);
    await Promise.all(peers.map((peer) => peer.line('lost')));
    await runIn(router, 'ip link set alice up');
    await Promise.all(peers.map((peer) => peer.line('resumed')));
    say(100);
    await heardAll();
  },
  timeout,
);
