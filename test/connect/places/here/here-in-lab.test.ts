/** `--here` behind real NATs: what the invite names, and whether a guest behind the worst NAT comes by it. */
import { describe, expect, test } from 'vitest';
import type { Site } from '../../../../source/lab/plan/description.ts';
import type { Lab } from '../../../../source/lab/lab.ts';
import { countTraffic, labOrSkip } from '../../../helpers/lab/lab.ts';
import { moveAddress } from '../../../helpers/lab/changes.ts';
import { runPunchline } from '../../../helpers/lab/punchline-inside.ts';
import {
  atHome,
  hostAndGuest,
  random,
  reachByInvite,
  sharedHost,
  type Expected,
} from '../../../helpers/chats/here-chats.ts';
import { coturnOrSkip } from '../../../helpers/servers/coturn.ts';

/** As its user does who has written it into the router by hand. */
async function forwardPort({ hosts, routers }: Lab): Promise<void> {
  const own = hosts['alice']?.addresses.find((one) => !one.includes(':'));
  const forward = `add table ip forward; add chain ip forward pre { type nat hook prerouting priority -110; };
    add rule ip forward pre tcp dport 40000 dnat to ${own}:40000;
    add chain ip forward early { type filter hook forward priority -10; };`;
  expect(await routers['alice']?.exec(['nft', forward])).toMatchObject({ code: 0 });
}

