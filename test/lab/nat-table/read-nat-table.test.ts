import { expect, test } from 'vitest';
import { formatEndpoint } from '../../../source/network/endpoint.ts';
import { readNatTable } from '../../../source/lab/nat-table/read-nat-table.ts';
import { siteKinds } from '../../../source/lab/plan/site-kinds.ts';
import { isInstalled, toolPath } from '../../../source/lab/tools.ts';
import { labOrSkip } from '../../helpers/lab/lab.ts';
import { startAgent } from '../../helpers/programs/agent.ts';
import { skipWithout } from '../../helpers/skip-without.ts';

test('routers tell their mappings and connections, until a rebind', async (context) => {
  if (!isInstalled('conntrack', toolPath)) {
    skipWithout(context, 'conntrack is not installed');
  }
  const lab = await labOrSkip(context, {
    sites: {
      alice: { ...siteKinds['other-port']!.site, idleSeconds: 600 },
      bob: siteKinds['counting']!.site,
      carol: { ...siteKinds['firewall']!.site, ipv6: 'firewall' },
    },
  });
  const server = startAgent(lab.hosts['rendezvous']!);
  const [address = '', , address6 = ''] = lab.hosts['rendezvous']!.addresses;
  const [{ port }, { port: port6 }] = [await server.listen(0), await server.listen(0, '::')];
  const remote = formatEndpoint({ address, port });
  async function rowsAfterDial(name: string, to = { address, port }) {
    const host = lab.hosts[name]!;
    const { localPort, seen } = await startAgent(host).dial(to);
    const external = name === 'carol' ? null : lab.routers[name]!.addresses[0]!;
    const inside = formatEndpoint({
      address: host.addresses.find((one) => one.includes(':') === to.address.includes(':'))!,
      port: localPort,
    });
    const rows = await readNatTable(lab.routers[name]!, external);
    return { rows, row: { protocol: 'tcp', inside, outside: formatEndpoint(seen!) } };
  }

  const alice = await rowsAfterDial('alice');
  expect(alice.rows).toMatchObject([
    { ...alice.row, remote: null, state: null },
    { ...alice.row, remote, state: 'ESTABLISHED' },
  ]);
  for (const { secondsLeft } of alice.rows) {
    expect(secondsLeft).toBeGreaterThan(0);
    expect(secondsLeft).toBeLessThanOrEqual(600);
  }
  const bob = await rowsAfterDial('bob');
  expect(bob.rows).toMatchObject([{ ...bob.row, remote, state: 'ESTABLISHED' }]);
  const carol = await rowsAfterDial('carol');
  expect(carol.rows).toMatchObject([{ ...carol.row, remote, state: 'ESTABLISHED' }]);
  const carol6 = await rowsAfterDial('carol', { address: address6, port: port6 });
  expect(carol6.rows).toMatchObject([
    {},
    { ...carol6.row, remote: formatEndpoint({ address: address6, port: port6 }), state: 'ESTABLISHED' },
  ]);

  await lab.rebind('alice');
  expect(await readNatTable(lab.routers['alice']!, '50.0.1.3')).toEqual([]);
});
