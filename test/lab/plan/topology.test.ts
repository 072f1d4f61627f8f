import { describe, expect, test } from 'vitest';
import type { LabDescription, Site } from '../../../source/lab/plan/description.ts';
import { buildCommands } from '../../../source/lab/plan/commands.ts';
import { layOut } from '../../../source/lab/plan/topology.ts';
import { PunchlineError } from '../../../source/errors.ts';

const ordinary: Site = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' };

function namespacesOf(description: LabDescription) {
  return new Map(layOut(description).namespaces.map((namespace) => [namespace.name, namespace]));
}

describe('layOut', () => {
  test('gives each site a router with an external address, and hosts with inside ones', () => {
    const namespaces = namespacesOf({
      sites: { alice: ordinary, bob: { ...ordinary, hosts: ['ben', 'bea'] } },
    });
    const addresses = Object.fromEntries(
      [...namespaces].map(([name, namespace]) => [name, namespace.addresses]),
    );
    expect(addresses).toEqual({
      internet: [],
      rendezvous: ['50.0.0.2', '50.0.0.3'],
      'alice.router': ['50.0.1.2'],
      alice: ['192.168.1.2'],
      'bob.router': ['50.0.2.2'],
      ben: ['192.168.2.2'],
      bea: ['192.168.2.3'],
    });
  });

  test('puts a site behind another into the inside network of that one, in any order', () => {
    const namespaces = namespacesOf({
      sites: {
        alice: { ...ordinary, behind: 'carrier' },
        carrier: { ...ordinary, hosts: [] },
        bob: { ...ordinary, behind: 'carrier' },
      },
    });
    expect(namespaces.get('carrier.router')?.addresses).toEqual(['50.0.1.2']);
    expect(namespaces.get('alice.router')?.addresses).toEqual(['100.64.1.100']);
    expect(namespaces.get('bob.router')?.addresses).toEqual(['100.64.1.110']);
    expect(namespaces.get('alice')?.addresses).toEqual(['192.168.2.2']);
  });

  test('gives two sites the same private network if the description says so', () => {
    const network = '192.168.1.0/24';
    const namespaces = namespacesOf({
      sites: { alice: { ...ordinary, network }, bob: { ...ordinary, network } },
    });
    expect(namespaces.get('alice')?.addresses).toEqual(['192.168.1.2']);
    expect(namespaces.get('bob')?.addresses).toEqual(['192.168.1.2']);
  });

  test('gives the internet routes to public networks only', () => {
    const { ip } = namespacesOf({ sites: { alice: ordinary, bob: ordinary } }).get('internet')!;
    expect(ip.filter((line) => line.startsWith('route'))).toEqual(['route add blackhole default']);
    expect(ip.filter((line) => line.includes('192.168'))).toEqual([]);
  });

  test('routes untranslated and IPv6 networks through every router above', () => {
    const open: Site = { mapping: 'none', filtering: 'endpoint-independent', ipv6: 'open' };
    const namespaces = namespacesOf({
      sites: { isp: { ...open, hosts: [] }, alice: { ...open, behind: 'isp' } },
    });
    expect(namespaces.get('internet')?.ip).toEqual(
      expect.arrayContaining([
        'route add 50.1.2.0/24 via 50.0.1.254',
        'route add 2a00:5000:1:2::/64 via 2a00:5000:0:1::fe',
      ]),
    );
    expect(namespaces.get('isp.router')?.ip).toEqual(
      expect.arrayContaining([
        'route add 50.1.2.0/24 via 50.1.1.254',
        'route add 2a00:5000:1:2::/64 via 2a00:5000:1:1::fe',
      ]),
    );
    expect(namespaces.get('alice')?.addresses).toEqual(['50.1.2.2', '2a00:5000:1:2::2']);
  });
});

describe('buildCommands', () => {
  test('makes namespaces, then settings, links, addresses and rules, each with one command', () => {
    const commands = buildCommands(layOut({ sites: { alice: ordinary } }));
    const inside = ['internet', 'rendezvous', 'alice.router', 'alice'];
    expect(commands.map(({ argv, namespace }) => [argv[0], namespace])).toEqual([
      ['ip', undefined],
      ...inside.map((name) => ['sh', name]),
      ['ip', undefined],
      ...inside.map((name) => ['ip', name]),
      ['nft', 'alice.router'],
    ]);
    expect(commands[0]?.input).toBe(inside.map((name) => `netns add ${name}\n`).join(''));
  });
});

describe('a description', () => {
  const cases: [string, LabDescription, RegExp][] = [
    ['a name with a blank', { sites: { 'a b': ordinary } }, /"a b" is not a letter with/],
    [
      'a name longer than a link may have',
      { sites: { abcdefghijklmnop: ordinary } },
      /"abcdefghijklmnop" is not/,
    ],
    ['a name of the lab', { sites: { internet: ordinary } }, /the lab itself uses the name "internet"/],
    ['one host twice', { sites: { a: { ...ordinary, hosts: ['x', 'x'] } } }, /two hosts named "x"/],
    [
      'a host named like another site',
      { sites: { a: { ...ordinary, hosts: ['b'] }, b: ordinary } },
      /host "b" is named like another site/,
    ],
    [
      'a site behind nobody',
      { sites: { a: { ...ordinary, behind: 'b' } } },
      /behind "b", which does not exist/,
    ],
    [
      'a circle',
      { sites: { a: { ...ordinary, behind: 'b' }, b: { ...ordinary, behind: 'a' } } },
      /"a" is behind itself/,
    ],
    [
      'IPv6 behind a site without',
      { sites: { a: { ...ordinary, behind: 'b', ipv6: 'open' }, b: ordinary } },
      /the site "b" in front of it has none/,
    ],
    [
      'preserved ports per destination',
      { sites: { a: { ...ordinary, mapping: 'address-dependent', ports: 'preserved' } } },
      /preserved ports go with endpoint-independent/,
    ],
    [
      'ports without a mapping',
      { sites: { a: { ...ordinary, mapping: 'none', ports: 'random' } } },
      /no choice of ports/,
    ],
    [
      'a NAT64 without a NAT',
      { sites: { a: { mapping: 'none', filtering: 'endpoint-independent', nat64: true } } },
      /"a": a NAT64 needs a NAT behind it/,
    ],
    [
      'a NAT64 for containers',
      { sites: { a: { ...ordinary, nat64: true, container: 'passt' } } },
      /goes neither with a proxy nor with containers/,
    ],
    [
      'a network of another size',
      { sites: { a: { ...ordinary, network: '10.0.0.0/8' } } },
      /"10.0.0.0\/8" is not of the form/,
    ],
    [
      'an idle time of half a second',
      { sites: { a: { ...ordinary, idleSeconds: 0.5 } } },
      /0.5 s is not a whole number/,
    ],
    ['an MTU that no link has', { sites: { a: { ...ordinary, mtuBytes: 9000 } } }, /an MTU of 9000 bytes/],
    [
      'a jitter above the delay',
      { sites: { a: { ...ordinary, line: { delayMs: 5, jitterMs: 10 } } } },
      /jitter of 10 ms is more/,
    ],
    [
      'a loss above everything',
      { sites: { a: { ...ordinary, line: { lossPercent: 101 } } } },
      /loss of 101 %/,
    ],
    ['no number at all', { sites: { a: { ...ordinary, line: { delayMs: Number.NaN } } } }, /delay of NaN ms/],
  ];

  test.for(cases)('with %s is refused by name', ([, description, message]) => {
    function refuse() {
      return layOut(description);
    }
    expect(refuse).toThrow(PunchlineError);
    expect(refuse).toThrow(message);
  });
});
