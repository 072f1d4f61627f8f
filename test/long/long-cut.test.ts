/** The same as in test/connect/reconnect/resume-cut.test.ts, after which TCP tries only every half a minute. */
import { expect, test } from 'vitest';
import { loseAndFind } from '../helpers/chats/cuts.ts';

test('a cut of 40 s is told lost, and found when the link is back, with a thousand messages each way', async (context) => {
  expect(await loseAndFind(40, context)).toEqual([
    ['lost', 'resumed'],
    ['lost', 'resumed'],
  ]);
}, 180_000);
