import { describe, expect, test } from 'vitest';
import { adviceOf } from '../../../source/nat/advice.ts';
import type { Dependency, Diagnosis } from '../../../source/nat/diagnosis.ts';
import type { DoctorReport } from '../../../source/nat/doctor-report.ts';
import { reachOf } from '../../../source/nat/reach.ts';
import { verdictOf } from '../../../source/nat/verdict.ts';
import { doctorText, lifetimeText, type DoctorTextOptions } from '../../../source/ui/lines/doctor-text.ts';
import { ordinaryNat } from '../../helpers/lab/ordinary-nat.ts';

function reportOf(found: Partial<Diagnosis>): DoctorReport {
  const ipv4 = { ...ordinaryNat, ...found };
  const reach = reachOf(ipv4, undefined, false);
  return {
    v: 1,
    server: 'rendezvous.example.org',
    ms: 3412,
    verdict: verdictOf({ ipv4, ipv6: undefined, reach }),
    ipv4: { tested: true, ...ipv4 },
    ipv6: { tested: false, reason: 'the rendezvous rendezvous.example.org has no IPv6 address' },
    ipv6Address: false,
    portMapping: { mapped: false, reason: 'the router answers neither PCP nor NAT-PMP nor UPnP' },
    container: null,
    nat64: null,
    reach,
    advice: adviceOf({ ipv4, ipv6: undefined, reach, probePort: 8878 }),
  };
}

function textOf(report: DoctorReport, options: Partial<DoctorTextOptions> = {}): string {
  return doctorText(report, { columns: 80, isStyled: false, marks: 'unicode', ...options });
}

test('a container is named, and what carries its packets', () => {
  const report: DoctorReport = { ...reportOf({}), container: 'slirp' };
  expect(textOf(report).replaceAll(/\s+/g, ' ')).toContain(
    'Container its network is slirp, which ends each connection and opens its own',
  );
  expect(textOf(reportOf({}))).not.toContain('Container');
});

test('a report is aligned, and uses the terms of RFC 4787 with plain words', () => {
  expect(textOf(reportOf({}))).toBe(`\
Your NAT is an ordinary one: direct chats with nearly everyone.

You reach a peer that has
  ✓  no NAT, or one that lets everybody in: we dial it
  ✓  an ordinary NAT: both dial at the same moment
  ✓  a NAT that counts its ports up: we dial the port that its NAT gives next
  ~  a NAT with random ports: a burst of 1,024 dials finds its port, nearly
     always, within a few seconds
  ~  a NAT with another port for each address: a burst of 1,024 dials finds its
     port, nearly always, within a few seconds
  ~  the same NAT in front of it: on the local network, unless the two share
     only a carrier's NAT
  ✗  IPv6 as well: this machine has no global IPv6 address
     (✓ directly, ~ nearly always, ✗ not directly)

Details, as the rendezvous rendezvous.example.org saw them in 3.4 s

IPv4           192.168.1.2:4001, seen as 50.0.1.2:4001
  mapping      endpoint-independent: one port for all destinations
  ports        preserved
  filtering    address-and-port-dependent: only the port that we have dialled
  strangers    get no answer
  hairpinning  no
  round trip   81 ms

IPv6           not tested: the rendezvous rendezvous.example.org has no IPv6
               address

Router         maps no port for us: the router answers neither PCP nor NAT-PMP
               nor UPnP
`);
});

test.each([
  [true, '50.0.1.2', /\nRouter +maps a port for us, by NAT-PMP\n$/],
  [
    false,
    '192.168.0.2',
    /\nRouter +maps a port for us, by NAT-PMP, but at 192\.168\.0\.2: another NAT\n +stands before it\n$/,
  ],
] as const)('a router that maps a port is told of, reachable or not: %s', (reachable, address, expected) => {
  const portMapping = {
    mapped: true,
    protocol: 'nat-pmp',
    external: { address, port: 40_000 },
    reachable,
  } as const;
  expect(textOf({ ...reportOf({}), portMapping })).toMatch(expected);
});

test('what STUN servers said, or why they said nothing, stands before the details', () => {
  const text = textOf({
    ...reportOf({ filtering: 'unknown', unsolicited: 'unknown', hairpinning: null }),
    stun: [
      { server: 'gone.example:3478', reason: 'the name gone.example cannot be resolved' },
      { server: 'one.example:3478', family: 4, mapped: { address: '50.0.1.2', port: 4001 } },
      { server: 'two.example:443', family: 6, reason: 'it refused with 401 \u001B[2J' },
    ],
  });
  expect(text).toContain(`
Details, as STUN servers saw them in 3.4 s
  - gone.example:3478: the name gone.example cannot be resolved
  - one.example:3478 over IPv4: 50.0.1.2:4001
  - two.example:443 over IPv6: it refused with 401 ␛[2J

IPv4           192.168.1.2:4001, seen as 50.0.1.2:4001
  mapping      endpoint-independent: one port for all destinations
  ports        preserved
  filtering    unknown: nobody could dial back
  round trip   81 ms
`);
});

test('the advice stands between the peers and the details', () => {
  const text = textOf(reportOf({ mapping: 'address-and-port-dependent', sequence: 'random' }));
  expect(text).toMatch(/directly\)\n\nWhat would help\n {2}- [^]+IPv6 on both sides[^]+\n\nDetails, /);
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
  test.each(dependencies)('and filtering %s fit into 20, 40, 80 and 100 columns', (filtering) => {
    for (const sequence of ['step', 'random', null] as const) {
      for (const unsolicited of ['drop', 'refuse', 'unknown'] as const) {
        const step = sequence === 'step' ? -1 : null;
        const report = reportOf({ mapping, filtering, sequence, step, unsolicited });
        for (const columns of [20, 40, 80, 200]) {
          const text = textOf(report, { columns });
          const widest = Math.max(...text.split('\n').map((line) => line.length));
          expect(widest).toBeLessThanOrEqual(Math.min(100, columns));
          expect(text).not.toMatch(/undefined|null/);
        }
      }
    }
  });
});

test.each([
  ['ascii', '  +  an ordinary NAT:', '  x  IPv6 as well:'],
  ['words', '  yes      an ordinary NAT:', '  no       IPv6 as well:'],
] as const)('verdicts are marked with %s', (marks, yes, no) => {
  const text = textOf(reportOf({}), { marks });
  expect(text).toContain(yes);
  expect(text).toContain(no);
  expect(text).toMatch(/^[\u0020-\u007E\n]*$/);
});

test('only the verdict is bold, and only where that is wanted', () => {
  const text = textOf(reportOf({}), { isStyled: true });
  expect(text.split('\u001B[1m')).toHaveLength(2);
  expect(text.startsWith('\u001B[1mYour NAT is')).toBe(true);
});

test('no text of the server reaches the terminal as a control sequence', () => {
  const report = reportOf({});
  const text = textOf({ ...report, ipv6: { tested: false, reason: 'it says: \u001B[2J' } });
  expect(text).toContain('it says: ␛[2J');
});

test.each([
  [{ atLeastMs: 0, lessThanMs: 1000 }, 'for less than 1 s'],
  [{ atLeastMs: 60_000, lessThanMs: 75_000 }, 'for 60 to 75 s'],
  [{ atLeastMs: 360_000, lessThanMs: null }, 'for more than 360 s'],
])('%j', (lifetime, expected) => {
  expect(lifetimeText(lifetime)).toBe(`An idle connection lives ${expected}.\n`);
});
