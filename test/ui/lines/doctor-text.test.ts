import { describe, expect, test } from 'vitest';
import { adviceOf } from '../../../source/nat/advice.ts';
import type { Dependency, Diagnosis } from '../../../source/nat/diagnosis.ts';
import type { DoctorReport } from '../../../source/nat/doctor-report.ts';
import { reachOf } from '../../../source/nat/reach.ts';
import { doctorText, lifetimeText } from '../../../source/ui/lines/doctor-text.ts';
import { ordinaryNat } from '../../helpers/lab/ordinary-nat.ts';

function reportOf(found: Partial<Diagnosis>): DoctorReport {
  const ipv4 = { ...ordinaryNat, ...found };
  const reach = reachOf(ipv4, undefined, false);
  return {
    v: 1,
    server: 'rendezvous.example.org',
    ms: 3412,
    ipv4: { tested: true, ...ipv4 },
    ipv6: { tested: false, reason: 'the rendezvous rendezvous.example.org has no IPv6 address' },
    ipv6Address: false,
    reach,
    advice: adviceOf({ ipv4, ipv6: undefined, reach, probePort: 8878 }),
  };
}

test('a report is aligned, and uses the terms of RFC 4787 with plain words', () => {
  expect(doctorText(reportOf({}))).toBe(`\
Seen by the rendezvous rendezvous.example.org in 3.4 s.

IPv4           192.168.1.2:4001, seen as 50.0.1.2:4001
  mapping      endpoint-independent: one port for all destinations
  ports        preserved
  filtering    address-and-port-dependent: only the port that we have dialled
  strangers    get no answer
  hairpinning  no
  round trip   81 ms

IPv6           not tested: the rendezvous rendezvous.example.org has no IPv6
               address

This machine can chat directly with a peer that has
  yes      no NAT, or one that lets everybody in: we dial it
  yes      an ordinary NAT: both dial at the same moment
  yes      a NAT that counts its ports up: we dial the port that its NAT gives
           next
  usually  a NAT with random ports: a burst of 1,024 dials finds its port,
           nearly always, within a few seconds
  usually  a NAT with another port for each address: a burst of 1,024 dials
           finds its port, nearly always, within a few seconds
  usually  the same NAT in front of it: on the local network, unless the two
           share only a carrier's NAT
  no       IPv6 as well: this machine has no global IPv6 address
`);
});

test('the advice is at the end', () => {
  const text = doctorText(reportOf({ mapping: 'address-and-port-dependent', sequence: 'random' }));
  expect(text).toMatch(/\nWhat would help:\n {2}- [^]+IPv6 on both sides/);
  expect(text).toContain('ports        random');
});

const dependencies: Dependency[] = [
  'endpoint-independent',
  'address-dependent',
  'address-and-port-dependent',
  'not endpoint-independent',
  'not address-and-port-dependent',
  'unknown',
];

describe.each([...dependencies, 'none' as const])('mapping %s', (mapping) => {
  test.each(dependencies)('and filtering %s fit into 80 columns', (filtering) => {
    for (const sequence of ['step', 'random', null] as const) {
      for (const unsolicited of ['drop', 'refuse', 'unknown'] as const) {
        const step = sequence === 'step' ? -1 : null;
        const text = doctorText(reportOf({ mapping, filtering, sequence, step, unsolicited }));
        expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
        expect(text).not.toMatch(/undefined|null/);
      }
    }
  });
});

test('no text of the server reaches the terminal as a control sequence', () => {
  const report = reportOf({});
  const text = doctorText({ ...report, ipv6: { tested: false, reason: 'it says: \u001B[2J' } });
  expect(text).toContain('it says: ␛[2J');
});

test.each([
  [{ atLeastMs: 0, lessThanMs: 1000 }, 'for less than 1 s'],
  [{ atLeastMs: 60_000, lessThanMs: 75_000 }, 'for 60 to 75 s'],
  [{ atLeastMs: 360_000, lessThanMs: null }, 'for more than 360 s'],
])('%j', (lifetime, expected) => {
  expect(lifetimeText(lifetime)).toBe(`An idle connection lives ${expected}.\n`);
});
