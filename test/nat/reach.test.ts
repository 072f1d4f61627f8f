import { expect, test } from 'vitest';
import { natOf, type Diagnosis, type Nat } from '../../source/nat/diagnosis.ts';
import {
  forwardedReach,
  pairReach,
  reachOf,
  withMappedPort,
  type Answer,
  type Reach,
} from '../../source/nat/reach.ts';
import type { Site } from '../../source/lab/plan/description.ts';
import { isReachable } from '../../source/lab/matrix/pairs.ts';
import { ordinaryNat } from '../helpers/lab/ordinary-nat.ts';

const endpoint = { address: '50.0.1.2', port: 4001 };
function diagnosis(found: Partial<Diagnosis>): Diagnosis {
  return { ...ordinaryNat, ...found };
}

function verdicts(reach: readonly Reach[]) {
  return Object.fromEntries(reach.map(({ peer, verdict }) => [peer, verdict]));
}

const counting = { mapping: 'address-and-port-dependent', sequence: 'step', step: 1 } as const;
const random = { mapping: 'address-and-port-dependent', sequence: 'random' } as const;

/** Ordinary, counting, random, address-dependent peers. */
const table: [string, Partial<Diagnosis>, Reach['verdict'][]][] = [
  [
    'no NAT, no firewall',
    { mapping: 'none', filtering: 'endpoint-independent' },
    ['yes', 'yes', 'yes', 'yes'],
  ],
  ['no NAT, a firewall', { mapping: 'none' }, ['yes', 'yes', 'usually', 'usually']],
  ['an ordinary NAT', {}, ['yes', 'yes', 'usually', 'usually']],
  ['one that lets in by address', { filtering: 'address-dependent' }, ['yes', 'yes', 'yes', 'yes']],
  ['one that lets everybody in', { filtering: 'endpoint-independent' }, ['yes', 'yes', 'yes', 'yes']],
  [
    'one of which little is known',
    { mapping: 'not address-and-port-dependent' },
    ['yes', 'usually', 'usually', 'usually'],
  ],
  ['one whose filter is not known', { filtering: 'unknown' }, ['yes', 'yes', 'usually', 'usually']],
  ['one whose mapping is not known', { mapping: 'unknown' }, ['unknown', 'unknown', 'unknown', 'unknown']],
  ['a counting one', counting, ['yes', 'yes', 'no', 'no']],
  [
    'a counting one that lets in by address',
    { ...counting, filtering: 'address-dependent' },
    ['yes', 'yes', 'yes', 'yes'],
  ],
  [
    'one that counts for another address or port',
    { ...counting, mapping: 'not endpoint-independent' },
    ['yes', 'yes', 'no', 'no'],
  ],
  [
    'one that is random for another address or port',
    { ...random, mapping: 'not endpoint-independent' },
    ['usually', 'no', 'no', 'no'],
  ],
  ['a random one', random, ['usually', 'no', 'no', 'no']],
  [
    'a random one that lets in by address',
    { ...random, filtering: 'address-dependent' },
    ['usually', 'usually', 'usually', 'usually'],
  ],
  [
    'a random one that lets everybody in',
    { ...random, filtering: 'endpoint-independent' },
    ['yes', 'yes', 'yes', 'yes'],
  ],
  [
    'an address-dependent one',
    { mapping: 'address-dependent', sequence: 'random' },
    ['usually', 'no', 'no', 'no'],
  ],
  [
    'one of another port at another address',
    { mapping: 'not endpoint-independent' },
    ['usually', 'no', 'no', 'no'],
  ],
];

test.each(table)('behind %s', (_, found, expected) => {
  const {
    open,
    ordinary,
    counting: toCounting,
    random: toRandom,
    'address-dependent': toOther,
  } = verdicts(reachOf(diagnosis(found), undefined, false));
  expect(open).toBe('yes');
  expect([ordinary, toCounting, toRandom, toOther]).toEqual(expected);
});

test('two strict NATs see the same chance from either side', () => {
  const kinds = {
    ordinary: diagnosis({}),
    counting: diagnosis(counting),
    random: diagnosis(random),
    'address-dependent': diagnosis({ mapping: 'address-dependent', sequence: 'random' }),
  };
  for (const [one, own] of Object.entries(kinds)) {
    for (const [another, peer] of Object.entries(kinds)) {
      expect([one, another, verdicts(reachOf(own, undefined, false))[another]]).toEqual([
        one,
        another,
        verdicts(reachOf(peer, undefined, false))[one],
      ]);
    }
  }
});

test('a peer behind the same NAT is reached through it if it hairpins, else on the local network', () => {
  expect(verdicts(reachOf(diagnosis({ hairpinning: true }), undefined, false))).toMatchObject({
    'same-network': 'yes',
  });
  expect(verdicts(reachOf(diagnosis({ hairpinning: null }), undefined, false))).toMatchObject({
    'same-network': 'usually',
  });
  expect(verdicts(reachOf(diagnosis({ mapping: 'none' }), undefined, false))).not.toHaveProperty(
    'same-network',
  );
});

