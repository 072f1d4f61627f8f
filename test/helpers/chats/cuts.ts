/** Chats whose link is cut for a while. */
import { expect, type TestContext } from 'vitest';
import { fate, startTalk, type Talk } from './talk.ts';

/**
 * A thousand messages each way: some before a cut, most while it lasts, the rest after it. The cut lasts until both
 * sides have told `event`, too, where one is named. Resolves with when it began.
 */
export async function cutFor(seconds: number, talk: Talk, event?: string): Promise<number> {
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
  return cutAt;
}

export async function finish({ say, heardAll }: Talk) {
  say(100);
  await heardAll();
}

/** A cut that lasts until both sides tell a loss, and are found when the link is back. Returns what each has told. */
export async function loseAndFind(seconds: number, context: TestContext): Promise<string[][]> {
  const talk = await startTalk(context);
  const cutAt = await cutFor(seconds, talk, 'lost');
  await Promise.all(talk.peers.map((peer) => peer.line('resumed')));
  await finish(talk);
  for (const peer of talk.peers) {
    const [lost, resumed] = fate(peer);
    expect(lost).toMatchObject({ event: 'lost', reason: expect.any(String), queued: expect.any(Number) });
    expect(resumed).toMatchObject({ event: 'resumed', path: 'direct' });
    // Data unanswered for 2 s is suspect, and lost 3 s later.
    expect(Number(lost?.['at']) - cutAt).toBeGreaterThan(4900);
    // TCP's next try may fall just behind the return: then the old channel is back first, and nothing goes out again.
    expect(resumed?.['resent']).toBeGreaterThanOrEqual(0);
  }
  return talk.peers.map((peer) => fate(peer).map(({ event }) => event));
}
