/** Hosts at home, which a guest behind the worst NAT reaches by their invites. */
import { expect, test } from 'vitest';
import type { Site } from '../../source/lab/plan/description.ts';
import { atHome, hostAndGuest, reachByInvite, type Expected } from '../helpers/chats/here-chats.ts';

test.for<[string, Site, Expected['form']]>([
  [
    'with a public IPv4 address',
    { mapping: 'none', filtering: 'endpoint-independent' },
    /^\d+-[a-z]+-[a-z]+@50\.1\.1\.2:\d+$/,
  ],
  ...(['pcp', 'natpmp', 'upnp'] as const).map((portMapping): [string, Site, Expected['form']] => [
    `whose router maps a port by ${portMapping}`,
    { ...atHome, portMapping },
    /^\d+-[a-z]+-[a-z]+@50\.0\.1\.2:\d+$/,
  ]),
])(
  'a host %s puts it into the invite, and a guest behind a random NAT comes by it',
  async ([, site, form], context) => {
    const exits = await reachByInvite(await hostAndGuest(context, site), {
      form,
      connected: { path: 'direct', family: 4 },
    });
    expect(exits).toEqual([0, 0]);
  },
);
