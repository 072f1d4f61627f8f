import { EventEmitter, once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
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

/** A channel with a clock of its own, and the doubts so far. */
function watched() {
  let now = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const doubts: string[] = [];
  const health = new ChannelHealth(
    { pingAfterMs: 60_000, dueMs: 2000, suspectMs: 60_000, askAgainMs: 60_000 },
    { onPing: () => undefined, onDoubt: (doubt) => doubts.push(doubt) },
  );
  onTestFinished(() => health.stop());
  health.start();
  async function pass(ms: number) {
    now += ms;
    vi.advanceTimersByTime(ms);
    await turn();
    await turn();
  }
  return { health, doubts, pass };
}

describe('what was sent after a ping', () => {
  test.each<[string, (health: ChannelHealth) => void]>([
    ['a file', (health) => health.sentFile()],
    ['data', (health) => health.sent(10)],
    ['another ping', (health) => void health.ping()],
  ])('%s: its answer is still due when the ping is answered', async (_, send) => {
    const { health, doubts, pass } = watched();
    const ping = health.ping();
    send(health);
    await pass(100);
    health.ponged(ping);
    // What the peer says by itself answers nothing.
    for (let seconds = 0; seconds < 3; seconds += 1) {
      await pass(1000);
      health.heard();
    }
    expect(doubts).toEqual(['suspect']);
  });

  test('is due no more once it is answered, too', async () => {
    const { health, doubts, pass } = watched();
    const ping = health.ping();
    health.sent(10);
    health.sentFile();
    health.ponged(ping);
    health.acknowledged(10);
    health.acknowledgedFile(true);
    await pass(10_000);
    expect(doubts).toEqual([]);
  });

  test('and what was sent before it is answered with it', async () => {
    const { health, doubts, pass } = watched();
    health.sent(10);
    health.sentFile();
    health.ponged(health.ping());
    await pass(10_000);
    expect(doubts).toEqual([]);
  });
});
