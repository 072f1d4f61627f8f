import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fan } from '../../../source/connect/punch/spray.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';
import { WireClient } from '../../helpers/servers/wire-client.ts';

/** Counts the sockets that this process dials from now on. */
function countDials(): () => number {
  let dials = 0;
  function count() {
    return void (dials += 1);
  }
  subscribe('net.client.socket', count);
  onTestFinished(() => void unsubscribe('net.client.socket', count));
  return () => dials;
}

test('a fan that is refused dials again and again, and never more than 2,048 times', async () => {
  expectNothingLeft();
  // The clock stands still, because on a busy machine the first dials alone take longer than 400 ms.
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  onTestFinished(() => clock.mockRestore());
  const over = new AbortController();
  onTestFinished(() => over.abort());
  // A port from which a connection was dialled is nobody else's: none of the fan's listeners comes to stand there.
  const { socket, port } = await WireClient.connect((await startRawServer()).port);
  onTestFinished(() => void socket.destroy());
  const dials = countDials();
  const results = fan({
    to: { address: '127.0.0.1', port },
    family: 4,
    patienceMs: 3000,
    onSocket: (one) => one.destroy(),
    signal: over.signal,
  });
  expect(results).toHaveLength(256);
  for (const { outcome } of await Promise.all(results)) {
    expect(outcome).toBe('refused');
  }
  expect(dials()).toBe(2048);
});
