/** Two hosts of one local network, on machines with many networks of containers. */
import { expect, test } from 'vitest';
import type { Host } from '../../../../source/lab/host.ts';
import { labOrSkip } from '../../../helpers/lab/lab.ts';
import { runPunchline } from '../../../helpers/lab/punchline-inside.ts';

/**
 * Adds nine networks, as container engines do, and makes the interface to the local network anew, so that it comes
 * behind them in each list.
 */
const addContainers = `
set -e
link=$(ip -o route show default | sed 's/.* dev \\([^ ]*\\).*/\\1/')
router=$(ip -o route show default | sed 's/.* via \\([^ ]*\\).*/\\1/')
address=$(ip -o -4 addr show dev "$link" | sed 's/.* inet \\([^ ]*\\).*/\\1/')
for n in 17 18 19 20 21 22 23 24 25; do
  ip link add "br-$n" type veth peer name "veth$n"
  ip addr add "172.$n.0.1/16" dev "br-$n"
  ip link set "br-$n" up
  ip link set "veth$n" up
done
ip addr flush dev "$link"
ip link add home0 type bridge
ip link set "$link" master home0
ip addr add "$address" dev home0
ip link set home0 up
ip route add default via "$router" dev home0
`;

test('two hosts of one network find each other in it, whatever containers they run', async (context) => {
  const filtering = 'address-and-port-dependent';
  const lab = await labOrSkip(context, {
    sites: { home: { mapping: 'endpoint-independent', filtering, hosts: ['ann', 'abe'] } },
  });
  const { rendezvous } = lab.hosts;
  const hosts = ['ann', 'abe'].map((name) => lab.hosts[name]!);
  for (const host of hosts) {
    expect(await host.exec(['sh', '-c', addContainers])).toEqual(expect.objectContaining({ code: 0 }));
  }
  await runPunchline(rendezvous!, ['serve']).line('listening');
  function chat(host: Host) {
    const server = rendezvous!.addresses[0]!;
    const words = ['--json', '--no-relay', '--server', server, '--code', '4711-velvet-orbit'];
    const program = runPunchline(host, ['chat', ...words]);
    context.onTestFinished(() => void program.kill('SIGKILL'));
    return program;
  }
  for (const peer of hosts.map(chat)) {
    expect(await peer.line('connected')).toMatchObject({ path: 'lan' });
  }
});
