import { expect, test } from 'vitest';
import type { Site } from '../../source/lab/plan/description.ts';
import { startAgent, type Endpoint } from '../helpers/programs/agent.ts';
import { labOrSkip } from '../helpers/lab/lab.ts';

const filtering = 'address-and-port-dependent';

const sites = {
  preserved: { mapping: 'endpoint-independent', filtering },
  shuffled: { mapping: 'endpoint-independent', ports: 'random', filtering },
  counted: { mapping: 'endpoint-independent', ports: 'sequential', filtering },
  address: { mapping: 'address-dependent', filtering },
  addresscounted: { mapping: 'address-dependent', ports: 'sequential', filtering },
  random: { mapping: 'address-and-port-dependent', filtering },
  counting: { mapping: 'address-and-port-dependent', ports: 'sequential', filtering },
} as const satisfies Record<string, Site>;

/** The local ports from which a host of each site dials. */
const localPorts: Readonly<Record<keyof typeof sites, readonly number[]>> = {
  preserved: [4001, 4002],
  shuffled: [4001, 4002],
  counted: [4001, 4002, 4003],
  address: [4001],
  addresscounted: [4001, 4002],
  random: [4001],
  counting: [4001, 4002],
};

test('each mapping shows the destinations the ports that it should', async (context) => {
  const lab = await labOrSkip(context, { sites });
  const rendezvous = startAgent(lab.hosts['rendezvous']!);
  const [first, second] = lab.hosts['rendezvous']!.addresses as [string, string];
  const ports = [(await rendezvous.listen(0)).port, (await rendezvous.listen(0)).port] as const;
  /** Two ports of the first address of the rendezvous, then one of its second. */
  const destinations: Endpoint[] = [
    { address: first, port: ports[0] },
    { address: first, port: ports[1] },
    { address: second, port: ports[0] },
  ];
  const seen = Object.fromEntries(
    await Promise.all(
      Object.entries(localPorts).map(async ([site, froms]) => {
        const inside = startAgent(lab.hosts[site]!);
        const rows: number[][] = [];
        for (const from of froms) {
          const row: number[] = [];
          for (const to of destinations) {
            const dialled = await inside.dial(to, { from });
            expect(dialled.seen?.address).toBe(lab.routers[site]!.addresses[0]);
            row.push(dialled.seen!.port);
          }
          rows.push(row);
        }
        return [site, rows] as const;
      }),
    ),
  );

  // Kept for all destinations.
  expect(seen['preserved']).toEqual([
    [4001, 4001, 4001],
    [4002, 4002, 4002],
  ]);

  const shuffled = seen['shuffled']!;
  expect(
    shuffled.map((row) => new Set(row).size),
    'one other port for each inside port',
  ).toEqual([1, 1]);
  expect(new Set([...shuffled.flat(), 4001, 4002]).size).toBe(4);

  const [[start = 0] = [], ...others] = seen['counted']!;
  expect(start).toBeGreaterThan(4003);
  // The next port for each inside port.
  expect(others).toEqual([
    [start + 1, start + 1, start + 1],
    [start + 2, start + 2, start + 2],
  ]);

  const [ofFirst, same, ofSecond] = seen['address']![0]!;
  // The same for all ports of an address.
  expect(same).toBe(ofFirst);
  // Another for each address.
  expect(ofSecond).not.toBe(ofFirst);

  const [[one = 0, ...rest] = [], next] = seen['addresscounted']!;
  // Counted up by address.
  expect([rest, next]).toEqual([
    [one, one + 1],
    [one + 2, one + 2, one + 3],
  ]);

  const row = seen['random']![0]!;
  // Another for each destination.
  expect(new Set([...row, 4001]).size).toBe(4);
  expect(new Set([row[1]! - row[0]!, row[2]! - row[1]!])).not.toEqual(new Set([1]));

  const [[begin = 0, ...more] = [], last] = seen['counting']!;
  // Counted up by destination.
  expect([more, last]).toEqual([
    [begin + 1, begin + 2],
    [begin + 3, begin + 4, begin + 5],
  ]);
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