function ipv6(found: Partial<Diagnosis>) {
  return diagnosis({ family: 6, ...found });
}
function over(found: Diagnosis | undefined, hasAddress: boolean) {
  return verdicts(reachOf(undefined, found, hasAddress));
}

test('IPv6 gets a verdict of its own: firewalls do not hinder it, a NAT may, and untested it is unknown', () => {
  expect(over(ipv6({ mapping: 'none' }), true)).toEqual({ ipv6: 'yes' });
  expect(over(ipv6({ mapping: 'none', filtering: 'endpoint-independent' }), true)).toEqual({ ipv6: 'yes' });
  expect(over(ipv6({}), true)).toEqual({ ipv6: 'usually' });
  expect(over(undefined, true)).toEqual({ ipv6: 'unknown' });
  expect(over(undefined, false)).toEqual({ ipv6: 'no' });
});

/** NATs as a chat sees them from one address, and one that takes two addresses to see. */
const seen = {
  open: natOf({ ...endpoint, probePort: 4001 }, false),
  ordinary: natOf({ ...endpoint, probePort: 4001 }, true),
  counting: natOf({ ...endpoint, probePort: 4002 }, true),
  random: natOf({ ...endpoint, probePort: 33_333 }, true),
  unprobed: natOf(endpoint, true),
  'address-dependent': { mapping: 'address-dependent', sequence: 'random', step: null, filtering: 'unknown' },
} as const satisfies Record<string, Nat>;

test.each<[keyof typeof seen, keyof typeof seen, Answer['verdict'], RegExp]>([
  ['open', 'open', 'yes', /both dial at the same moment/],
  ['open', 'random', 'usually', /finds its port/],
  ['random', 'open', 'usually', /finds our port/],
  ['ordinary', 'counting', 'usually', /we dial the port that its NAT gives next/],
  ['counting', 'counting', 'yes', /each dials the port/],
  ['ordinary', 'ordinary', 'usually', /both dial at the same moment/],
  ['ordinary', 'random', 'usually', /finds its port/],
  ['random', 'random', 'no', /neither port can be guessed/],
  ['random', 'counting', 'no', /each guess would change its own/],
  ['counting', 'random', 'no', /each guess would change ours/],
  ['counting', 'address-dependent', 'no', /each guess would change ours/],
  ['unprobed', 'ordinary', 'unknown', /how our NAT maps/],
  ['ordinary', 'unprobed', 'unknown', /how the peer's NAT maps/],
  ['unprobed', 'unprobed', 'unknown', /how the peer's NAT maps/],
])('of %s facing %s the chance is: %s', (own, peer, verdict, why) => {
  expect(pairReach(seen[own], seen[peer])).toEqual({ verdict, why: expect.stringMatching(why) });
});

test('the verdict of two strict NATs is no exactly if the lab finds that they cannot connect', () => {
  const strict = { filtering: 'address-and-port-dependent' } as const;
  const pairs: Record<string, [Site, Nat]> = {
    open: [{ mapping: 'none', ...strict }, seen.open],
    ordinary: [{ mapping: 'endpoint-independent', ...strict }, seen.ordinary],
    counting: [{ mapping: 'address-and-port-dependent', ports: 'sequential', ...strict }, seen.counting],
    random: [{ mapping: 'address-and-port-dependent', ports: 'random', ...strict }, seen.random],
    other: [{ mapping: 'address-dependent', ...strict }, seen['address-dependent']],
  };
  for (const [one, [site, nat]] of Object.entries(pairs)) {
    for (const [another, [otherSite, otherNat]] of Object.entries(pairs)) {
      const isRuledOut = pairReach(nat, otherNat).verdict === 'no';
      expect([one, another, isRuledOut]).toEqual([one, another, !isReachable(site, otherSite)]);
      expect(pairReach(otherNat, nat).verdict).toBe(pairReach(nat, otherNat).verdict);
    }
  }
});

test.each([
  [{ own: true, peer: false }, 'our router maps a port to us'],
  [{ own: true, peer: true }, 'our router maps a port to us'],
  [{ own: false, peer: true }, "the peer's router maps a port to it"],
])('a port that a router maps makes every pair possible: %o', (forwarded, why) => {
  expect(forwardedReach(forwarded)).toEqual({ verdict: 'yes', why });
  expect(forwardedReach({ own: false, peer: false })).toBeUndefined();
});

test('a port that our router maps lets in those whom nothing else would, and changes nothing for others', () => {
  const reach: readonly Reach[] = [
    { peer: 'ordinary', verdict: 'usually', why: 'a burst' },
    { peer: 'random', verdict: 'no', why: 'neither port can be guessed' },
    { peer: 'ipv6', verdict: 'no', why: 'this machine has no global IPv6 address' },
  ];
  expect(withMappedPort(reach, false)).toEqual(reach);
  expect(withMappedPort(reach, true)).toEqual([
    reach[0],
    { peer: 'random', verdict: 'yes', why: 'it dials the port that our router maps for us' },
    reach[2],
  ]);
});
