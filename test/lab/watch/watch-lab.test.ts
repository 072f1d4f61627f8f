import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { Site } from '../../../source/lab/plan/description.ts';
import {
  watchEventSchema,
  type WatchedPacket,
  type WatchedRow,
} from '../../../source/lab/watch/watch-events.ts';
import { processesIn } from '../../helpers/lab/lab.ts';
import { needWatching, watchedLabOrSkip } from '../../helpers/lab/watching.ts';
import { patienceMs } from '../../helpers/eventually.ts';
import { startAgent } from '../../helpers/programs/agent.ts';
import { bareEnvironment } from '../../helpers/programs/bare-environment.ts';
import { ada, asUser, isRoot, needOtherUsers } from '../../helpers/programs/other-users.ts';
import { typescriptNode } from '../../helpers/programs/typescript-program.ts';
import { skipWithout } from '../../helpers/skip-without.ts';

const cone: Site = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' };
/** One way between the two 400 ms, so that both SYNs are on their way at once, and less than TCP waits for an answer. */
const slow: Site = { ...cone, line: { delayMs: 200 } };

const PORT = 6000;

function isSyn({ flags, from, sightings }: WatchedPacket, sender: string, target: string): boolean {
  return flags === 'S' && from === sender && sightings[0]?.target === target;
}

test('each packet has its fate, and each connection its states', async (context) => {
  const { heard, lab, packet, row, watch } = await watchedLabOrSkip(context, {
    sites: {
      alice: slow,
      bob: slow,
      carol: { ...cone, unsolicited: 'rst' },
      dave: { mapping: 'none', filtering: 'endpoint-independent' },
      eve: { ...cone, mapping: 'none', unsolicited: 'icmp' },
    },
  });
  const [alice, bob, dave] = ['alice', 'bob', 'dave'].map((name) => startAgent(lab.hosts[name]!));
  const [bobOutside, carolOutside, aliceOutside] = ['bob', 'carol', 'alice'].map(
    (name) => lab.routers[name]!.addresses[0]!,
  );
  const [open, behindFirewall] = ['dave', 'eve'].map((name) => lab.hosts[name]!.addresses[0]!);
  await dave!.listen(PORT);

  // Open, filtered, refused by RST, refused by ICMP, and looped back.
  await alice!.dial({ address: open!, port: PORT }, { from: 5001 });
  await Promise.all(
    [bobOutside, carolOutside, behindFirewall, aliceOutside].map((address, index) =>
      alice!.dial({ address: address!, port: 5000 }, { from: 5002 + index, timeoutMs: 1 }),
    ),
  );
  expect(await packet((one) => isSyn(one, 'alice', `${open}:${PORT}`))).toMatchObject({
    to: 'dave',
    fate: { kind: 'delivered' },
  });
  const reason = 'nobody inside has contacted this endpoint';
  expect(await packet((one) => isSyn(one, 'alice', `${bobOutside}:5000`))).toMatchObject({
    to: 'bob.router',
    fate: { kind: 'stopped', place: 'bob.router', reason },
  });
  expect(await packet((one) => isSyn(one, 'alice', `${carolOutside}:5000`))).toMatchObject({
    fate: { kind: 'answered', place: 'carol.router', by: 'rst', reason },
  });
  expect(await packet(({ flags, from }) => flags === 'AR' && from === 'carol.router')).toMatchObject({
    to: 'alice',
    fate: { kind: 'delivered' },
  });
  expect(await packet((one) => isSyn(one, 'alice', `${behindFirewall}:5000`))).toMatchObject({
    to: 'eve',
    fate: { kind: 'answered', place: 'eve.router', by: 'icmp', reason },
  });
  expect(await packet((one) => isSyn(one, 'alice', `${aliceOutside}:5000`))).toMatchObject({
    fate: { kind: 'kept', place: 'alice.router', reason: 'no hairpinning' },
  });

  // A simultaneous open.
  const outcomes = await Promise.all([
    alice!.meet({ address: bobOutside!, port: PORT }, { from: PORT }),
    bob!.meet({ address: aliceOutside!, port: PORT }, { from: PORT }),
  ]);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['connected', 'connected']);
  const mapped = `${aliceOutside}:${PORT}`;
  await row(({ outside, state }) => outside === mapped && state === 'ESTABLISHED');
  await row(({ outside, state }) => outside === mapped && state === null);
  await watch.close();

  const events = heard.all.slice();
  expect(events.map((event) => v.parse(watchEventSchema, event))).toEqual(events);
  const rows = events.filter((event): event is WatchedRow => event.event === 'row');
  expect(
    rows
      .filter(({ outside, state }) => outside === mapped && state !== null)
      .map(({ state }) => state)
      .slice(0, 4),
  ).toEqual(['SYN_SENT', 'SYN_SENT2', 'SYN_RECV', 'ESTABLISHED']);
  const between = events.filter(
    (event): event is WatchedPacket =>
      event.event === 'packet' &&
      event.fate.kind === 'delivered' &&
      ['alice bob', 'bob alice'].includes(`${event.from} ${event.to}`) &&
      event.flags.startsWith('S'),
  );
  expect(between.map(({ flags, from }) => `${from} ${flags}`).toSorted()).toEqual([
    'alice S',
    'alice SA',
    'bob S',
    'bob SA',
  ]);
});

