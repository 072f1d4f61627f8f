import { expect, test } from 'vitest';
import { publicStunServers } from '../../source/connect/stun/stun-servers.ts';
import type { Site } from '../../source/lab/plan/description.ts';
import type { DoctorReport } from '../../source/nat/doctor-report.ts';
import { labOrSkip } from '../helpers/lab/lab.ts';
import { program } from '../helpers/programs/punchline.ts';
import { coturnOrSkip } from '../helpers/servers/coturn.ts';

const strict = 'address-and-port-dependent';
const perDestination = { mapping: 'not endpoint-independent', portPreservation: false } as const;

/** Each site, what STUN over TCP shows of it, and the beginning of the verdict. */
const sites: Record<string, [Site, object, string]> = {
  ordinary: [
    { mapping: 'endpoint-independent', filtering: strict },
    { mapping: 'endpoint-independent', sequence: null, portPreservation: true },
    'Your NAT is an ordinary one',
  ],
  shuffled: [
    { mapping: 'endpoint-independent', ports: 'random', filtering: strict },
    { mapping: 'endpoint-independent', sequence: null, portPreservation: false },
    'Your NAT is an ordinary one',
  ],
  counting: [
    { mapping: strict, ports: 'sequential', filtering: strict },
    { ...perDestination, sequence: 'step', step: 1 },
    'Your NAT counts its ports up',
  ],
  random: [
    { mapping: strict, ports: 'random', filtering: strict },
    { ...perDestination, sequence: 'random', step: null },
    'Your NAT uses random ports',
  ],
  other: [
    { mapping: 'address-dependent', filtering: strict },
    { ...perDestination, sequence: 'random', step: null },
    'Your NAT uses random ports',
  ],
  open: [
    { mapping: 'none', filtering: 'endpoint-independent' },
    { mapping: 'none', portPreservation: true },
    'There is no NAT in front of you',
  ],
  // It has IPv6 as well, without a NAT.
  firewalled: [
    { mapping: strict, ports: 'sequential', filtering: strict, ipv6: 'firewall' },
    { ...perDestination, sequence: 'step', step: 1 },
    'Your NAT counts its ports up',
  ],
  carrier: [
    { mapping: 'endpoint-independent', filtering: strict, behind: 'random' },
    { ...perDestination, sequence: 'random' },
    'Your NAT uses random ports',
  ],
};

test('without a name, two of the public servers are asked', async (context) => {
  const lab = await labOrSkip(context, { sites: { alone: { mapping: 'none', filtering: strict } } });
  // Without any network no name is resolved, so the complaint tells who would have been asked.
  const { code, stderr } = await lab.hosts['alone']!.exec([
    'unshare',
    '--net',
    process.execPath,
    program,
    'doctor',
    '--stun',
  ]);
  expect(code).toBe(3);
  const named = publicStunServers.filter(({ host, port }) =>
    stderr.includes(`${host}:${port}: the name ${host} cannot be resolved`),
  );
  expect({ stderr, named }).toEqual({ stderr, named: [expect.anything(), expect.anything()] });
});

test('the doctor recognises each kind of mapping by two addresses of coturn alone', async (context) => {
  const lab = await labOrSkip(context, {
    sites: Object.fromEntries(
      Object.entries(sites).map(([name, [site]]) => [name, { ...site, line: { delayMs: 20 } }]),
    ),
  });
  const host = lab.hosts['rendezvous']!;
  await coturnOrSkip(context, host, 3478);
  const servers = host.addresses.flatMap((address) => ['--stun', address]);
  for (const [name, [, expected, verdict]] of Object.entries(sites)) {
    const { code, stdout, stderr } = await lab.hosts[name]!.exec([
      process.execPath,
      program,
      'doctor',
      '--json',
      ...servers,
    ]);
    expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' });
    const report = JSON.parse(stdout) as DoctorReport;
    expect([name, report.ipv4]).toMatchObject([
      name,
      { tested: true, ...expected, filtering: 'unknown', unsolicited: 'unknown', hairpinning: null },
    ]);
    expect([name, report.verdict]).toEqual([name, expect.stringMatching(`^${verdict}: `)]);
    expect(report.ipv6).toMatchObject(
      name === 'firewalled'
        ? { tested: true, mapping: 'none', filtering: 'unknown' }
        : { tested: false, reason: 'no STUN server has answered over IPv6' },
    );
    expect(report.stun).toMatchObject(
      host.addresses.map((address) =>
        address.includes(':')
          ? { server: `[${address}]:3478`, family: 6 }
          : { server: `${address}:3478`, family: 4, mapped: {} },
      ),
    );
  }
});
