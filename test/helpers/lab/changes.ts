/** Changes of a lab's networks while programs run in it. */
import type { Host } from '../../../source/lab/host.ts';
import type { Lab } from '../../../source/lab/lab.ts';

/** Runs a shell command in a host. Throws an error with its output if it fails. */
export async function runIn(host: Host | undefined, command: string): Promise<void> {
  const { code, stderr } = (await host?.exec(['sh', '-ec', command])) ?? { code: 1, stderr: 'no such host' };
  if (code !== 0 || stderr !== '') {
    throw new Error(`${command}: exit code ${code}\n${stderr}`);
  }
}

/** Sets whether the switch of the home keeps the hosts `alice` and `bob` apart, as in a hotel. */
export function switchApart(lab: Lab, home: string, how: 'on' | 'off'): Promise<void> {
  return runIn(
    lab.routers[home],
    ['alice', 'bob'].map((host) => `ip link set dev ${host} type bridge_slave isolated ${how}`).join(';'),
  );
}

/** Connects the two hosts by a cable, beside their ways to the internet. */
export async function plugCable({ hosts: { alice, bob }, pid }: Lab): Promise<void> {
  await runIn(alice, `ip link add cable type veth peer name cable netns /proc/${pid}/root/run/netns/bob`);
  await runIn(alice, 'ip address add 10.9.8.1/24 dev cable; ip link set cable up');
  await runIn(bob, 'ip address add 10.9.8.2/24 dev cable; ip link set cable up');
}

/** Gives a host another address in its network, as after a move to another network. */
export async function moveAddress(host: Host | undefined): Promise<void> {
  const [old = ''] = host?.addresses ?? [];
  const network = old.slice(0, old.lastIndexOf('.'));
  await runIn(
    host,
    `ip address flush dev eth0; ip address add ${network}.77/24 dev eth0; ip route add default via ${network}.1`,
  );
}
