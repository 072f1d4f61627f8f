/** Punches between hosts of a lab where something has changed, or is missing. */
import { expect, test, type TestContext } from 'vitest';
import type { Site } from '../../../source/lab/plan/description.ts';
import type { Host } from '../../../source/lab/host.ts';
import type { Lab } from '../../../source/lab/lab.ts';
import { natRules } from '../../../source/lab/plan/nat-rules.ts';
import { labOrSkip, loadRules } from '../../helpers/lab/lab.ts';
import { runPunchline } from '../../helpers/lab/punchline-inside.ts';
import { sharedInFile } from '../../helpers/shared.ts';

const strict = 'address-and-port-dependent';
const ordinary: Site = { mapping: 'endpoint-independent', filtering: strict };
const random: Site = { mapping: strict, filtering: strict };

/** Time for several rounds with sprays. */
const timeout = 180_000;

async function exec(host: Host, argv: readonly string[]): Promise<void> {
  const { code, stderr } = await host.exec(argv);
  if (code !== 0) {
    throw new Error(`${argv.join(' ')}: ${stderr}`);
  }
}

/** Each test but one has two sites of its own in it. */
const theLab = sharedInFile(async (owner) => {
  const lab = await labOrSkip(owner, {
    sites: {
      changed1: ordinary,
      changed2: ordinary,
      blocked1: ordinary,
      blocked2: ordinary,
      short1: ordinary,
      short2: random,
      unplugged1: random,
      unplugged2: random,
    },
  });
  await serveIn(lab);
  return lab;
});

function serveIn(lab: Lab) {
  return runPunchline(lab.hosts['rendezvous']!, ['serve']).line('listening');
}

/** Starts chats, which end with the test. */
function chatsIn(lab: Lab, context: TestContext) {
  lastRoom += 1;
  const common = ['chat', '--json', '--server', lab.hosts['rendezvous']!.addresses[0]!];
  const code = ['--code', `${lastRoom}-velvet-orbit`];
  return (host: string, args: readonly string[] = [], under: readonly string[] = []) => {
    const chat = runPunchline(lab.hosts[host]!, [...common, ...code, ...args], under);
    context.onTestFinished(() => void chat.kill('SIGKILL'));
    return chat;
  };
}
let lastRoom = 4711;

/** As the lab counts its sites, from 1: the third byte of the external address. */
function siteNumber(lab: Lab, site: string): number {
  return Number(lab.routers[site]!.addresses[0]!.split('.')[2]);
}

test(
  'a NAT that maps in another way than its probe has shown is found by the spray',
  { timeout },
  async (context) => {
    const lab = await theLab(context);
    const chat = chatsIn(lab, context);
    // On a busy machine the relay may be faster than a spray.
    const bob = chat('changed2', ['--no-relay']);
    await bob.line('rendezvous', ({ state }) => state === 'waiting');
    const router = lab.routers['changed2']!;
    await loadRules(
      router,
      natRules(random, {
        external: router.addresses[0]!,
        proxy: undefined,
        number: siteNumber(lab, 'changed2'),
        zone: 1,
      }),
    );
    const alice = chat('changed1', ['--no-relay']);
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
    const lab = await theLab(context);
    const rendezvous = lab.hosts['rendezvous']!;
    const chat = chatsIn(lab, context);
    context.onTestFinished(() => exec(rendezvous, ['nft', 'delete table inet shut']));
    await loadRules(
      rendezvous,
      'table inet shut {\nchain arriving {\ntype filter hook input priority 0\ntcp dport 8878 drop\n}\n}\n',
    );
    const pair = [chat('blocked1'), chat('blocked2')];
    for (const peer of pair) {
      expect(await peer.line('connected')).toMatchObject({ path: 'direct' });
      expect(peer.lines.filter(({ event, n }) => event === 'attempt' && n !== 1)).toEqual([]);
      peer.endInput();
    }
    for (const peer of pair) {
      await peer.exited;
    }
    for (const name of ['blocked1', 'blocked2']) {
      const router = lab.routers[name]!;
      const number = siteNumber(lab, name);
      const rules = natRules(random, { external: router.addresses[0]!, proxy: undefined, number, zone: 1 });
      await loadRules(router, rules);
    }
    for (const peer of [
      chat('blocked1', ['--no-relay', '--attempts', '1']),
      chat('blocked2', ['--attempts', '1']),
    ]) {
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
    const lab = await theLab(context);
    const chat = chatsIn(lab, context);
    // Even forty dials may hit one of the peer's 256 sockets, so the path between the two is cut.
    const shut = `add table ip shut; add chain ip shut ways { type filter hook forward priority 0; };
    add rule ip shut ways iifname short1 oifname short2 drop;
    add rule ip shut ways iifname short2 oifname short1 drop;`;
    expect(await lab.routers['internet']!.exec(['nft', shut])).toMatchObject({ code: 0 });
    const pair = [
      chat('short1', ['--no-relay', '--attempts', '3'], ['prlimit', '--nofile=64:64']),
      chat('short2', ['--no-relay', '--attempts', '3']),
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
  // The machine of the rendezvous is one of them.
  const lab = await labOrSkip(context, { sites: { alice: ordinary, bob: ordinary } });
  for (const host of Object.values(lab.hosts)) {
    await exec(host, ['sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6']);
  }
  await serveIn(lab);
  const chat = chatsIn(lab, context);
  for (const peer of [chat('alice'), chat('bob')]) {
    expect(await peer.line('connected')).toMatchObject({ path: 'direct', family: 4 });
  }
});

test(
  'an interface that goes away during a round ends the punch with the reason',
  { timeout },
  async (context) => {
    const lab = await theLab(context);
    const chat = chatsIn(lab, context);
    const alice = chat('unplugged1', ['--no-relay', '--attempts', '2']);
    chat('unplugged2', ['--no-relay', '--attempts', '2']);
    await alice.line('plan', ({ strategy }) => strategy === 'host');
    await exec(lab.hosts['unplugged1']!, [
      'sh',
      '-c',
      'ip link set "$(ip -o route show default | sed "s/.* dev \\\\([^ ]*\\\\).*/\\\\1/")" down',
    ]);
    expect(await alice.line('error')).toMatchObject({
      code: 'ERR_PUNCH_FAILED',
      message: expect.stringMatching(/this machine no longer has its address \d+\./),
      hint: expect.stringMatching(/has lost the network/),
    });
    expect(await alice.exited).toEqual({ code: 6, signal: null });
  },
);
