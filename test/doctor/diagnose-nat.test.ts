import { describe, expect, test, type TestContext } from 'vitest';
import type { DoctorReport } from '../../source/nat/doctor-report.ts';
import type { Site } from '../../source/lab/plan/description.ts';
import type { Lab } from '../../source/lab/lab.ts';
import { labOrSkip, loadRules, sharedLab } from '../helpers/lab/lab.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';
import { program } from '../helpers/programs/punchline.ts';

const line = { delayMs: 20 };
const strict = 'address-and-port-dependent';

/** Each site, the diagnosis of it, and the verdicts for its peers (ordinary, counting, random, address-dependent). */
const sites: Record<string, [Site, object, string]> = {
  ordinary: [
    { mapping: 'endpoint-independent', filtering: strict, line },
    {
      mapping: 'endpoint-independent',
      sequence: null,
      portPreservation: true,
      filtering: strict,
      unsolicited: 'drop',
      hairpinning: false,
    },
    'yes yes usually usually',
  ],
  cone: [
    {
      mapping: 'endpoint-independent',
      ports: 'random',
      filtering: 'endpoint-independent',
      hairpin: true,
      line,
    },
    {
      mapping: 'endpoint-independent',
      portPreservation: false,
      filtering: 'endpoint-independent',
      unsolicited: 'unknown',
      hairpinning: true,
    },
    'yes yes yes yes',
  ],
  lenient: [
    {
      mapping: 'endpoint-independent',
      filtering: 'address-dependent',
      unsolicited: 'rst',
      hairpin: true,
      line,
    },
    {
      mapping: 'endpoint-independent',
      filtering: 'address-dependent',
      unsolicited: 'refuse',
      hairpinning: true,
    },
    'yes yes yes yes',
  ],
  counting: [
    { mapping: strict, ports: 'sequential', filtering: strict, unsolicited: 'icmp', line },
    {
      mapping: strict,
      sequence: 'step',
      step: 1,
      filtering: strict,
      unsolicited: 'refuse',
      hairpinning: null,
    },
    'yes yes no no',
  ],
  random: [
    { mapping: strict, ports: 'random', filtering: 'address-dependent', line },
    { mapping: strict, sequence: 'random', step: null, filtering: 'address-dependent', unsolicited: 'drop' },
    'usually usually usually usually',
  ],
  other: [
    { mapping: 'address-dependent', filtering: strict, line },
    { mapping: 'address-dependent', sequence: 'random', filtering: strict },
    'usually no no no',
  ],
  open: [
    { mapping: 'none', filtering: 'endpoint-independent', line },
    { mapping: 'none', filtering: 'endpoint-independent', hairpinning: null },
    'yes yes yes yes',
  ],
  carrier: [
    { mapping: 'endpoint-independent', filtering: strict, behind: 'random' },
    { mapping: strict, sequence: 'random', filtering: strict, unsolicited: 'drop' },
    'usually no no no',
  ],
};

/** Nothing but a port of its router leads to it. */
const guarded: Site = { mapping: strict, ports: 'random', filtering: strict };

