/** Punches between hosts of a lab where something has changed, or is missing. */
import { expect, test, type TestContext } from 'vitest';
import type { Site } from '../../../source/lab/plan/description.ts';
import type { Host } from '../../../source/lab/host.ts';
import { natRules } from '../../../source/lab/plan/nat-rules.ts';
import { labOrSkip } from '../../helpers/lab/lab.ts';
import { runPunchline } from '../../helpers/lab/punchline-inside.ts';

const strict = 'address-and-port-dependent';
const ordinary: Site = { mapping: 'endpoint-independent', filtering: strict };
const random: Site = { mapping: strict, filtering: strict };

/** Time for several rounds with sprays. */
const timeout = 180_000;

async function exec(host: Host, argv: readonly string[], input?: string): Promise<void> {
  const { code, stderr } = await host.exec(argv, input);
  if (code !== 0) {
    throw new Error(`${argv.join(' ')}: ${stderr}`);
  }
}

async function startServer(context: TestContext, alice: Site, bob: Site) {
  const lab = await labOrSkip(context, { sites: { alice, bob } });
  const rendezvous = lab.hosts['rendezvous']!;
  return {
    lab,
    rendezvous,
    serve: () => runPunchline(rendezvous, ['serve']).line('listening'),
    chat: (host: 'alice' | 'bob', args: readonly string[] = [], under: readonly string[] = []) =>
      runPunchline(
        lab.hosts[host]!,
        ['chat', '--json', '--server', rendezvous.addresses[0]!, '--code', '4711-velvet-orbit', ...args],
        under,
      ),
  };
}

test(
  'a NAT that maps in another way than its probe has shown is found by the spray',
  { timeout },
  async (context) => {
    const { lab, serve, chat } = await startServer(context, ordinary, ordinary);
    await serve();
    // On a busy machine the relay may be faster than a spray.
    const bob = chat('bob', ['--no-relay']);
    await bob.line('rendezvous', ({ state }) => state === 'waiting');
    const router = lab.routers['bob']!;
    await exec(
      router,
      ['nft', '-f', '-'],
      natRules(random, { external: router.addresses[0]!, number: 2, zone: 1 }),
    );
    const alice = chat('alice', ['--no-relay']);
    for (const peer of [alice, bob]) {
      expect(await peer.line('connected')).toMatchObject({ path: 'direct' });
      expect(peer.lines.filter(({ event }) => event === 'plan').map(({ strategy }) => strategy)).toContain(
        'spray',
      );
    }
  },
);

test(
  'a blocked probe port costs two ordinary NATs nothing, and is named in the failure of others',
  { timeout },
  async (context) => {
    const { lab, rendezvous, serve, chat } = await startServer(context, ordinary, ordinary);
    await serve();
    await exec(
      rendezvous,
      ['nft', '-f', '-'],
      'table inet shut {\nchain arriving {\ntype filter hook input priority 0\ntcp dport 8878 drop\n}\n}\n',
    );
    const pair = [chat('alice'), chat('bob')];
    for (const peer of pair) {
      expect(await peer.line('connected')).toMatchObject({ path: 'direct' });
      expect(peer.lines.filter(({ event, n }) => event === 'attempt' && n !== 1)).toEqual([]);
      peer.endInput();
    }
    for (const peer of pair) {
      await peer.exited;
    }
    for (const [index, name] of (['alice', 'bob'] as const).entries()) {
      const router = lab.routers[name]!;
      const rules = natRules(random, { external: router.addresses[0]!, number: index + 1, zone: 1 });
      await exec(router, ['nft', '-f', '-'], rules);
    }
    for (const peer of [chat('alice', ['--no-relay', '--attempts', '1']), chat('bob', ['--attempts', '1'])]) {
      expect(await peer.line('error')).toMatchObject({
        code: 'ERR_PUNCH_FAILED',
        hint: expect.stringMatching(
          /Let TCP port 8878 out.*no probe of the peer.*mapping of both NATs is unknown/,
        ),
      });
    }
  },
);

test(
  'a spray that runs out of file descriptors ends both sides as any other does',
  { timeout },
  async (context) => {
    const { lab, serve, chat } = await startServer(context, ordinary, random);
    // Even forty dials may hit one of the peer's 256 sockets, so the path between the two is cut.
    const shut = `add table ip shut; add chain ip shut ways { type filter hook forward priority 0; };
    add rule ip shut ways iifname alice oifname bob drop;
    add rule ip shut ways iifname bob oifname alice drop;`;
    expect(await lab.routers['internet']!.exec(['nft', shut])).toMatchObject({ code: 0 });
    await serve();
    const pair = [
      chat('alice', ['--no-relay', '--attempts', '3'], ['prlimit', '--nofile=64:64']),
      chat('bob', ['--no-relay', '--attempts', '3']),
    ];
    for (const peer of pair) {
      expect(await peer.line('error')).toMatchObject({ code: 'ERR_PUNCH_FAILED' });
      expect(await peer.exited).toEqual({ code: 6, signal: null });
    }
    const [alice, bob] = pair.map(({ lines }) => lines);
    expect(alice).toContainEqual(expect.objectContaining({ reason: 'too many open files', n: 2 }));
    expect(alice).toContainEqual(
      expect.objectContaining({ event: 'error', hint: expect.stringContaining('"ulimit -n 4096"') }),
    );
    expect(bob?.filter(({ event, reason }) => event === 'attempt' && reason !== undefined)).toEqual([]);
  },
);

test('two peers connect without IPv6 on any of the machines', { timeout }, async (context) => {
  const { lab, rendezvous, serve, chat } = await startServer(context, ordinary, ordinary);
  for (const host of [rendezvous, lab.hosts['alice']!, lab.hosts['bob']!]) {
    await exec(host, ['sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6']);
  }
  await serve();
  for (const peer of [chat('alice'), chat('bob')]) {
    expect(await peer.line('connected')).toMatchObject({ path: 'direct', family: 4 });
  }
});

test(
  'an interface that goes away during a round ends the punch with the reason',
  { timeout },
  async (context) => {
    const { lab, serve, chat } = await startServer(context, random, random);
    await serve();
    const alice = chat('alice', ['--attempts', '2']);
    chat('bob', ['--attempts', '2']);
    await alice.line('plan', ({ strategy }) => strategy === 'host');
    await exec(lab.hosts['alice']!, [
      'sh',
      '-c',
      'ip link set "$(ip -o route show default | sed "s/.* dev \\\\([^ ]*\\\\).*/\\\\1/")" down',
    ]);
    expect(await alice.line('error')).toMatchObject({
      code: 'ERR_PUNCH_FAILED',
      hint: expect.stringMatching(/lost the network/),
    });
    expect(await alice.exited).toEqual({ code: 6, signal: null });
  },
);