test('several watch one lab at once, and the tools of each end with it', async (context) => {
  const { lab, packet, row, watch } = await watchedLabOrSkip(context, { sites: { alice: cone } });
  const router = lab.routers['alice']!;
  const { stdout: network } = await router.exec(['readlink', '/proc/self/ns/net']);
  const before = processesIn(network.trim()).length;
  expect(before).toBeGreaterThan(3);
  const other = startWatching(router.command([]));
  await once(other.stdout, 'data');
  expect(processesIn(network.trim()).length).toBeGreaterThan(before);
  other.kill('SIGKILL');
  await expect
    .poll(() => processesIn(network.trim()).length, { timeout: patienceMs(), interval: 20 })
    .toBe(before);

  // What the watched router forgets, and a line that is cut.
  const alice = startAgent(lab.hosts['alice']!);
  const [address = ''] = lab.hosts['rendezvous']!.addresses;
  await alice.dial({ address, port: 9 }, { from: 5001 });
  await row(({ change, state }) => change === 'new' && state === null);
  await lab.rebind('alice');
  await row(({ change, state }) => change === 'gone' && state === null);
  await lab.cut('alice');
  await alice.dial({ address, port: 9 }, { from: 5002, timeoutMs: 1 });
  expect(await packet(({ fate }) => fate.kind === 'kept')).toMatchObject({
    from: 'alice',
    to: 'rendezvous',
    fate: { place: 'alice.router', reason: 'the line is cut' },
  });
  await watch.close();
  const { stdout: tables } = await router.exec(['nft', 'list', 'tables']);
  expect(tables.trim().split('\n')).toEqual(['table ip site', 'table inet cut']);
});

/** Watches the same router from another process, which is then killed. */
function startWatching(enter: readonly string[]) {
  const source = fileURLToPath(new URL('../../../source/lab/watch/router-capture.ts', import.meta.url));
  const code = `
    const { captureRouter } = await import(${JSON.stringify(source)});
    const nothing = () => {};
    await captureRouter(
      { name: 'alice.router', enter: ${JSON.stringify(enter)} },
      { hasTable: true, hasIpv6: false, map: 'external' },
      { packets: nothing, connection: nothing, trace: nothing },
    );
    console.log('ready');`;
  return spawn(typescriptNode[0], [...typescriptNode.slice(1), '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: bareEnvironment,
  });
}

test('an ordinary user watches a lab of their own', async (context) => {
  needOtherUsers(context);
  needWatching(context);
  const program = fileURLToPath(new URL('../../helpers/lab/watch-program.ts', import.meta.url));
  const { words, env } = isRoot ? asUser(ada) : { words: [], env: {} };
  const child = spawn(typescriptNode[0], [...words, ...typescriptNode.slice(1), program], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...bareEnvironment, ...env },
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (/ERR_PERMISSION|ERR_MISSING_TOOL/.test(stderr)) {
    skipWithout(context, stderr);
  }
  expect(stderr).toBe('');
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => v.parse(watchEventSchema, JSON.parse(line)));
  expect(events).toContainEqual(
    expect.objectContaining({ flags: 'S', from: 'alice', to: 'rendezvous', fate: { kind: 'delivered' } }),
  );
  expect(events).toContainEqual(
    expect.objectContaining({ flags: 'AR', from: 'rendezvous', to: 'alice', fate: { kind: 'delivered' } }),
  );
  expect(events).toContainEqual(
    expect.objectContaining({ event: 'row', place: 'alice.router', state: 'SYN_SENT' }),
  );
});