describe('a host', () => {
  test.for<[string, Site, Site, Expected]>([
    [
      'with a global IPv6 address',
      { ...atHome, ipv6: 'open' },
      { ...random, ipv6: 'firewall' },
      {
        form: /^\d+-[a-z]+-[a-z]+@\[2a00:5000:1:1:[0-9a-f:]+\]:\d+$/,
        connected: { path: 'direct', family: 6 },
      },
    ],
    [
      'with a public IPv4 address, too,',
      { mapping: 'none', filtering: 'endpoint-independent', ipv6: 'open' },
      random,
      {
        form: /^\d+-[a-z]+-[a-z]+@50\.1\.1\.2:\d+,\[2a00:5000:1:1:[0-9a-f:]+\]:\d+$/,
        connected: { path: 'direct', family: 4 },
      },
    ],
  ])(
    '%s puts it into the invite, and a guest behind a random NAT comes by it',
    async ([, site, guest, expected], context) => {
      expect(await reachByInvite(await hostAndGuest(context, site, guest), expected)).toEqual([0, 0]);
    },
  );

  const forwarded = sharedHost(atHome, forwardPort);
  const mapped = sharedHost({ ...atHome, portMapping: 'pcp' });
  const home = sharedHost(atHome);

  test('whose router forwards a port is reached by an invite that names the router', async (context) => {
    const { host, guest } = await forwarded(context);
    const one = host('--here=40000');
    const { code, reach } = await one.line('invite');
    expect(reach).toBe('local network');
    const bob = guest(`${String(code)}@50.0.1.2:40000`);
    expect(await one.line('connected')).toMatchObject({ path: 'direct' });
    expect(await bob.line('connected')).toMatchObject({ path: 'direct', remote: { port: 40_000 } });
  });

  test('whose router forwards a port learns the address of the router from a STUN server', async (context) => {
    const { lab, host, guest } = await forwarded(context);
    const stun = lab.hosts['rendezvous']!;
    await coturnOrSkip(context, stun, 3478);
    const one = host('--here=40000', '--stun', String(stun.addresses[0]));
    const { invite, reach, hint } = await one.line('invite');
    expect(reach).toBe('anywhere');
    expect(invite).toMatch(/^\d+-[a-z]+-[a-z]+@50\.0\.1\.2:40000$/);
    expect(hint).toContain('Your router (50.0.1.2) must forward TCP port 40000 to this machine');
    const bob = guest(String(invite));
    expect(await one.line('connected')).toMatchObject({ path: 'direct' });
    expect(await bob.line('connected')).toMatchObject({ path: 'direct', remote: { port: 40_000 } });
  });

  test('whose router maps a port puts it into the invite, and a guest behind a random NAT comes by it', async (context) => {
    const exits = await reachByInvite(await mapped(context), {
      form: /^\d+-[a-z]+-[a-z]+@50\.0\.1\.2:\d+$/,
      connected: { path: 'direct', family: 4 },
    });
    expect(exits).toEqual([0, 0]);
  });

  test('names a port once that the router has mapped, and asks nobody to forward it', async (context) => {
    const { lab, host } = await mapped(context);
    const stun = lab.hosts['rendezvous']!;
    await coturnOrSkip(context, stun, 3478);
    const { invite, hint } = await host('--here=40000', '--stun', String(stun.addresses[0])).line('invite');
    expect(invite).toMatch(/@50\.0\.1\.2:40000$/);
    expect(hint).toBeUndefined();
  });

  test('asks its router for the port anew when its own address has changed', async (context) => {
    const { lab, host, guest } = await mapped(context);
    const one = host('--here', '--no-relay');
    await one.line('rendezvous', ({ state }) => state === 'waiting');
    const { invite: before } = await one.line('invite');
    await moveAddress(lab.hosts['alice']);
    // The router keeps the old port for the old address, until its time is over.
    const { invite } = await one.line('invite', (line) => line['invite'] !== before);
    expect(invite).toMatch(/@50\.0\.1\.2:\d+$/);
    const bob = guest('--no-relay', String(invite));
    expect(await one.line('connected')).toMatchObject({ path: 'direct' });
    expect(await bob.line('connected')).toMatchObject({ path: 'direct' });
  });

  test('whose STUN server does not answer says so, and how the invite is completed', async (context) => {
    const { lab, host } = await home(context);
    const nobody = String(lab.hosts['rendezvous']?.addresses[0]);
    const { invite, code, reach, hint } = await host('--here=40000', '--stun', nobody).line('invite');
    expect({ invite, reach }).toEqual({ invite: code, reach: 'local network' });
    expect(hint).toContain(`${nobody}:3478: it refused the connection`);
    expect(hint).toContain('pass on CODE@ADDRESS:40000');
  });

  test('asks no STUN server that the user has not named', async (context) => {
    const { lab, host } = await home(context);
    const read = await countTraffic(lab.routers['alice']!, {
      outside: 'oifname "wan" meta l4proto { tcp, udp }',
    });
    await host('--here=40000', '--no-port-mapping').line('rendezvous', ({ state }) => state === 'waiting');
    expect((await read()).outside.packets).toBe(0);
  });

  test('that only its own network reaches says so, and gives a code without a place', async (context) => {
    const { host } = await home(context);
    const alice = host('--here');
    const { invite, code, reach } = await alice.line('invite');
    expect({ invite, reach }).toEqual({ invite: code, reach: 'local network' });
    const excluded = host('--here', '--no-lan');
    expect(await excluded.line('error')).toMatchObject({ code: 'ERR_NETWORK' });
    expect((await excluded.exited).code).toBe(8);
  });

  test('that its neighbour reaches by an address of the internet goes on over their own network in the background', async (context) => {
    const lab = await labOrSkip(context, {
      sites: { home: { ...atHome, ipv6: 'open', hosts: ['alice', 'bob'] } },
    });
    const alice = runPunchline(lab.hosts['alice']!, ['chat', '--json', '--here']);
    const { invite } = await alice.line('invite');
    const bob = runPunchline(lab.hosts['bob']!, ['chat', '--json', String(invite)]);
    for (const side of [alice, bob]) {
      expect(await side.line('connected')).toMatchObject({ path: 'direct', family: 6, here: true });
    }
    for (const side of [alice, bob]) {
      expect(await side.line('path')).toMatchObject({ path: 'lan' });
    }
    alice.type('over the network of both');
    await bob.line('message', ({ text }) => text === 'over the network of both');
  });
});
