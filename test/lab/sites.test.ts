import { describe, expect, test } from 'vitest';
import type { Site } from '../../source/lab/plan/description.ts';
import type { Lab } from '../../source/lab/lab.ts';
import {
  patience,
  silenceMs,
  startAgent,
  type Agent,
  type DialOptions,
  type Endpoint,
} from '../helpers/programs/agent.ts';
import { countTraffic, labOrSkip } from '../helpers/lab/lab.ts';

const ordinary: Site = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' };

/** Both dial the other's endpoint at once, from the ports that have the mappings. */
async function meet(lab: Lab, first: Meeting, second: Meeting): Promise<string[]> {
  const [one, two] = [startAgent(lab.hosts[first.host]!), startAgent(lab.hosts[second.host]!)];
  const met = await Promise.all([
    one.meet(second.at, dialOptions(first)),
    two.meet(first.at, dialOptions(second)),
  ]);
  return met.map(({ outcome }) => outcome);
}

function dialOptions({ at, from = at.port, timeoutMs }: Meeting): DialOptions {
  return timeoutMs === undefined ? { from } : { from, timeoutMs };
}

interface Meeting {
  readonly host: string;
  readonly at: Endpoint;
  readonly from?: number;
  readonly timeoutMs?: number;
}

describe('hairpinning', { concurrent: true }, () => {
  const home: Site = { ...ordinary, hosts: ['ann', 'abe'] };

  test('lets hosts behind one NAT connect at their mapped endpoints, within the NAT', async (context) => {
    const lab = await labOrSkip(context, { sites: { home: { ...home, hairpin: true } } });
    const count = await countTraffic(lab.routers['internet']!, { any: 'meta l4proto tcp' });
    const address = lab.routers['home']!.addresses[0]!;
    const outcomes = await meet(
      lab,
      { host: 'ann', at: { address, port: 4001 } },
      { host: 'abe', at: { address, port: 4002 } },
    );
    expect(outcomes).toEqual(['connected', 'connected']);
    expect((await count()).any.packets).toBe(0);
  });

  test.for([
    ['endpoint-independent', 'connected'],
    ['address-and-port-dependent', 'silence'],
  ] as const)('filters like outside: %s, %s', async ([filtering, outcome], context) => {
    const lab = await labOrSkip(context, { sites: { home: { ...home, filtering, hairpin: true } } });
    const [ann, abe] = [startAgent(lab.hosts['ann']!), startAgent(lab.hosts['abe']!)];
    const mapped = await listenMapped(lab, ann);
    expect((await abe.dial(mapped, patience(outcome))).outcome).toBe(outcome);
  });

  test('shows the external address and port of the caller', async (context) => {
    const site: Site = { ...home, filtering: 'endpoint-independent', hairpin: true };
    const lab = await labOrSkip(context, { sites: { home: site } });
    const [ann, abe] = [startAgent(lab.hosts['ann']!), startAgent(lab.hosts['abe']!)];
    const mapped = await listenMapped(lab, ann);
    expect((await abe.dial(mapped, { from: 4002 })).seen).toEqual({ address: mapped.address, port: 4002 });
  });

  test('is off unless asked for', async (context) => {
    const lab = await labOrSkip(context, { sites: { home: { ...home, filtering: 'endpoint-independent' } } });
    const [ann, abe] = [startAgent(lab.hosts['ann']!), startAgent(lab.hosts['abe']!)];
    const rendezvous = startAgent(lab.hosts['rendezvous']!);
    const mapped = await listenMapped(lab, ann);
    expect((await rendezvous.dial(mapped)).outcome).toBe('connected');
    expect((await abe.dial(mapped, { timeoutMs: silenceMs })).outcome).toBe('silence');
    const inside = { address: lab.hosts['ann']!.addresses[0]!, port: 4001 };
    expect((await abe.dial(inside)).seen?.address).toBe(lab.hosts['abe']!.addresses[0]);
  });
});

/** Lets an agent make a mapping and listen on its port. */
async function listenMapped(lab: Lab, agent: Agent): Promise<Endpoint> {
  const rendezvous = startAgent(lab.hosts['rendezvous']!);
  const known = { ...(await rendezvous.listen(0)), address: lab.hosts['rendezvous']!.addresses[0]! };
  const { seen } = await agent.dial(known, { from: 4001 });
  await agent.listen(4001);
  return seen!;
}

