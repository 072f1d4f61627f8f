import { describe, expect, test } from 'vitest';
import { diagnosisOf } from '../../source/nat/diagnosis.ts';
import { seenTwice, sightRefusal, stunObservations, type StunSight } from '../../source/nat/stun-sight.ts';

const local = { address: '192.168.1.2', port: 4001 };

/** What a server at this address and port says. */
function sight(mapped: string, server: string): StunSight {
  return { local, mapped: endpoint(mapped), server: endpoint(server), roundTripMs: 40 };
}

function endpoint(text: string) {
  const end = text.lastIndexOf(':');
  return { address: text.slice(0, end), port: Number(text.slice(end + 1)) };
}

describe('what a server says is believed', () => {
  test.each([
    ['if it is an address on the internet', '50.0.1.2:80', '50.0.0.2:3478'],
    ['if it is one of IPv6', '2a00:5000::7:80', '2a00:5000::2:3478'],
    ['if a translator stands between an IPv6 host and the server', '50.0.1.2:80', '64:ff9b::3200:2:3478'],
    ['if it is private, as the server is', '10.0.0.7:80', '192.168.7.1:3478'],
    ['if it is loopback, as the server is', '127.0.0.5:80', '127.0.0.1:3478'],
  ])('%s', (_, mapped, server) => {
    const said = sight(mapped, server);
    expect(sightRefusal(said, [said.server])).toBeUndefined();
  });

  test('if the server runs on this machine and so names its own address', () => {
    const said = { ...sight('192.168.1.2:4001', '192.168.1.2:3478') };
    expect(sightRefusal(said, [said.server])).toBeUndefined();
  });
});

describe('what a server says is refused', () => {
  test.each([
    ['a private address', '192.168.1.2:80', '50.0.0.2:3478', 'no address on the internet'],
    ["a carrier's address", '100.64.0.1:80', '50.0.0.2:3478', 'no address on the internet'],
    ['this machine', '127.0.0.1:80', '192.168.1.1:3478', 'no address on the internet'],
    ['a group', '224.0.0.251:5353', '224.0.0.1:3478', 'no address on the internet'],
    ['a group of IPv6', 'ff02::fb:5353', '2a00:5000::2:3478', 'no address on the internet'],
    ['everybody', '255.255.255.255:80', '50.0.0.2:3478', 'no address on the internet'],
    ['nobody', '0.0.0.0:80', '50.0.0.2:3478', 'no address on the internet'],
    [
      'a private address in a translated one',
      '64:ff9b::a00:1:80',
      '50.0.0.2:3478',
      'no address on the internet',
    ],
    ['itself', '50.0.0.2:3478', '50.0.0.2:3478', 'the address of a STUN server'],
    ['another server', '50.0.0.3:22', '50.0.0.2:3478', 'the address of a STUN server'],
    ['another server, translated', '64:ff9b::3200:3:22', '50.0.0.2:3478', 'the address of a STUN server'],
  ])('%s', (_, mapped, server, why) => {
    const said = sight(mapped, server);
    expect(sightRefusal(said, [said.server, endpoint('50.0.0.3:3478')])).toContain(why);
  });
});

test.each<[string, string[], object | undefined]>([
  ['nothing', [], undefined],
  ['one', ['50.0.1.2:7001'], { port: 7001 }],
  ['two', ['50.0.1.2:7001', '50.0.1.2:7002'], { port: 7001, probePort: 7002 }],
  [
    'the last two of three',
    ['50.0.1.2:7001', '50.0.1.2:7002', '50.0.1.2:7003'],
    { port: 7002, probePort: 7003 },
  ],
  ['the two that agree', ['50.0.1.2:7001', '50.0.1.9:1', '50.0.1.2:7003'], { port: 7001, probePort: 7003 }],
  ['the first alone, if none agree', ['50.0.1.2:7001', '50.0.1.9:1'], { port: 7001 }],
])('a port and a probe port follow from %s', (_, mapped, seen) => {
  const sights = mapped.map((one, index) => sight(one, `50.0.0.${index + 2}:3478`));
  expect(seenTwice(sights)).toEqual(seen && { address: '50.0.1.2', ...seen });
});

describe('the doctor concludes', () => {
  const [one, otherPort, otherHost] = ['50.0.0.2:3478', '50.0.0.2:3479', '50.0.0.3:3478'];
  test.each<[string, [mapped: number, server: string][], object]>([
    [
      'an endpoint-independent mapping from two hosts',
      [
        [4001, one],
        [4001, otherHost],
      ],
      { mapping: 'endpoint-independent', sequence: null, portPreservation: true },
    ],
    [
      'a count from two hosts',
      [
        [7001, one],
        [7003, otherHost],
      ],
      { mapping: 'not endpoint-independent', sequence: 'step', step: 2, portPreservation: false },
    ],
    [
      'random ports from two hosts',
      [
        [7001, one],
        [50_000, otherHost],
      ],
      { mapping: 'not endpoint-independent', sequence: 'random', step: null },
    ],
    [
      'less from two ports of one host',
      [
        [4001, one],
        [4001, otherPort],
      ],
      { mapping: 'not address-and-port-dependent' },
    ],
    [
      'everything from two ports and two hosts',
      [
        [7001, one],
        [7001, otherPort],
        [7002, otherHost],
      ],
      { mapping: 'address-dependent', sequence: 'step', step: 1 },
    ],
    ['nothing on the mapping from one', [[4001, one]], { mapping: 'unknown', portPreservation: true }],
  ])('%s', (_, seen, expected) => {
    const sights = seen.map(([port, server]) => sight(`50.0.1.2:${port}`, server));
    expect(diagnosisOf(stunObservations(sights, 4)!)).toMatchObject({
      family: 4,
      roundTripMs: 40,
      local,
      filtering: 'unknown',
      unsolicited: 'unknown',
      hairpinning: null,
      ...expected,
    });
  });

  test('no NAT if our own address is seen, and nothing without a sight', () => {
    const said = { ...sight('50.1.1.2:4001', one), local: endpoint('50.1.1.2:4001') };
    expect(diagnosisOf(stunObservations([said], 4)!)).toMatchObject({ mapping: 'none' });
    expect(stunObservations([], 4)).toBeUndefined();
  });
});
