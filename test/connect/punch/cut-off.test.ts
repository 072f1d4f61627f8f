/** A peer that is refused dials again. That closes its listener, and cuts off what we have just connected there. */
import net, { type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { punch } from '../../../source/connect/punch/punch.ts';

/** A peer whose NAT lets us in, and which cuts off the first `cuts` connections. */
async function cuttingPeer(cuts: number) {
  let accepted = 0;
  const server = net.createServer((socket) => {
    accepted += 1;
    if (accepted <= cuts) {
      // The dial has succeeded by then. A connection that is reset earlier counts as refused.
      socket.once('data', () => socket.resetAndDestroy());
    }
  });
  await new Promise<void>((resolve) => {
    server.listen({ host: '127.0.0.1', port: 0 }, resolve);
  });
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test.for([0, 1, 2])(
  'after %i connections that were cut off, the round dials until one stays',
  { timeout: 30_000 },
  async (cuts) => {
    const port = await cuttingPeer(cuts);
    const over = new AbortController();
    const sockets: Socket[] = [];
    const closed: Promise<unknown>[] = [];
    const attempts: unknown[] = [];
    const reported = Promise.withResolvers<void>();
    const enough = Promise.withResolvers<void>();
    const punching = punch({
      family: 4,
      address: '127.0.0.1',
      attempts: 1,
      spraySize: { dials: 0, sockets: 0 },
      round: () => ({
        plan: {
          strategy: 'simultaneous',
          targets: [{ port, kind: 'mapped' }],
          patienceMs: 3000,
          spray: undefined,
        },
        startInMs: 0,
        localPort: 0,
      }),
      onPlan: () => undefined,
      onAttempt: ({ n, outcome }) => {
        attempts.push({ n, outcome });
        if (outcome !== 'started') {
          reported.resolve();
        }
      },
      onSocket: (socket, origin) => {
        expect(origin).toBe('dialled');
        sockets.push(socket);
        closed.push(
          new Promise((resolve) => {
            socket.once('close', resolve);
          }),
        );
        socket.resume().write('hello');
        if (sockets.length > cuts) {
          enough.resolve();
        }
      },
      signal: over.signal,
    });
    await Promise.all([enough.promise, reported.promise]);
    await Promise.all(closed.slice(0, cuts));
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([...Array<boolean>(cuts).fill(true), false]);
    // The round is one attempt, however often it was cut off.
    expect(attempts).toEqual([
      { n: 1, outcome: 'started' },
      { n: 1, outcome: 'connected' },
    ]);
    over.abort();
    sockets.at(-1)?.destroy();
    await punching;
  },
);
