import { setTimeout as elapse } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { fate, ordinarySite, startTalk } from '../../helpers/chats/talk.ts';

/** More than twice the time after which the NAT forgets. */
const IDLE_MS = 65_000;
const timeout = 180_000;

test.concurrent.for([
  ['pings of 5 s', []],
  ['pings of 25 s', ['--quiet']],
] as const)(
  'a chat in which nobody speaks outlives NATs that forget after 30 s, by %s',
  { timeout },
  async ([, options], context) => {
    const site = { ...ordinarySite, idleSeconds: 30 };
    const talk = await startTalk(context, { aliceSite: site, bobSite: site, options });
    await elapse(IDLE_MS);
    talk.say(1);
    await talk.heardAll();
    expect(talk.peers.map(fate)).toEqual([[], []]);
  },
);
