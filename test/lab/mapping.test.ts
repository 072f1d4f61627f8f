import { describe, expect, test, type TestContext } from 'vitest';
import type { Site } from '../../source/lab/plan/description.ts';
import { startAgent, type Endpoint } from '../helpers/programs/agent.ts';
import { labOrSkip } from '../helpers/lab/lab.ts';

const filtering = 'address-and-port-dependent';

/** The external ports that the rendezvous sees: at two ports of its first address, then at one of its second. */
async function portsSeen(context: TestContext, site: Site, localPorts: readonly number[]) {
  const lab = await labOrSkip(context, { sites: { alice: site } });
  const [alice, rendezvous] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['rendezvous']!)];
  const [first, second] = lab.hosts['rendezvous']!.addresses as [string, string];
  const ports = [(await rendezvous.listen(0)).port, (await rendezvous.listen(0)).port] as const;
  const destinations: Endpoint[] = [
    { address: first, port: ports[0] },
    { address: first, port: ports[1] },
    { address: second, port: ports[0] },
  ];
  const seen: number[][] = [];
  for (const from of localPorts) {
    const row: number[] = [];
    for (const to of destinations) {
      const dialled = await alice.dial(to, { from });
      expect(dialled.seen?.address).toBe(lab.routers['alice']!.addresses[0]);
      row.push(dialled.seen!.port);
    }
    seen.push(row);
  }
  return seen;
}

describe('endpoint-independent mapping', { concurrent: true }, () => {
  test('keeps the port for all destinations if ports are preserved', async (context) => {
    const seen = await portsSeen(context, { mapping: 'endpoint-independent', filtering }, [4001, 4002]);
    expect(seen).toEqual([
      [4001, 4001, 4001],
      [4002, 4002, 4002],
    ]);
  });

  test('gives each inside port one other port if ports are random', async (context) => {
    const site: Site = { mapping: 'endpoint-independent', ports: 'random', filtering };
    const seen = await portsSeen(context, site, [4001, 4002]);
    expect(seen.map((row) => new Set(row).size)).toEqual([1, 1]);
    expect(new Set([...seen.flat(), 4001, 4002]).size).toBe(4);
  });

  test('gives each inside port the next port if ports are sequential', async (context) => {
    const site: Site = { mapping: 'endpoint-independent', ports: 'sequential', filtering };
    const [[first = 0] = [], ...rest] = await portsSeen(context, site, [4001, 4002, 4003]);
    expect(first).toBeGreaterThan(4003);
    expect(rest).toEqual([
      [first + 1, first + 1, first + 1],
      [first + 2, first + 2, first + 2],
    ]);
  });
});

describe('address-dependent mapping', { concurrent: true }, () => {
  test('gives another random port for each address, the same for all its ports', async (context) => {
    const [row] = await portsSeen(context, { mapping: 'address-dependent', filtering }, [4001]);
    const [first, same, other] = row!;
    expect(same).toBe(first);
    expect(other).not.toBe(first);
  });

  test('counts the ports up by address if ports are sequential', async (context) => {
    const site: Site = { mapping: 'address-dependent', ports: 'sequential', filtering };
    const [[first = 0, ...rest] = [], next] = await portsSeen(context, site, [4001, 4002]);
    expect([rest, next]).toEqual([
      [first, first + 1],
      [first + 2, first + 2, first + 3],
    ]);
  });
});

describe('address-and-port-dependent mapping', { concurrent: true }, () => {
  test('gives another random port for each destination', async (context) => {
    const [row] = await portsSeen(context, { mapping: 'address-and-port-dependent', filtering }, [4001]);
    expect(new Set([...row!, 4001]).size).toBe(4);
    expect(new Set([row![1]! - row![0]!, row![2]! - row![1]!])).not.toEqual(new Set([1]));
  });

  test('counts the ports up by destination if ports are sequential', async (context) => {
    const site: Site = { mapping: 'address-and-port-dependent', ports: 'sequential', filtering };
    const [[first = 0, ...rest] = [], next] = await portsSeen(context, site, [4001, 4002]);
    expect([rest, next]).toEqual([
      [first + 1, first + 2],
      [first + 3, first + 4, first + 5],
    ]);
  });
});

test('two hosts with the same local port behind one NAT get different external ports', async (context) => {
  const lab = await labOrSkip(context, {
    sites: { home: { mapping: 'endpoint-independent', filtering, hosts: ['ann', 'abe'] } },
  });
  const [ann, abe] = [startAgent(lab.hosts['ann']!), startAgent(lab.hosts['abe']!)];
  const rendezvous = startAgent(lab.hosts['rendezvous']!);
  const [first, second] = lab.hosts['rendezvous']!.addresses as [string, string];
  const { port } = await rendezvous.listen(0);

  const ofAnn = await ann.dial({ address: first, port }, { from: 4001 });
  const ofAbe = await abe.dial({ address: second, port }, { from: 4001 });
  const ofAbeAgain = await abe.dial({ address: first, port }, { from: 4001 });

  expect(ofAnn.seen?.port).toBe(4001);
  expect(ofAbe.seen?.port).not.toBe(4001);
  expect(ofAbeAgain.seen).toEqual(ofAbe.seen);
});

test('a host without translation is seen with its own address', async (context) => {
  const lab = await labOrSkip(context, {
    sites: { alice: { mapping: 'none', filtering: 'endpoint-independent' } },
  });
  const [alice, rendezvous] = [startAgent(lab.hosts['alice']!), startAgent(lab.hosts['rendezvous']!)];
  const { port } = await rendezvous.listen(0);
  const { seen } = await alice.dial(
    { address: lab.hosts['rendezvous']!.addresses[0]!, port },
    { from: 4001 },
  );
  expect(seen).toEqual({ address: lab.hosts['alice']!.addresses[0], port: 4001 });
});
