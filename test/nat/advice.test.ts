import { expect, test } from 'vitest';
import { adviceOf } from '../../source/nat/advice.ts';
import type { Diagnosis } from '../../source/nat/diagnosis.ts';
import { reachOf } from '../../source/nat/reach.ts';
import { ordinaryNat } from '../helpers/lab/ordinary-nat.ts';

function advise(found: Partial<Diagnosis>, ipv6?: Diagnosis) {
  return adviceAfter(8878, found, ipv6);
}

/** Without a probe port, STUN servers were asked. */
function adviceAfter(probePort: number | undefined, found: Partial<Diagnosis>, ipv6?: Diagnosis) {
  const ipv4 = { ...ordinaryNat, ...found };
  return adviceOf({ ipv4, ipv6, reach: reachOf(ipv4, ipv6, false), probePort }).join('\n');
}

test('an ordinary NAT gets no advice', () => {
  expect(advise({})).toBe('');
});

test.each<[string, Partial<Diagnosis>, RegExp]>([
  ['a blocked probe port', { mapping: 'unknown' }, /port 8878 out/],
  ['a rendezvous with one address', { mapping: 'not address-and-port-dependent' }, /--probe-host/],
  ['a filter of which half is known', { filtering: 'not address-and-port-dependent' }, /--probe-host/],
  [
    'another port for each destination',
    { mapping: 'address-and-port-dependent', sequence: 'random' },
    /symmetric NAT/,
  ],
  ['peers that are out of reach', { mapping: 'address-dependent', sequence: 'random' }, /IPv6 on both sides/],
  [
    'a rendezvous in the same network',
    { mapped: { address: '192.168.1.2', port: 1 } },
    /in your own network/,
  ],
])('%s gets advice', (_, found, expected) => {
  expect(advise(found)).toMatch(expected);
});

test.each<[string, Partial<Diagnosis>, string[]]>([
  ['an ordinary NAT', { filtering: 'unknown' }, []],
  [
    'only one answer',
    { mapping: 'unknown', filtering: 'unknown' },
    ['Name another with --stun HOST[:PORT].'],
  ],
  [
    'two ports of one server',
    { mapping: 'not address-and-port-dependent', filtering: 'unknown' },
    ['A STUN server at another address'],
  ],
  [
    'a server in the same network',
    { mapped: { address: '192.168.1.2', port: 1 }, filtering: 'unknown' },
    ['This STUN server is in your own network'],
  ],
])('after STUN, %s gets advice on STUN servers, and that a rendezvous shows more', (_, found, expected) => {
  const advice = adviceAfter(undefined, found).split('\n');
  expect(advice).toEqual([
    ...expected.map((text) => expect.stringContaining(text)),
    'What the NAT lets in cannot be seen by STUN. A rendezvous (--server) dials back and shows it.',
  ]);
});

test('a machine whose IPv6 works is not told to switch it on', () => {
  const ipv6: Diagnosis = { ...ordinaryNat, family: 6, mapping: 'none' };
  expect(advise({ mapping: 'address-dependent', sequence: 'random' }, ipv6)).not.toContain('IPv6');
});

test('without a diagnosis there is no advice', () => {
  expect(adviceOf({ ipv4: undefined, ipv6: undefined, reach: [], probePort: 8878 })).toEqual([]);
});

test.each([
  ['slirp', 'behind slirp (slirp4netns, QEMU, VirtualBox)'],
  ['passt', "behind passt (Podman's pasta)"],
] as const)(
  'a container behind %s is told how to leave it, and nothing of other networks',
  (container, name) => {
    const ipv4 = { ...ordinaryNat, mapping: 'address-and-port-dependent' as const };
    const advice = adviceOf({ ipv4, ipv6: undefined, reach: [], probePort: 8878, container }).join(' ');
    expect(advice).toContain(name);
    expect(advice).toContain('--network host');
    expect(advice).toContain('--here=4711');
    expect(advice).not.toContain('another network');
  },
);
