import { expect, test } from 'vitest';
import type { Answer, Dependence, Site } from '../../source/lab/plan/description.ts';
import { siteKinds } from '../../source/lab/plan/site-kinds.ts';
import { eventually } from '../helpers/eventually.ts';
import { patience, startAgent, type Agent } from '../helpers/programs/agent.ts';
import { countTraffic, labOrSkip } from '../helpers/lab/lab.ts';

const mappings: Dependence[] = ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'];

interface LetIn {
  readonly otherPort: string;
  readonly otherAddress: string;
  readonly otherSite: string;
}

/** Which dials get in at a mapping that was made for one endpoint of the rendezvous. */
const letIn: [Dependence, LetIn][] = [
  ['endpoint-independent', { otherPort: 'connected', otherAddress: 'connected', otherSite: 'connected' }],
  ['address-dependent', { otherPort: 'connected', otherAddress: 'silence', otherSite: 'silence' }],
  ['address-and-port-dependent', { otherPort: 'silence', otherAddress: 'silence', otherSite: 'silence' }],
];

test('each filtering lets in the expected dials, at a port of each mapping and without translation', async (context) => {
  const cases = letIn.flatMap(([filtering, expected]) =>
    [...mappings, 'none' as const].map((mapping) => ({ site: { mapping, filtering }, expected })),
  );
  const sites = Object.fromEntries(cases.map(({ site }, index) => [`site${index}`, site]));
  const lab = await labOrSkip(context, {
    sites: { ...sites, bob: { mapping: 'none', filtering: 'endpoint-independent' } },
  });
  const [rendezvous, bob] = [startAgent(lab.hosts['rendezvous']!), startAgent(lab.hosts['bob']!)];
  const addresses = lab.hosts['rendezvous']!.addresses as [string, string];
  const found = await Promise.all(
    cases.map(async ({ expected, site }, index) => {
      const inside = startAgent(lab.hosts[`site${index}`]!);
      return { site, dials: await dialIn({ inside, rendezvous, bob, addresses }, expected) };
    }),
  );
  expect(found).toEqual(cases.map(({ expected, site }) => ({ site, dials: expected })));
});

interface Agents {
  readonly inside: Agent;
  readonly rendezvous: Agent;
  readonly bob: Agent;
  /** Those of the rendezvous. */
  readonly addresses: readonly [string, string];
}

async function dialIn({ addresses, bob, inside, rendezvous }: Agents, expected: LetIn): Promise<LetIn> {
  const [first, second] = addresses;
  const { port } = await rendezvous.listen(0);
  const { localPort, seen } = await inside.dial({ address: first, port });
  await inside.listen(localPort);

  const [otherPort, otherAddress, otherSite] = await Promise.all([
    rendezvous.dial(seen!, { address: first, ...patience(expected.otherPort) }),
    rendezvous.dial(seen!, { address: second, ...patience(expected.otherAddress) }),
    bob.dial(seen!, patience(expected.otherSite)),
  ]);
  return { otherPort: otherPort.outcome, otherAddress: otherAddress.outcome, otherSite: otherSite.outcome };
}

test('a port that a counting NAT assigns again leads to its new owner', async (context) => {
  const lab = await labOrSkip(context, {
    sites: {
      alice: {
        mapping: 'address-and-port-dependent',
        ports: 'sequential',
        filtering: 'endpoint-independent',
      },
    },
  });
  const { alice: host, rendezvous: outside } = lab.hosts;
  const [alice, rendezvous] = [startAgent(host!), startAgent(outside!)];
  const [address, second] = outside!.addresses as [string, string];
  const { port } = await rendezvous.listen(0);
  const first = await alice.dial({ address, port });
  // These dials are refused at once and make one mapping less than there are ports.
  const dials = `const net = require('node:net');
    const next = (left) => left > 0 && net.connect(1, '${address}').on('error', () => next(left - 1));
    for (let lane = 0; lane < 63; lane += 1) next(65);`;
  expect(await host!.exec([process.execPath, '-e', dials])).toMatchObject({ code: 0, stderr: '' });
  const again = await alice.dial({ address: second, port });
  expect(again.seen).toEqual(first.seen);
  expect(again.localPort).not.toBe(first.localPort);

  await alice.hangUp();
  await alice.listen(again.localPort);
  expect(await rendezvous.dial(again.seen!)).toMatchObject({ outcome: 'connected' });
});

