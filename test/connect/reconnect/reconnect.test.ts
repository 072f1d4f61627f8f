import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Happening, Role } from '../../../source/events.ts';
import { createMeetingContext } from '../../../source/connect/meeting-context.ts';
import { reconnect } from '../../../source/connect/reconnect/reconnect.ts';
import { eventually } from '../../helpers/eventually.ts';
import { wonOf } from '../../helpers/sessions/channel-supervisor.ts';
import { aTurn } from '../../helpers/sessions/moving-sessions.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';

interface Given {
  readonly role?: Role;
  readonly root?: Uint8Array;
  readonly report?: boolean;
  readonly emit?: (happening: Happening) => void;
}

function seek(
  port: number,
  { role = 'a', root = randomBytes(32), report = true, emit = () => undefined }: Given = {},
) {
  const search = new AbortController();
  const options = { server: { host: '127.0.0.1', port }, lan: false, relay: 'never', report } as const;
  const context = createMeetingContext(options, emit);
  const gone = reconnect(context, { role, keys: { root } }, undefined, search.signal).then(
    wonOf,
    () => undefined,
  );
  onTestFinished(async () => {
    search.abort();
    await gone;
  });
  return gone;
}

const waiting = `${JSON.stringify({ t: 'waiting', you: { address: '127.0.0.1', port: 5 } })}\n`;

/** In seconds. A first meeting would wait for 15 s. Here our link may be back long before. */
const PATIENCE = 14;
/** Turns of the event loop, enough for a connection over loopback. */
async function manyTurns() {
  for (let turn = 0; turn < 50; turn += 1) {
    await aTurn();
  }
}

test.each([
  ['says nothing', '', 'connecting'],
  ['falls silent while the peer is awaited', waiting, 'waiting'],
])('a rendezvous that %s is met anew within seconds', async (_what, greeting, state) => {
  const server = await startRawServer((socket) => socket.write(greeting));
  const met = vi.fn<() => void>();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const emitted: Happening[] = [];
  void seek(server.port, { emit: (happening) => emitted.push(happening) });
  await server.next();
  await eventually(() => expect(emitted).toContainEqual(expect.objectContaining({ state })));
  void server.next().then(met);
  await manyTurns();
  let seconds = 0;
  for (; met.mock.calls.length === 0 && seconds < PATIENCE; seconds += 1) {
    vi.advanceTimersByTime(1000);
    await manyTurns();
  }
  expect(met).toHaveBeenCalledOnce();
  expect(seconds).toBeGreaterThan(1);
});

test.each([
  ['refuses', `${JSON.stringify({ t: 'error', code: 'ERR_LIMIT', message: 'too many' })}\n`],
  ['sends us away for no time', `${waiting}${JSON.stringify({ t: 'retry', afterMs: 0 })}\n`],
  ['has us wait, and closes', waiting],
])('a rendezvous that %s is asked less and less often', async (_, said) => {
  const server = await startRawServer((socket) => socket.once('data', () => socket.end(said)));
  void seek(server.port);
  const times: number[] = [];
  while (times.length < 4) {
    await server.next();
    times.push(performance.now());
  }
  // Half of the pause is chance.
  expect(times[3]! - times[2]!).toBeGreaterThan(1050);
});

test.each([
  [true, 'path="lan"'],
  [false, 'path="none"'],
])('a second meeting is reported as the first one is, with report %s', async (report, path) => {
  const server = await TestServer.start({ metrics: { port: 0 } });
  const root = randomBytes(32);
  const channels = (['a', 'b'] as const).map((role) => seek(server.port, { role, root, report }));
  for (const channel of await Promise.all(channels)) {
    channel?.link.destroy();
  }
  await eventually(async () => {
    const page = await (await fetch(`http://127.0.0.1:${server.metricsPort}/metrics`)).text();
    expect(page).toContain(`punchline_outcomes_total{outcome="punched",${path}} 2\n`);
    expect(/punchline_pairs_total\{outcome="punched".* 2\n/.test(page)).toBe(report);
  });
});
