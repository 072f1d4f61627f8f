import { describe, expect, test } from 'vitest';
import { diagnosisOf, type Diagnosis, type Observations } from '../../source/nat/diagnosis.ts';

const inside = { address: '192.168.1.2', port: 4001 };
const other = { address: '192.168.1.2', port: 4002 };
function at(port: number, address = '50.0.1.2') {
  return { address, port };
}

/** An ordinary NAT, except for these observations. */
function observed(seen: Partial<Observations>): Observations {
  return {
    family: 4,
    roundTripMs: 81,
    first: { local: inside, mapped: at(4001) },
    atProbePort: at(4001),
    second: { local: other, mapped: at(4002) },
    atSecondAddress: at(4001),
    fromPort: 'timeout',
    fromAddress: 'timeout',
    hairpin: false,
    ...seen,
  };
}

const table: [string, Partial<Observations>, Partial<Diagnosis>][] = [
  [
    'an ordinary NAT',
    {},
    {
      mapping: 'endpoint-independent',
      sequence: null,
      step: null,
      portPreservation: true,
      filtering: 'address-and-port-dependent',
      unsolicited: 'drop',
      hairpinning: false,
    },
  ],
  [
    'one port from everywhere, but not our local one',
    { first: { local: inside, mapped: at(5000) }, atProbePort: at(5000), atSecondAddress: at(5000) },
    { mapping: 'endpoint-independent', portPreservation: false, sequence: null },
  ],
  [
    'another port at the other address',
    { atSecondAddress: at(4711) },
    { mapping: 'address-dependent', sequence: 'random', step: null },
  ],
  [
    'the next port at the other address',
    { atSecondAddress: at(4003) },
    { mapping: 'address-dependent', sequence: 'step', step: 1 },
  ],
  [
    'another port at the other port',
    { atProbePort: at(30_000), atSecondAddress: at(9000) },
    { mapping: 'address-and-port-dependent', sequence: 'random', step: null },
  ],
  [
    'the next port each time, our second local port included',
    {
      first: { local: inside, mapped: at(9000) },
      atProbePort: at(9002),
      second: { local: other, mapped: at(9004) },
      atSecondAddress: at(9010),
    },
    { mapping: 'address-and-port-dependent', sequence: 'step', step: 2 },
  ],
  [
    'ports that count down',
    {
      first: { local: inside, mapped: at(9000) },
      atProbePort: at(8999),
      second: { local: other, mapped: at(8998) },
      atSecondAddress: at(8997),
    },
    { sequence: 'step', step: -1 },
  ],
  [
    'two SYNs that have changed places',
    {
      first: { local: inside, mapped: at(9001) },
      atProbePort: at(9000),
      second: { local: other, mapped: at(9002) },
      atSecondAddress: at(9003),
    },
    { sequence: 'step', step: 1 },
  ],
  [
    'near ports first, then far ones',
    {
      first: { local: inside, mapped: at(9000) },
      atProbePort: at(9001),
      second: { local: other, mapped: at(30_000) },
      atSecondAddress: undefined,
    },
    { mapping: 'address-and-port-dependent', sequence: 'random' },
  ],
  [
    'another external address for another destination',
    { atProbePort: at(4001, '50.0.1.3'), atSecondAddress: undefined },
    { mapping: 'address-and-port-dependent', sequence: 'random' },
  ],
  [
    'no second address',
    { atSecondAddress: undefined },
    { mapping: 'not address-and-port-dependent', sequence: null },
  ],
  [
    'a blocked probe port',
    { atProbePort: undefined, atSecondAddress: undefined },
    { mapping: 'unknown', sequence: null, hairpinning: null },
  ],
  [
    'a blocked probe port at the first address alone',
    { atProbePort: undefined },
    { mapping: 'endpoint-independent' },
  ],
  [
    'a blocked probe port at the first address, and another port at the second',
    { atProbePort: undefined, atSecondAddress: at(9000) },
    { mapping: 'not endpoint-independent', sequence: 'random' },
  ],
  [
    'no other port to compare with',
    { second: undefined, atSecondAddress: at(9000) },
    { mapping: 'address-dependent', sequence: 'random' },
  ],
  [
    'no NAT',
    { first: { local: at(4001), mapped: at(4001) } },
    { mapping: 'none', sequence: null, portPreservation: true, hairpinning: null },
  ],
  [
    'no NAT, whatever a server says about a probe',
    { first: { local: at(4001), mapped: at(4001) }, atProbePort: at(1) },
    { mapping: 'none', sequence: null },
  ],
  ['a hairpin', { hairpin: true }, { hairpinning: true }],
  ['a hairpin that the test could not find in any case', { atProbePort: at(9000) }, { hairpinning: null }],
  [
    'no hairpin although everybody is let in',
    { atProbePort: at(9000), fromAddress: 'connected' },
    { hairpinning: false },
  ],
  ['a hairpin that was not tested', { hairpin: undefined }, { hairpinning: null }],
];

test.each(table)('%s', (_, seen, expected) => {
  expect(diagnosisOf(observed(seen))).toMatchObject(expected);
});

const letIn: [
  Observations['fromPort'],
  Observations['fromAddress'],
  Diagnosis['filtering'],
  Diagnosis['unsolicited'],
][] = [
  ['connected', 'connected', 'endpoint-independent', 'unknown'],
  ['timeout', 'connected', 'endpoint-independent', 'drop'],
  ['connected', 'timeout', 'address-dependent', 'drop'],
  ['connected', 'refused', 'address-dependent', 'refuse'],
  ['timeout', 'timeout', 'address-and-port-dependent', 'drop'],
  ['refused', 'refused', 'address-and-port-dependent', 'refuse'],
  ['refused', 'timeout', 'address-and-port-dependent', 'refuse'],
  ['timeout', 'unavailable', 'address-and-port-dependent', 'drop'],
  ['connected', 'unavailable', 'not address-and-port-dependent', 'unknown'],
  ['unavailable', 'timeout', 'not endpoint-independent', 'drop'],
  ['unavailable', 'connected', 'endpoint-independent', 'unknown'],
  ['unavailable', 'unavailable', 'unknown', 'unknown'],
];

describe('dials back', () => {
  test.each(letIn)(
    'from another port %s, from another address %s: %s, and %s',
    (fromPort, fromAddress, filtering, unsolicited) => {
      expect(diagnosisOf(observed({ fromPort, fromAddress }))).toMatchObject({ filtering, unsolicited });
    },
  );
});
