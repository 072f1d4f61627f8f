import { expect, test } from 'vitest';
import type { Host } from '../../../source/lab/host.ts';
import { eventually } from '../../helpers/eventually.ts';
import { fate, startTalk } from '../../helpers/chats/talk.ts';

const timeout = 180_000;

async function run(host: Host, command: string): Promise<void> {
  const { code, stderr } = await host.exec(['sh', '-ec', command]);
  expect([code, stderr]).toEqual([0, '']);
}

test.concurrent(
  'a chat whose host gets another address goes back at once, and does not wait for silence',
  async (context) => {
    const { lab, peers, say, heardAll } = await startTalk(context);
    const [moved] = peers;
    const host = lab.hosts['alice']!;
    const [old] = host.addresses;
    const network = old!.slice(0, old!.lastIndexOf('.'));
    say(100);
    await heardAll();
    const movedAt = Date.now();
    await run(
      host,
      `ip address flush dev eth0; ip address add ${network}.77/24 dev eth0; ip route add default via ${network}.1`,
    );
    const search = await moved.line(
      'rendezvous',
      ({ at, state }) => Number(at) > movedAt && state === 'connecting',
    );
    // A ping would have left after 5 s, and been missed after 7.
    expect(Number(search['at']) - movedAt).toBeLessThan(6500);
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
  'a cable that is out for a second is no loss, and one that is out for ten is found within 3 s of its return',
  async (context) => {
    const { lab, peers, say, sayWithin, heardAll } = await startTalk(context);
    const router = lab.routers['alice']!;
    await run(router, 'ip link set alice down');
    await sayWithin(1000, 100);
    await run(router, 'ip link set alice up');
    say(100);
    await heardAll();
    expect(peers.flatMap(fate).filter(({ event }) => event !== 'path')).toEqual([]);

    await run(router, 'ip link set alice down');
    await sayWithin(10_000, 700);
    expect(peers.map((peer) => peer.lines.some(({ event }) => event === 'lost'))).toEqual([true, true]);
    await run(router, 'ip link set alice up');
    const pluggedInAt = Date.now();
    for (const peer of peers) {
      const { at } = await peer.line('resumed');
      expect(Number(at) - pluggedInAt).toBeLessThan(3000);
    }
    say(100);
    await heardAll();
  },
  timeout,
);
