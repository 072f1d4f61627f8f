import { expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { cutFor, finish, loseAndFind } from '../../helpers/chats/cuts.ts';
import { fate, startTalk } from '../../helpers/chats/talk.ts';

/** The longest cut, and the time before and after it. */
const timeout = 180_000;

test.concurrent(
  'after cuts of 1 s and of 5 s a channel that is told lost is told found: with a thousand messages each way in each, they arrive once and in order',
  async (context) => {
    const talk = await startTalk(context);
    // suspicion.test.ts has how long a silence is no loss. Here a busy machine may make it longer.
    await cutFor(1, talk);
    await finish(talk);
    await cutFor(5, talk);
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

test.concurrent(
  'a cut of 10 s is told lost, and found when the link is back, with a thousand messages each way',
  async (context) => {
    expect(await loseAndFind(10, context)).toEqual([
      ['lost', 'resumed'],
      ['lost', 'resumed'],
    ]);
  },
  timeout,
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
