import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { Site } from '../../source/lab/plan/description.ts';
import { silenceMs, startAgent } from '../helpers/programs/agent.ts';
import { eventually } from '../helpers/eventually.ts';
import { countTraffic, labOrSkip, processesIn } from '../helpers/lab/lab.ts';
import { skipWithout } from '../helpers/skip-without.ts';

const victimCommand = [
  process.execPath,
  fileURLToPath(new URL('../helpers/lab/lab-victim.ts', import.meta.url)),
] as const;

const ordinary: Site = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' };

test('every destination sees the same external port of an inside port', async (context) => {
  const lab = await labOrSkip(context, { sites: { alice: ordinary } });
  const [alice, rendezvous] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['rendezvous']!)];
  const { port } = await rendezvous.listen(0);
  const { port: otherPort } = await rendezvous.listen(0);
  const [first, second] = lab.hosts['rendezvous']!.addresses as [string, string];

  const dialled = await alice.dial({ address: first, port });
  const from = dialled.localPort;
  const seen = [
    dialled,
    await alice.dial({ address: first, port: otherPort }, { from }),
    await alice.dial({ address: second, port }, { from }),
  ].map((result) => result.seen);

  const mapped = { address: lab.routers['alice']!.addresses[0], port: from };
  expect(seen).toEqual([mapped, mapped, mapped]);
});

test('an unsolicited SYN is dropped without an answer', async (context) => {
  const lab = await labOrSkip(context, { sites: { alice: ordinary } });
  const [alice, rendezvous] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['rendezvous']!)];
  const count = await countTraffic(lab.routers['internet']!, {
    asked: 'iifname "rendezvous" oifname "alice"',
    answered: 'iifname "alice" oifname "rendezvous"',
  });
  const { port } = await alice.listen(0);

  const { outcome } = await rendezvous.dial(
    { address: lab.routers['alice']!.addresses[0]!, port },
    { timeoutMs: silenceMs },
  );

  expect(outcome).toBe('silence');
  const { answered, asked } = await count();
  expect(asked.packets).toBeGreaterThan(0);
  expect(answered.packets).toBe(0);
});

test('a mapping lets in only the address and port that it was made for', async (context) => {
  const lab = await labOrSkip(context, { sites: { alice: ordinary, bob: ordinary } });
  const alice = startAgent(lab.hosts['alice']!);
  const rendezvous = startAgent(lab.hosts['rendezvous']!);
  const bob = startAgent(lab.hosts['bob']!);
  const known = await rendezvous.listen(0, lab.hosts['rendezvous']!.addresses[0]);
  const { localPort, seen } = await alice.dial(known);
  const mapped = seen!;
  await alice.hangUp();
  await alice.listen(localPort);

  expect((await rendezvous.dial(mapped, { timeoutMs: silenceMs })).outcome).toBe('silence');
  expect((await bob.dial(mapped, { timeoutMs: silenceMs })).outcome).toBe('silence');
});

test('two hosts that dial each other from their mapped ports connect, and their packets go from site to site', async (context) => {
  const lab = await labOrSkip(context, { sites: { alice: ordinary, bob: ordinary } });
  const [alice, bob] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['bob']!)];
  const count = await countTraffic(lab.routers['internet']!, {
    there: 'iifname "alice" oifname "bob"',
    back: 'iifname "bob" oifname "alice"',
    server: 'oifname "rendezvous"',
  });
  const [ofAlice, ofBob] = [lab.routers['alice']!.addresses[0]!, lab.routers['bob']!.addresses[0]!];

  const met = await Promise.all([
    alice.meet({ address: ofBob, port: 5001 }, { from: 5000 }),
    bob.meet({ address: ofAlice, port: 5000 }, { from: 5001 }),
  ]);
  expect(met.map(({ outcome }) => outcome)).toEqual(['connected', 'connected']);
  await Promise.all([alice.say('from alice'), bob.say('from bob')]);
  expect(await Promise.all([alice.hear(), bob.hear()])).toEqual(['from bob', 'from alice']);

  const { back, server, there } = await count();
  expect(there.packets).toBeGreaterThan(2);
  expect(back.packets).toBeGreaterThan(2);
  expect(server.packets).toBe(0);
});

test('a host that dials from another port than the peer expects is not let in', async (context) => {
  const lab = await labOrSkip(context, { sites: { alice: ordinary, bob: ordinary } });
  const [alice, bob] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['bob']!)];
  const [ofAlice, ofBob] = [lab.routers['alice']!.addresses[0]!, lab.routers['bob']!.addresses[0]!];

  const met = await Promise.all([
    alice.meet({ address: ofBob, port: 5001 }, { from: 5000, timeoutMs: silenceMs }),
    bob.meet({ address: ofAlice, port: 5000 }, { from: 5002, timeoutMs: silenceMs }),
  ]);
  expect(met.map(({ outcome }) => outcome)).toEqual(['silence', 'silence']);
});

test("a site's private network and everything outside the lab cannot be reached", async (context) => {
  const lab = await labOrSkip(context, { sites: { alice: ordinary, bob: ordinary } });
  const alice = startAgent(lab.hosts['alice']!);
  const bob = startAgent(lab.hosts['bob']!);
  const { port } = await bob.listen(0);
  const outside = await countTraffic(lab.routers['bob']!, { any: 'iifname "wan"' });

  const ofBob = { address: lab.hosts['bob']!.addresses[0]!, port };
  expect((await alice.dial(ofBob, { timeoutMs: silenceMs })).outcome).not.toBe('connected');
  expect((await outside()).any.packets).toBe(0);
  expect((await alice.dial({ address: '1.1.1.1', port: 53 }, { timeoutMs: silenceMs })).outcome).not.toBe(
    'connected',
  );
  const links = await lab.routers['internet']!.exec(['ip', '-o', 'link']);
  expect(links.stdout.match(/^\d+: ([a-z]+)/gm)).toHaveLength(4);
});