describe('a NAT behind a NAT', { concurrent: true }, () => {
  const carrier: Site = { ...ordinary, hosts: [] };
  const customer: Site = { ...ordinary, behind: 'carrier' };

  test('shows the address of the outer one, and lets its hosts connect to others', async (context) => {
    const lab = await labOrSkip(context, { sites: { carrier, alice: customer, bob: ordinary } });
    const [alice, rendezvous] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['rendezvous']!)];
    const outer = lab.routers['carrier']!.addresses[0]!;
    const known = { ...(await rendezvous.listen(0)), address: lab.hosts['rendezvous']!.addresses[0]! };
    expect((await alice.dial(known, { from: 4001 })).seen).toEqual({ address: outer, port: 4001 });
    const outcomes = await meet(
      lab,
      { host: 'alice', at: { address: outer, port: 4003 } },
      { host: 'bob', at: { address: lab.routers['bob']!.addresses[0]!, port: 4004 } },
    );
    expect(outcomes).toEqual(['connected', 'connected']);
  });

  test.for([true, false])(
    'lets two customers of one carrier meet if it hairpins: %s',
    async (hairpin, context) => {
      const lab = await labOrSkip(context, {
        sites: { carrier: { ...carrier, hairpin }, alice: customer, bob: customer },
      });
      const address = lab.routers['carrier']!.addresses[0]!;
      const waits = patience(hairpin ? 'connected' : 'silence');
      const outcomes = await meet(
        lab,
        { host: 'alice', at: { address, port: 4001 }, ...waits },
        { host: 'bob', at: { address, port: 4002 }, ...waits },
      );
      expect(outcomes).toEqual(hairpin ? ['connected', 'connected'] : ['silence', 'silence']);
    },
  );

  test('lets two customers connect at their addresses between the NATs', async (context) => {
    const lab = await labOrSkip(context, { sites: { carrier, alice: customer, bob: customer } });
    const outcomes = await meet(
      lab,
      { host: 'alice', at: { address: lab.routers['alice']!.addresses[0]!, port: 4001 } },
      { host: 'bob', at: { address: lab.routers['bob']!.addresses[0]!, port: 4002 } },
    );
    expect(outcomes).toEqual(['connected', 'connected']);
  });
});

test('two sites with the same private network connect at their mapped endpoints, and nowhere else', async (context) => {
  const site: Site = { ...ordinary, network: '192.168.1.0/24' };
  const lab = await labOrSkip(context, { sites: { alice: site, bob: site } });
  expect(lab.hosts['alice']!.addresses).toEqual(lab.hosts['bob']!.addresses);
  const outcomes = await meet(
    lab,
    { host: 'alice', at: { address: lab.routers['alice']!.addresses[0]!, port: 4001 } },
    { host: 'bob', at: { address: lab.routers['bob']!.addresses[0]!, port: 4002 } },
  );
  expect(outcomes).toEqual(['connected', 'connected']);
  const [alice, bob] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['bob']!)];
  const { port } = await bob.listen(0);
  expect((await alice.dial({ address: lab.hosts['bob']!.addresses[0]!, port })).outcome).toBe('ECONNREFUSED');
});

describe('IPv6', { concurrent: true }, () => {
  test('reaches an open site from outside, and a firewalled one only if both dial', async (context) => {
    const lab = await labOrSkip(context, {
      sites: {
        alice: { ...ordinary, ipv6: 'firewall' },
        bob: { ...ordinary, ipv6: 'firewall' },
        eve: { ...ordinary, ipv6: 'open' },
        mallory: ordinary,
      },
    });
    const [alice, eve, mallory] = ['alice', 'eve', 'mallory'].map((name) => startAgent(lab.hosts[name]!));
    function ipv6(name: string) {
      return lab.hosts[name]!.addresses[1]!;
    }
    const atAlice = { address: ipv6('alice'), port: (await alice!.listen(0, '::')).port };
    const atEve = { address: ipv6('eve'), port: (await eve!.listen(0, '::')).port };

    expect((await alice!.dial(atEve)).seen?.address).toBe(ipv6('alice'));
    expect((await eve!.dial(atAlice, { timeoutMs: silenceMs })).outcome).toBe('silence');
    expect((await mallory!.dial(atEve)).outcome).toBe('ENETUNREACH');
    const outcomes = await meet(
      lab,
      { host: 'alice', at: { address: ipv6('alice'), port: 4001 } },
      { host: 'bob', at: { address: ipv6('bob'), port: 4002 } },
    );
    expect(outcomes).toEqual(['connected', 'connected']);
  });

  test('leads to the rendezvous, which sees the address of the host itself', async (context) => {
    const lab = await labOrSkip(context, { sites: { alice: { ...ordinary, ipv6: 'firewall' } } });
    const [alice, rendezvous] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['rendezvous']!)];
    const { port } = await rendezvous.listen(0, '::');
    const { seen } = await alice.dial(
      { address: lab.hosts['rendezvous']!.addresses[2]!, port },
      { from: 4001 },
    );
    expect(seen).toEqual({ address: lab.hosts['alice']!.addresses[1], port: 4001 });
  });
});
