/** `--here` behind real NATs: what the invite names, and whether a guest behind the worst NAT comes by it. */
import { describe, expect, test, type TestContext } from 'vitest';
import type { Site } from '../../../../source/lab/plan/description.ts';
import { labOrSkip } from '../../../helpers/lab/lab.ts';
import { runPunchline } from '../../../helpers/lab/punchline-inside.ts';

const atHome: Site = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' };
/** From here nobody can be reached by punching but by an open port. */
const random: Site = { ...atHome, mapping: 'address-and-port-dependent', ports: 'random' };

async function hostAndGuest(context: TestContext, site: Site, guest: Site = random) {
  const lab = await labOrSkip(context, { sites: { alice: site, bob: guest } });
  const { alice, bob } = lab.hosts;
  if (alice === undefined || bob === undefined) {
    throw new Error('no hosts');
  }
  return {
    lab,
    alice,
    host: (...args: string[]) => runPunchline(alice, ['chat', '--json', ...args]),
    guest: (...args: string[]) => runPunchline(bob, ['chat', '--json', ...args]),
  };
}

/** The name, the site of the host, that of the guest, the invite, and the connection. */
type Case = [string, Site, Site, RegExp, { readonly path: string; readonly family: number }];

describe('a host', () => {
  test.for<Case>([
    [
      'with a public IPv4 address',
      { mapping: 'none', filtering: 'endpoint-independent' },
      random,
      /^\d+-[a-z]+-[a-z]+@50\.1\.1\.2:\d+$/,
      { path: 'direct', family: 4 },
    ],
    [
      'with a global IPv6 address',
      { ...atHome, ipv6: 'open' },
      { ...random, ipv6: 'firewall' },
      /^\d+-[a-z]+-[a-z]+@\[2a00:5000:1:1:[0-9a-f:]+\]:\d+$/,
      { path: 'direct', family: 6 },
    ],
    [
      'with both',
      { mapping: 'none', filtering: 'endpoint-independent', ipv6: 'open' },
      random,
      /^\d+-[a-z]+-[a-z]+@50\.1\.1\.2:\d+,\[2a00:5000:1:1:[0-9a-f:]+\]:\d+$/,
      { path: 'direct', family: 4 },
    ],
    ...(['pcp', 'natpmp', 'upnp'] as const).map((portMapping): Case => [
      `whose router maps a port by ${portMapping}`,
      { ...atHome, portMapping },
      random,
      /^\d+-[a-z]+-[a-z]+@50\.0\.1\.2:\d+$/,
      { path: 'direct', family: 4 },
    ]),
  ])(
    '%s puts it into the invite, and a guest behind a random NAT comes by it',
    async ([, site, guestSite, form, connected], context) => {
      const { host, guest } = await hostAndGuest(context, site, guestSite);
      const alice = host('--here', '--no-relay');
      const { invite, reach } = await alice.line('invite');
      expect(reach).toBe('anywhere');
      expect(invite).toMatch(form);
      const bob = guest('--no-relay', String(invite));
      expect(await alice.line('connected')).toMatchObject(connected);
      expect(await bob.line('connected')).toMatchObject(connected);
      alice.type('over nothing else in the world');
      await bob.line('message', ({ text }) => text === 'over nothing else in the world');
      bob.endInput();
      expect(await Promise.all([alice.exited, bob.exited])).toEqual([
        { code: 0, signal: null },
        { code: 0, signal: null },
      ]);
    },
  );

  test('whose router forwards a port is reached by an invite that names the router', async (context) => {
    const { lab, alice, host, guest } = await hostAndGuest(context, atHome);
    const forward = `add table ip forward; add chain ip forward pre { type nat hook prerouting priority -110; };
      add rule ip forward pre tcp dport 40000 dnat to ${alice.addresses.find((one) => !one.includes(':'))}:40000;
      add chain ip forward early { type filter hook forward priority -10; };`;
    expect(await lab.routers['alice']?.exec(['nft', forward])).toMatchObject({ code: 0 });
    const one = host('--here=40000');
    const { code, reach } = await one.line('invite');
    expect(reach).toBe('local network');
    const bob = guest(`${String(code)}@50.0.1.2:40000`);
    expect(await one.line('connected')).toMatchObject({ path: 'direct' });
    expect(await bob.line('connected')).toMatchObject({ path: 'direct', remote: { port: 40_000 } });
  });

  test('that only its own network reaches says so, and gives a code without a place', async (context) => {
    const { host } = await hostAndGuest(context, atHome);
    const alice = host('--here');
    const { invite, code, reach } = await alice.line('invite');
    expect({ invite, reach }).toEqual({ invite: code, reach: 'local network' });
    const excluded = host('--here', '--no-lan');
    expect(await excluded.line('error')).toMatchObject({ code: 'ERR_NETWORK' });
    expect((await excluded.exited).code).toBe(8);
  });
});
