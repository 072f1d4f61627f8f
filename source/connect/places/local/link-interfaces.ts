import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import type { Family } from '../../../events.ts';
import { isInNetwork } from '../../../network/address.ts';

/** A machine that runs containers has dozens of interfaces. Each costs a socket, and a datagram for each question. */
const MAX_INTERFACES = 16;

/** An interface of this machine, in one family, behind which there may be neighbours. */
export interface LinkInterface {
  readonly family: Family;
  /** As the kernel wants it named for multicast: by its first IPv4 address, or for IPv6 by its zone, `::%eth0`. */
  readonly multicast: string;
  /** As it stands behind a link-local IPv6 address; empty for IPv4. */
  readonly zone: string;
  /** Its networks, `192.168.1.2/24`. */
  readonly networks: readonly string[];
}

type Infos = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** At most 16, IPv4 first. None if the system does not tell them. */
export function linkInterfaces(
  families: readonly Family[],
  read: () => Infos = networkInterfaces,
): LinkInterface[] {
  let all: Infos;
  try {
    all = read();
  } catch {
    return [];
  }
  return ([4, 6] as const)
    .filter((family) => families.includes(family))
    .flatMap((family) =>
      Object.entries(all).flatMap(([name, infos = []]) => linkInterface(name, family, infos) ?? []),
    )
    .slice(0, MAX_INTERFACES);
}

function linkInterface(
  name: string,
  family: Family,
  infos: readonly NetworkInterfaceInfo[],
): LinkInterface | undefined {
  const own = infos.filter((info) => info.family === `IPv${family}` && !info.internal && hasNeighbours(info));
  const [first] = own;
  if (first === undefined) {
    return undefined;
  }
  // Windows numbers its zones, other systems name them.
  const zone = process.platform === 'win32' && first.family === 'IPv6' ? String(first.scopeid) : name;
  return {
    family,
    multicast: family === 4 ? first.address : `::%${zone}`,
    zone: family === 4 ? '' : zone,
    networks: own.flatMap(({ cidr }) => cidr ?? []),
  };
}

/** A network of one address is a tunnel: its other end is not on our link, and may be anywhere. */
function hasNeighbours({ cidr, family }: NetworkInterfaceInfo): boolean {
  return cidr !== null && Number(cidr.split('/')[1]) < (family === 'IPv4' ? 32 : 128);
}

/** Whether a datagram that came in through an interface is from a neighbour there. */
export function isNeighbour(address: string, { networks, zone }: LinkInterface): boolean {
  const [, from = ''] = address.split('%');
  // A link-local address is of each link, and its zone says of which.
  return (from === '' || from === zone) && networks.some((network) => isInNetwork(address, network));
}