describe('the doctor', { concurrent: true }, () => {
  const start = sharedLab(
    {
      sites: {
        behind: { mapping: 'endpoint-independent', filtering: strict, ipv6: 'firewall', line },
        open: { mapping: 'endpoint-independent', filtering: strict, ipv6: 'open', line },
        pcp: { ...guarded, portMapping: 'pcp' },
        natpmp: { ...guarded, portMapping: 'natpmp' },
        upnp: { ...guarded, portMapping: 'upnp' },
        unmapped: guarded,
        idle: {
          mapping: 'endpoint-independent',
          filtering: strict,
          unsolicited: 'rst',
          idleSeconds: 2,
        },
      },
    },
    (lab) => serveIn(lab, false),
  );

  test('recognises each kind of NAT', async (context) => {
    const { doctor } = await startLab(
      context,
      Object.fromEntries(Object.entries(sites).map(([name, [site]]) => [name, site])),
      true,
    );
    const reports = await Promise.all(
      Object.entries(sites).map(async ([name, [, , reach]]) => [name, await doctor(name), reach] as const),
    );
    for (const [name, report, reach] of reports) {
      expect([name, report.ipv4]).toMatchObject([name, { tested: true, ...sites[name]?.[1] }]);
      expect([
        name,
        report.reach
          .slice(1, 5)
          .map(({ verdict }) => verdict)
          .join(' '),
      ]).toEqual([name, reach]);
    }
  });

  test('finds less with one address of the rendezvous, and no mapping with a blocked probe port', async (context) => {
    const { doctor, lab, probePort } = await startLab(
      context,
      { alice: { mapping: 'endpoint-independent', filtering: 'address-dependent', line } },
      false,
    );
    const half = await doctor('alice');
    expect(half.ipv4).toMatchObject({
      mapping: 'not address-and-port-dependent',
      filtering: 'not address-and-port-dependent',
    });
    await loadRules(
      lab.hosts['rendezvous']!,
      `table inet shut {\nchain arriving {\ntype filter hook input priority 0\ntcp dport ${probePort} drop\n}\n}\n`,
    );
    const none = await doctor('alice');
    expect(none.ipv4).toMatchObject({ mapping: 'unknown', filtering: 'not address-and-port-dependent' });
    expect(none.reach.map(({ verdict }) => verdict)).toContain('unknown');
    expect(none.advice.join()).toContain(`port ${probePort} of the rendezvous`);
  });

  test('finds no NAT for IPv6, and whether there is a firewall', async (context) => {
    const { doctor } = await start(context);
    const [behind, open] = await Promise.all([doctor('behind', '-6'), doctor('open', '-6')]);
    expect(behind).toMatchObject({ ipv6Address: true, ipv4: { tested: false } });
    expect(behind.ipv6).toMatchObject({ family: 6, mapping: 'none', filtering: strict, unsolicited: 'drop' });
    expect(open.ipv6).toMatchObject({ mapping: 'none', filtering: 'not address-and-port-dependent' });
    expect(behind.reach).toEqual([expect.objectContaining({ peer: 'ipv6', verdict: 'yes' })]);
  });

  test.for([
    ['pcp', 'pcp'],
    ['natpmp', 'nat-pmp'],
    ['upnp', 'upnp'],
  ] as const)(
    'finds that a router maps ports by %s, and gives the port back',
    async ([word, protocol], context) => {
      const { doctor, lab } = await start(context);
      const { portMapping, reach } = await doctor(word);
      const [address] = lab.routers[word]!.addresses;
      expect(portMapping).toMatchObject({ mapped: true, protocol, external: { address }, reachable: true });
      expect(reach.find(({ peer }) => peer === 'random')).toMatchObject({
        verdict: 'yes',
        why: 'it dials the port that our router maps for us',
      });
      const { stdout } = await lab.routers[word]!.exec(['nft', 'list', 'chain', 'inet', 'upnp', 'pre_upnp']);
      expect(stdout).not.toContain('dport');
    },
  );

  test('finds that a router maps no ports', async (context) => {
    const { doctor } = await start(context);
    const { portMapping, reach } = await doctor('unmapped');
    expect(portMapping).toEqual({
      mapped: false,
      reason: 'the router answers neither PCP nor NAT-PMP nor UPnP',
    });
    expect(reach.find(({ peer }) => peer === 'random')).toMatchObject({ verdict: 'no' });
  });

  test('finds the lifetime of an idle connection between two steps', async (context) => {
    const { doctor } = await start(context);
    const { lifetime } = await doctor('idle', '--lifetime=5');
    expect(lifetime?.atLeastMs).toBeGreaterThanOrEqual(1000);
    expect(lifetime?.lessThanMs).toBeLessThanOrEqual(4000);
  });
});

/** A lab with these sites, and a server on the public host. `hasSecond`: the server uses the second address, too. */
async function startLab(context: TestContext, described: Record<string, Site>, hasSecond: boolean) {
  return serveIn(await labOrSkip(context, { sites: described }), hasSecond);
}

async function serveIn(lab: Lab, hasSecond: boolean) {
  const rendezvous = lab.hosts['rendezvous']!;
  const [first, second = '', first6 = '2a00:5000::2'] = rendezvous.addresses;
  const server = runPunchline(rendezvous, [
    'serve',
    '--port',
    '0',
    '--probe-port',
    '0',
    ...(hasSecond ? ['--probe-host', second] : []),
  ]);
  const { port, probePort } = await server.line('listening');
  return {
    lab,
    probePort: Number(probePort),
    doctor: async (host: string, ...args: string[]): Promise<DoctorReport> => {
      const address = args.includes('-6') ? `[${first6}]` : first;
      const words = ['doctor', '--json', '--server', `${address}:${String(port)}`, ...args];
      const { stdout, stderr } = await lab.hosts[host]!.exec([process.execPath, program, ...words]);
      if (stdout === '') {
        throw new Error(`the doctor of ${host} says: ${stderr}`);
      }
      return JSON.parse(stdout) as DoctorReport;
    },
  };
}
