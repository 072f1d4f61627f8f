import { EventEmitter, once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { ChannelWatch } from '../../../source/connect/session/channel-health.ts';

test('an ack or a pong after a silence measures no round trip, but the next one does', async () => {
  const said = new EventEmitter();
  // It finds a channel suspect that has not answered for 10 ms, and asks nothing by itself.
  const watch = new ChannelWatch(
    { pingAfterMs: 60_000, dueMs: 10, suspectMs: 60_000, askAgainMs: 60_000 },
    { onPing: () => undefined, onDoubt: (doubt) => said.emit(doubt) },
  );
  onTestFinished(() => watch.stop());
  watch.start();
  watch.sent(10);
  await once(said, 'suspect');
  const late = watch.ping();
  watch.acknowledged(10);
  watch.ponged(late);
  expect(watch.rttMs).toBeUndefined();
  watch.ponged(watch.ping());
  expect(watch.rttMs).toBeDefined();
});
