import { EventEmitter, once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { ChannelHealth } from '../../../source/connect/session/channel-health.ts';

test('an ack or a pong after a silence measures no round trip, but the next one does', async () => {
  const said = new EventEmitter();
  // A channel is suspect when it has not answered for 10 ms, and no ping is sent by itself.
  const health = new ChannelHealth(
    { pingAfterMs: 60_000, dueMs: 10, suspectMs: 60_000, askAgainMs: 60_000 },
    { onPing: () => undefined, onDoubt: (doubt) => said.emit(doubt) },
  );
  onTestFinished(() => health.stop());
  health.start();
  health.sent(10);
  await once(said, 'suspect');
  const late = health.ping();
  health.acknowledged(10);
  health.ponged(late);
  expect(health.rttMs).toBeUndefined();
  health.ponged(health.ping());
  expect(health.rttMs).toBeDefined();
});
