import { readFile } from 'node:fs/promises';
import type { ContainerNetwork } from '../nat/doctor-report.ts';
import { findGateway } from '../network/port-mapping/gateway.ts';
import { ownDevices } from '../network/sockets.ts';

/** The router of all networks that libslirp makes: slirp4netns, QEMU's `-nic user`. VirtualBox uses the same. */
const slirpGateway = '10.0.2.2';
/** The address that slirp4netns gives, and the first one of the others. A real network may have that router, too. */
const slirpGuests = new Set(['10.0.2.100', '10.0.2.15']);
/** passt gives this to its guests, and no link of a machine has it. */
const PASST_MTU = 65_520;

/**
 * The program that carries the packets of this container or virtual machine without being root; undefined if there is
 * none that we know. Such a program ends each TCP connection, and opens another one.
 */
export async function containerNetwork(): Promise<ContainerNetwork | undefined> {
  const gateway = await findGateway(4);
  if (gateway === undefined) {
    return undefined;
  }
  if (gateway.address === slirpGateway && slirpGuests.has(gateway.local)) {
    return 'slirp';
  }
  const { device } = ownDevices().find(({ address }) => address === gateway.local) ?? {};
  const mtu = await readFile(`/sys/class/net/${device}/mtu`, 'utf8').catch(() => '');
  return Number(mtu) === PASST_MTU ? 'passt' : undefined;
}
