import { expect, test } from 'vitest';
import { fate, startTalk } from '../helpers/chats/talk.ts';
import { makeLabs } from '../helpers/lab/make-labs.ts';

const count = 20;

test('twenty labs stand side by side, and a chat in each of them survives a cut', async (context) => {
  const talks = await Promise.all(Array.from({ length: count }, () => startTalk(context)));
  await Promise.all(
    talks.map(async ({ lab, peers, say, heardAll }) => {
      say(20);
      await heardAll();
      await lab.cut('alice');
      say(20);
      await Promise.all(peers.map((peer) => peer.line('lost')));
      await lab.restore('alice');
      await Promise.all(peers.map((peer) => peer.line('resumed')));
      say(20);
      await heardAll();
      for (const peer of peers) {
        expect(fate(peer).map(({ event }) => event)).not.toContain('error');
      }
    }),
  );
});

test('twenty labs one after the other leave nothing', async (context) => {
  const { after, before } = await makeLabs(context, count);
  expect(after).toEqual(before);
  expect(after).toMatchObject({ namespaces: '', sockets: [] });
});
