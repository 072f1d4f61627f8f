import { expect, test, type TestContext } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { fate, startTalk, type Talk } from '../../helpers/chats/talk.ts';

/** The longest cut, and the time before and after it. */
const timeout = 180_000;

/**
 * A thousand messages each way: some before a cut, most while it lasts, the rest after it. The cut lasts until both
 * sides have told `event`, too, where one is named.
 */
async function cutFor(seconds: number, context: TestContext, event?: string) {
  const talk = await startTalk(context);
  talk.say(100);
  await talk.heardAll();
  // The link is cut at some time between this and the end of the command.
  const cutAt = Date.now();
  await talk.lab.cut('alice');
  await talk.sayWithin(seconds * 1000, 700);
  if (event !== undefined) {
    await Promise.all(talk.peers.map((peer) => peer.line(event)));
  }
  await talk.lab.restore('alice');
  await talk.sayWithin(500, 100);
  return { talk, cutAt };
}

async function finish({ say, heardAll }: Talk) {
  say(100);
  await heardAll();
}

test.concurrent(
  'a cut of 1 s is no loss: a thousand messages each way arrive once and in order',
  async (context) => {
    const { talk } = await cutFor(1, context);
    await finish(talk);
    // If TCP comes back late, another channel may be there first.
    expect(talk.peers.flatMap(fate).filter(({ event }) => event !== 'path')).toEqual([]);
  },
  timeout,
);

test.concurrent(
  'a cut of 5 s loses no message, and a channel that is told lost is told found',
  async (context) => {
    const { talk } = await cutFor(5, context);
    await finish(talk);
    for (const peer of talk.peers) {
      // The last ack, which is what finds a lost channel, may come after the last message.
      await eventually(() => {
        const told = fate(peer).flatMap(({ event }) => (event === 'path' ? [] : [event]));
        expect(told.filter((_, n) => n % 2 === 1)).toEqual(Array(told.length / 2).fill('resumed'));
        expect(told.filter((_, n) => n % 2 === 0)).toEqual(Array(told.length / 2).fill('lost'));
      });
    }
  },
  timeout,
);

test.concurrent.for([10, 40])(
  'a cut of %i s is told lost, and found when the link is back, with a thousand messages each way',
  { timeout },
  async (seconds, context) => {
    const { talk, cutAt } = await cutFor(seconds, context, 'lost');
    await Promise.all(talk.peers.map((peer) => peer.line('resumed')));
    await finish(talk);
    for (const peer of talk.peers) {
      const [lost, resumed, ...more] = fate(peer);
      expect(more).toEqual([]);
      expect(lost).toMatchObject({ event: 'lost', reason: expect.any(String), queued: expect.any(Number) });
      expect(resumed).toMatchObject({ event: 'resumed', path: 'direct' });
      // Data unanswered for 2 s is suspect, and lost 3 s later.
      expect(Number(lost?.['at']) - cutAt).toBeGreaterThan(4900);
      // TCP's next try may fall just behind the return: then the old channel is back first, and nothing goes out again.
      expect(resumed?.['resent']).toBeGreaterThanOrEqual(0);
    }
  },
);

test.concurrent(
  'a link that is cut again in the middle of the way back is found after its second return',
  async (context) => {
    const { lab, peers, say, sayWithin, heardAll } = await startTalk(context);
    await lab.cut('alice');
    await sayWithin(8000, 500);
    await lab.restore('alice');
    const restoredAt = Date.now();
    // TCP's next try may fall just behind the return: then the old channel is back, and nobody is matched.
    await Promise.race([
      peers[0].line('rendezvous', ({ at, state }) => Number(at) > restoredAt && state === 'matched'),
      peers[0].line('resumed'),
    ]);
    await lab.cut('alice');
    await sayWithin(9000, 500);
    await lab.restore('alice');
    say(100);
    await heardAll();
    for (const peer of peers) {
      // The last ack, which is what finds a lost channel, may come after the last message. A move to a better path may
      // follow, and is no loss.
      await eventually(() => {
        const moves = fate(peer).filter(({ event }) => event !== 'path');
        expect(moves.at(-1)?.event).toBe('resumed');
      });
    }
  },
  timeout,
);
