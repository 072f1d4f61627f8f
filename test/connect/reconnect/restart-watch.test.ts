/** Sides that look for a peer that has lost the session, and who comes to the place where they wait. */
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../../source/connect/connection.ts';
import { createMeetingContext } from '../../../source/connect/meeting-context.ts';
import { RestartWatch } from '../../../source/connect/reconnect/restart-watch.ts';
import { parseCode } from '../../../source/protocol/code.ts';
import { eventually } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';

const code = parseCode('5000-velvet-orbit');

function optionsAt({ port, probePort }: TestServer) {
  return { server: { host: '127.0.0.1', port }, probePort, lan: false, code, mode: 'chat' } as const;
}

/** Waits until the test is over, or until it has met somebody. */
function watching(server: TestServer, root: Uint8Array) {
  const over = new AbortController();
  const context = createMeetingContext({ ...optionsAt(server), awaitsRestart: true }, () => undefined);
  const watch = new RestartWatch({ context, known: code, place: context.restartPlace!(), root });
  const met = vi.fn<() => void>();
  const waiting = watch.wait(over.signal).then(({ link }) => {
    met();
    link.destroy();
  });
  const ended = waiting.catch(() => undefined);
  onTestFinished(async () => {
    over.abort();
    await ended;
    watch.close();
  });
  return { met, waiting, stop: () => over.abort() };
}

/** How many pairs the server has matched. */
async function matches({ metricsPort }: TestServer): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  return Number(/^punchline_matches_total (\d+)$/m.exec(page)?.[1]);
}

test('meets a peer that has no session', async () => {
  expectNothingLeft();
  const server = await TestServer.start();
  const { met, waiting } = watching(server, randomBytes(32));
  const peer = connect(optionsAt(server));
  onTestFinished(() => void peer.destroy());
  peer.on('error', () => undefined);
  await waiting;
  expect(met).toHaveBeenCalledOnce();
});

test('is not met where the code is not one of their own, or where nobody wants it', () => {
  const server = { host: '127.0.0.1', port: 1 };
  for (const options of [
    { code: parseCode('7-velvet-orbit'), awaitsRestart: true },
    { code, awaitsRestart: false },
    { code },
    { awaitsRestart: true },
  ]) {
    expect(createMeetingContext({ server, ...options }, () => undefined).restartPlace).toBeUndefined();
  }
});

test.each([
  ['the same session', true],
  ['different sessions', false],
])('two that have %s begin no other one', async (_, isSame) => {
  const server = await TestServer.start({ metrics: { port: 0 } });
  const root = randomBytes(32);
  const sides = [root, isSame ? root : randomBytes(32)].map((one) => watching(server, one));
  await eventually(async () => expect(await matches(server)).toBeGreaterThanOrEqual(1));
  await eventually(() => expect(server.counts().seats).toBe(0));
  expect(sides.map(({ met }) => met.mock.calls.length)).toEqual([0, 0]);
});

test('a stranger who guesses there ends with a wrong code, and the watch ends with nothing', async () => {
  const server = await TestServer.start();
  const { met } = watching(server, randomBytes(32));
  await eventually(() => expect(server.counts().waiting).toBe(1));
  const stranger = connect({ ...optionsAt(server), code: parseCode('5000-velvet-zebra') });
  onTestFinished(() => void stranger.destroy());
  const failure = await new Promise((resolve) => stranger.once('error', resolve));
  expect(failure).toMatchObject({ code: 'ERR_WRONG_CODE' });
  // One guess was made. Nobody waits there any more.
  await eventually(() => expect(server.counts().seats).toBe(0));
  const peer = connect({ ...optionsAt(server), waitMs: 1500 });
  onTestFinished(() => void peer.destroy());
  const missed = await new Promise((resolve) => peer.once('error', resolve));
  expect(missed).toMatchObject({ code: 'ERR_WAIT_EXPIRED' });
  expect(met).not.toHaveBeenCalled();
});