const answers: [Answer, { outcome: string; resets: number; unreachables: number }][] = [
  ['drop', { outcome: 'silence', resets: 0, unreachables: 0 }],
  ['rst', { outcome: 'ECONNREFUSED', resets: 1, unreachables: 0 }],
  ['icmp', { outcome: 'ECONNREFUSED', resets: 0, unreachables: 1 }],
];

test('a SYN that nobody may receive gets the answer of the router, at a port with a mapping and at one without, and uses up no port', async (context) => {
  const sites = Object.fromEntries(
    answers.map(([unsolicited]): [string, Site] => [
      unsolicited,
      {
        mapping: 'address-and-port-dependent',
        ports: 'sequential',
        filtering: 'address-dependent',
        unsolicited,
      },
    ]),
  );
  const lab = await labOrSkip(context, { sites });
  const rendezvous = startAgent(lab.hosts['rendezvous']!);
  const [first, second] = lab.hosts['rendezvous']!.addresses as [string, string];
  const { port } = await rendezvous.listen(0);
  for (const [name, expected] of answers) {
    const inside = startAgent(lab.hosts[name]!);
    const { seen } = await inside.dial({ address: first, port });
    for (const at of [seen!.port, seen!.port + 1000]) {
      const count = await countTraffic(lab.routers['internet']!, {
        resets: `iifname "${name}" tcp flags & rst == rst`,
        unreachables: `iifname "${name}" icmp type destination-unreachable icmp code port-unreachable`,
      });
      const { outcome } = await rendezvous.dial(
        { ...seen!, port: at },
        { address: second, ...patience(expected.outcome) },
      );
      const { resets, unreachables } = await count();
      expect({ name, outcome, resets: resets.packets, unreachables: unreachables.packets }).toEqual({
        name,
        ...expected,
      });
    }
    const after = await inside.dial({ address: second, port });
    expect(after.seen!.port).toBe(seen!.port + 1);
  }
});

test('a late answer to a SYN comes after 6 s, and not at all if a SYN of that connection has left meanwhile', async (context) => {
  const site: Site = { ...siteKinds['port-restricted']!.site, unsolicited: 'icmp-late' };
  const lab = await labOrSkip(context, { sites: { alice: site } });
  const [alice, rendezvous, other] = [
    startAgent(lab.hosts['alice']!),
    startAgent(lab.hosts['rendezvous']!),
    startAgent(lab.hosts['rendezvous']!),
  ];
  const [address = ''] = lab.hosts['rendezvous']!.addresses;
  const [external = ''] = lab.routers['alice']!.addresses;
  // The TCP header of the SYN stands behind 8 bytes of ICMP and 20 of IPv4.
  const count = await countTraffic(lab.routers['internet']!, {
    answered: 'iifname "alice" icmp type destination-unreachable @th,240,16 5001',
    met: 'iifname "alice" icmp type destination-unreachable @th,240,16 5002',
    arrived: 'oifname "alice" tcp dport 5002 tcp flags & (syn | ack) == syn',
  });
  // The SYN of alice has 6 s, so her program must run before.
  await Promise.all([alice, rendezvous, other].map((agent) => agent.listen(0)));
  const meeting = rendezvous.meet({ address: external, port: 5002 }, { from: 4002 });
  await eventually(async () => expect((await count()).arrived.packets).toBeGreaterThan(0));
  const [met, refused] = await Promise.all([
    alice.meet({ address, port: 4002 }, { from: 5002 }),
    other.dial({ address: external, port: 5001 }),
  ]);
  expect([met.outcome, (await meeting).outcome]).toEqual(['connected', 'connected']);
  expect(refused.outcome).toBe('ECONNREFUSED');
  expect(refused.ms).toBeGreaterThan(5900);
  // A line keeps the order, so the copy of the first SYN has come back by now.
  const counted = await count();
  expect(counted.answered.packets).toBeGreaterThan(0);
  expect(counted.met.packets).toBe(0);
});
