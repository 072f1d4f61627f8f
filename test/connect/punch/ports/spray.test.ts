import { execFileSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fan } from '../../../../source/connect/punch/ports/spray.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { startRawServer } from '../../../helpers/strangers/raw-server.ts';
import { WireClient } from '../../../helpers/servers/wire-client.ts';

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
    sockets: 256,
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

test.each(['burst', 'fan'])(
  'a %s for which too few files may be open says so, and counts the dials that left',
  (way) => {
    const file = new URL('../../../../source/connect/punch/punch.ts', import.meta.url);
    const script = `
    import { punch } from '${file.href}';
    const plan = { strategy: 'spray', spray: '${way}', targets: [{ kind: 'mapped', port: 9 }], patienceMs: 500 };
    const over = new AbortController();
    await punch({
      family: 4,
      address: '127.0.0.1',
      attempts: 1,
      round: () => ({ plan, startInMs: 0, localPort: 0 }),
      onPlan: () => undefined,
      spraySize: { dials: 1024, sockets: 256 },
      onSocket: (socket) => socket.destroy(),
      onAttempt: ({ outcome, dials, reason }) => {
        process.stdout.write(JSON.stringify({ outcome, dials, reason }) + '\\n');
        if (outcome !== 'started') over.abort();
      },
      signal: over.signal,
    });
  `;
    const args = ['--nofile=100:100', process.execPath, '--input-type=module', '-e', script];
    const [began, ended] = String(execFileSync('prlimit', args))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(began).toEqual({ outcome: 'started', dials: way === 'burst' ? 1024 : 257 });
    expect(ended).toMatchObject({ reason: 'too many open files' });
    expect(ended.dials).toBeLessThan(100);
  },
);
