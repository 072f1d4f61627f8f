import { expect, test } from 'vitest';
import type { Diagnosis } from '../../source/nat/diagnosis.ts';
import { reachOf } from '../../source/nat/reach.ts';
import { verdictOf } from '../../source/nat/verdict.ts';
import { ordinaryNat } from '../helpers/lab/ordinary-nat.ts';

const strict = 'address-and-port-dependent';

function verdict(found: Partial<Diagnosis>): string {
  const ipv4 = { ...ordinaryNat, ...found };
  return verdictOf({ ipv4, ipv6: undefined, reach: reachOf(ipv4, undefined, false) });
}

test.each([
  [{}, 'Your NAT is an ordinary one: direct chats with nearly everyone.'],
  [{ filtering: 'address-dependent' }, 'Your NAT is an ordinary one: direct chats with everyone.'],
  [{ filtering: 'endpoint-independent' }, 'Your NAT lets everybody in: direct chats with everyone.'],
  [
    { mapping: 'not address-and-port-dependent' },
    'Your NAT is an ordinary one: direct chats with nearly everyone.',
  ],
  [
    { mapping: 'none', filtering: 'endpoint-independent' },
    'There is no NAT in front of you: direct chats with everyone.',
  ],
  [{ mapping: 'none' }, 'No NAT, but a firewall: direct chats with nearly everyone.'],
  [
    { mapping: strict, sequence: 'step', step: 1 },
    'Your NAT counts its ports up: direct chats with most, with the others over the relay.',
  ],
  [
    { mapping: strict, sequence: 'random' },
    'Your NAT uses random ports: direct chats with those who have an ordinary NAT or none, with others over the relay.',
  ],
  [
    { mapping: strict, sequence: 'random', filtering: 'address-dependent' },
    'Your NAT uses random ports: direct chats with nearly everyone.',
  ],
  [
    { mapping: 'address-dependent' },
    'Your NAT uses another port for each address: direct chats with those who have an ordinary NAT or none, with others over the relay.',
  ],
  [
    { mapping: 'unknown' },
    'What your NAT does could not be seen: direct chats with those who let everybody in, and perhaps with others.',
  ],
  [
    { mapped: { address: '10.0.0.1', port: 4001 } },
    'Your NAT is an ordinary one: direct chats with nearly everyone, as far as this local network shows.',
  ],
] satisfies [Partial<Diagnosis>, string][])('(%#) %j: %s', (found, expected) => {
  expect(verdict(found)).toBe(expected);
});

test('a test of IPv6 alone tells of IPv6 alone', () => {
  const ipv6: Diagnosis = {
    ...ordinaryNat,
    family: 6,
    mapping: 'none',
    local: { address: '2a01:4f8::2', port: 4001 },
    mapped: { address: '2a01:4f8::2', port: 4001 },
  };
  expect(verdictOf({ ipv4: undefined, ipv6, reach: reachOf(undefined, ipv6, true) })).toBe(
    'No NAT, but a firewall: direct chats with everyone who has IPv6.',
  );
});
