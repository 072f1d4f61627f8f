import { expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import type { PunchlineInside } from '../../helpers/lab/punchline-inside.ts';
import type { Line } from '../../../source/lab/program.ts';
import { fate, startTalk } from '../../helpers/chats/talk.ts';

/** A channel counts as lost after five seconds of silence. A server that does not answer is tried for longer. */
const timeout = 180_000;

function moved({ event }: Line) {
  return event === 'path' || event === 'resumed';
}

function searches({ lines }: PunchlineInside) {
  return lines.filter(({ event, state }) => event === 'rendezvous' && state === 'connecting');
}

test.concurrent(
  'a chat goes on when the NAT forgets its mappings and keeps its address, and when it has another address, with a thousand messages each way',
  async (context) => {
    const { lab, peers, say, heardAll } = await startTalk(context);
    say(100);
    await heardAll();
    for (const [index, keepAddress] of [true, false].entries()) {
      await lab.rebind('alice', { keepAddress });
      say(800);
      await heardAll();
      for (const peer of peers) {
        expect(fate(peer).filter(moved)).toHaveLength(index + 1);
      }
      say(100);
      await heardAll();
      for (const peer of peers) {
        expect(fate(peer).filter(moved)).toHaveLength(index + 1);
      }
    }
  },
  timeout,
);

test.concurrent(
  'a chat does not notice that the rendezvous is killed, and tries again and again when it needs it to reconnect',
  async (context) => {
    const { lab, peers, server, serve, say, heardAll } = await startTalk(context);
    server.kill('SIGKILL');
    await server.exited;
    say(300);
    await heardAll();
    expect(peers.map(fate)).toEqual([[], []]);
    await lab.cut('bob');
    say(300);
    await Promise.all(peers.map((peer) => peer.line('lost')));
    // The old channel cannot come back by itself.
    await lab.rebind('bob');
    await lab.restore('bob');
    say(300);
    await eventually(() =>
      expect(Math.min(...peers.map((peer) => searches(peer).length))).toBeGreaterThan(5),
    );
    await serve();
    const resumed = await Promise.all(peers.map((peer) => peer.line('resumed')));
    for (const { resent } of resumed) {
      expect(resent).toBeGreaterThan(0);
    }
    say(100);
    await heardAll();
    for (const peer of peers) {
      expect(fate(peer).map(({ event }) => event)).toEqual(['lost', 'resumed']);
      const times = searches(peer).map(({ at }) => Number(at));
      const gaps = times.slice(1).map((at, index) => at - times[index]!);
      // Half a second at least, even if a refusal comes at once.
      expect(Math.min(...gaps.slice(1))).toBeGreaterThan(450);
    }
  },
  timeout,
);

test.concurrent(
  'a chat whose peer does not come back is given up after the time that was set, and heartbeats that wait do not count as queued messages',
  async (context) => {
    const { lab, peers } = await startTalk(context, {
      options: ['--heartbeat=0.1'],
      aliceOptions: ['--give-up', '0.02'],
    });
    await lab.cut('bob');
    for (const lost of await Promise.all(peers.map((peer) => peer.line('lost')))) {
      expect(lost).toMatchObject({ queued: 0 });
    }
    const [alice] = peers;
    expect(await alice.line('error')).toMatchObject({ code: 'ERR_CONNECTION_LOST' });
    expect(await alice.exited).toEqual({ code: 7, signal: null });
  },
  timeout,
);
