/** Chats in which one side, or both, says nothing for long. They wait at the same time. */
import { setTimeout as elapse } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { fate, ordinarySite, startTalk, talkIn } from '../helpers/chats/talk.ts';

/** More than twice the time after which the NAT forgets. */
const IDLE_MS = 65_000;
const timeout = 180_000;

test.concurrent(
  'a chat in which nobody speaks outlives NATs that forget after 30 s, by pings of 5 s, and by pings of 25 s',
  async (context) => {
    const site = { ...ordinarySite, idleSeconds: 30 };
    const often = await startTalk(context, { aliceSite: site, bobSite: site });
    const seldom = await talkIn(often.lab, context.signal, { options: ['--quiet'] }, often.server);
    await elapse(IDLE_MS);
    for (const talk of [often, seldom]) {
      talk.say(1);
    }
    for (const talk of [often, seldom]) {
      await talk.heardAll();
      expect(talk.peers.map(fate)).toEqual([[], []]);
    }
  },
  timeout,
);

test.concurrent(
  'a chat goes on with a peer that was stopped for 30 s, with a thousand messages each way',
  async (context) => {
    const { peers, say, sayWithin, heardAll } = await startTalk(context);
    const [running, stopped] = peers;
    say(100);
    await heardAll();
    stopped.kill('SIGSTOP');
    await sayWithin(30_000, 800);
    expect(fate(running).map(({ event }) => event)).toEqual(['lost']);
    stopped.kill('SIGCONT');
    await running.line('resumed');
    say(100);
    await heardAll();
    expect(fate(running).map(({ event }) => event)).toEqual(['lost', 'resumed']);
    // The wrapper of a program that was stopped sees it leave, too.
    stopped.endInput();
    expect(await Promise.all(peers.map(({ exited }) => exited))).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
  },
  timeout,
);
