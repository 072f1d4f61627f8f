import { EventEmitter, once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { ChannelWatch } from '../../source/net/channel-watch.ts';

/** A watch that finds every channel suspect that has not answered for 10 ms. */
function impatientWatch() {
  const said = new EventEmitter();
  const watch = new ChannelWatch(
    { pingAfterMs: 60_000, dueMs: 10, suspectMs: 60_000 },
    {
      onPing: () => said.emit('ping'),
      onSuspect: () => said.emit('suspect'),
      onRevived: () => said.emit('revived'),
      onSilent: () => said.emit('silent'),
    },
  );
  onTestFinished(() => watch.stop());
  watch.start();
  return { said, watch };
}

test('an ack or a pong that comes after a silence is no round trip, and the next one is', async () => {
  const { said, watch } = impatientWatch();
  watch.sent(10);
  await once(said, 'suspect');
  const late = watch.ping();
  watch.acknowledged(10);
  watch.ponged(late);
  expect(watch.rttMs).toBeUndefined();
  watch.ponged(watch.ping());
  expect(watch.rttMs).toBeLessThan(10);
});