test('a signal reaches the program inside, and its exit is reported', async (context) => {
  const lab = await labOrSkip(context, { sites: { alice: ordinary } });
  const program = lab.hosts['alice']!.spawn([
    'sh',
    '-c',
    'trap "exit 7" TERM; echo ready; while :; do read _; done',
  ]);
  await once(program.stdout, 'data');
  expect(program.kill('SIGTERM')).toBe(true);
  expect(await program.exited).toEqual({ code: 7, signal: null });

  const other = lab.hosts['alice']!.spawn(['sh', '-c', 'echo ready; read _']);
  await once(other.stdout, 'data');
  other.kill('SIGKILL');
  expect(await other.exited).toEqual({ code: null, signal: 'SIGKILL' });
});

test('a program that was stopped and continued ends as any other', async (context) => {
  const lab = await labOrSkip(context, { sites: {} });
  const program = lab.hosts['rendezvous']!.spawn([
    'sh',
    '-c',
    'readlink /proc/self/ns/net; while read line; do echo "$line"; done; exit 7',
  ]);
  const network = String((await once(program.stdout, 'data'))[0]).trim();
  function states() {
    return processesIn(network).map(
      (pid) => /^State:\t(.)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
    );
  }
  for (const round of ['once', 'twice']) {
    expect(program.kill('SIGSTOP')).toBe(true);
    await eventually(() => expect(states()).toContain('T'));
    expect(program.kill('SIGCONT')).toBe(true);
    program.stdin.write(`${round}\n`);
    expect(String((await once(program.stdout, 'data'))[0])).toBe(`${round}\n`);
  }
  program.stdin.end();
  expect(await program.exited).toEqual({ code: 7, signal: null });
});

test('closing a lab ends its programs, and the machine never shows anything of it', async (context) => {
  const before = linksOfThisMachine();
  const lab = await labOrSkip(context, { sites: { alice: ordinary, bob: ordinary } });
  const program = lab.hosts['alice']!.spawn(['sh', '-c', 'readlink /proc/self/ns/net; sleep 1000']);
  const network = String((await once(program.stdout, 'data'))[0]).trim();
  expect(processesIn(network)).not.toEqual([]);
  expect(linksOfThisMachine()).toEqual(before);

  await lab.close();

  expect(await program.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(processesIn(network)).toEqual([]);
  expect(linksOfThisMachine()).toEqual(before);
});

test('labs with the same names and addresses run at the same time without contact', async (context) => {
  const labs = await Promise.all([1, 2, 3].map(() => labOrSkip(context, { sites: { alice: ordinary } })));
  const ports = [];
  for (const lab of labs) {
    const [alice, rendezvous] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['rendezvous']!)];
    const { port } = await rendezvous.listen(8877);
    ports.push(
      (await alice.dial({ address: lab.hosts['rendezvous']!.addresses[0]!, port }, { from: 4001 })).seen,
    );
  }
  const mapped = { address: labs[0]!.routers['alice']!.addresses[0]!, port: 4001 };
  expect(ports).toEqual([mapped, mapped, mapped]);
});

for (const killed of ['the program that made it', 'its owner'] as const) {
  test(`a lab vanishes with all its programs when ${killed} is killed`, async (context) => {
    const lab = await labOrSkip(context, { sites: {} });
    await lab.close();
    const links = linksOfThisMachine();
    const victim = spawn(process.execPath, [
      fileURLToPath(new URL('../helpers/lab/lab-victim.ts', import.meta.url)),
    ]);
    context.onTestFinished(() => void victim.kill('SIGKILL'));
    const [line] = (await once(victim.stdout, 'data')) as [Buffer];
    const { owner, network } = JSON.parse(line.toString()) as { owner: number; network: string };
    expect(processesIn(network)).not.toEqual([]);

    process.kill(killed === 'its owner' ? owner : victim.pid!, 'SIGKILL');

    await eventually(() => expect(processesIn(network)).toEqual([]));
    await eventually(() => expect(existsSync(`/proc/${owner}`)).toBe(false));
    expect(linksOfThisMachine()).toEqual(links);
  });
}

test('an ordinary user makes a lab in a user namespace', async (context) => {
  await (await labOrSkip(context, { sites: {} })).close();
  const user = spawn('unshare', ['--user', '--map-user=1000', '--map-group=1000', ...victimCommand]);
  context.onTestFinished(() => void user.kill('SIGKILL'));
  const [line] = (await once(user.stdout, 'data')) as [Buffer];
  const { network } = JSON.parse(line.toString()) as { network: string };
  expect(processesIn(network)).not.toEqual([]);
  user.kill('SIGKILL');
  await eventually(() => expect(processesIn(network)).toEqual([]));
});

test('root without the right to administer networks is told so', async (context) => {
  await (await labOrSkip(context, { sites: {} })).close();
  if (process.getuid?.() !== 0) {
    skipWithout(context, 'this user has no rights to give up');
  }
  const powerless = spawn('setpriv', ['--bounding-set=-sys_admin', ...victimCommand]);
  expect(await text(powerless.stderr)).toMatch(
    /ERR_PERMISSION[^]*started with the right to administer networks/,
  );
});

function linksOfThisMachine(): string[] {
  return ['-o link', 'netns'].map((what) => execFileSync('ip', what.split(' '), { encoding: 'utf8' }));
}
