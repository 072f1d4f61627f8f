/**
 * Which of our addresses a peer is told, and in which order: it dials eight at
 * most, and a machine with containers has dozens.
 */
import { familyOf, inTurn } from '../../../network/address.ts';

/** An address of this machine, and the name of its interface. */
export interface OwnAddress {
  readonly device: string;
  readonly address: string;
}

export interface HostOrderInputs {
  /** The address from which we have reached the place; undefined if it was not reached lately. */
  readonly used: string | undefined;
  /** The addresses from which this machine sends to the internet: one for each family at most. */
  readonly routed: readonly string[];
}

/**
 * What container engines, virtual machines and VPNs call their interfaces. A
 * peer on one of those networks is rare, so its addresses come last. A bridge
 * that is called br0 mostly leads to the local network.
 */
const virtualDevice =
  /^(?:docker|podman|br-|veth|cni|cali|flannel|kube|nerdctl|lxcbr|lxdbr|incusbr|virbr|vmnet|vboxnet|vethernet|tun|tap|wg|utun|ipsec|tailscale|zt|nordlynx|proton|mullvad)/i;

/**
 * The address that was used comes first. Then come the interfaces that lead to
 * the internet, the other ones, and the virtual ones, with the families in turn.
 */
export function hostOrder(all: readonly OwnAddress[], { used, routed }: HostOrderInputs): string[] {
  const first = all.filter(({ address }) => address === used);
  const others = all.filter(({ address }) => address !== used);
  const leading = new Set(
    all.filter(({ address }) => address === used || routed.includes(address)).map(({ device }) => device),
  );
  function isLast({ device }: OwnAddress): boolean {
    return virtualDevice.test(device) && !leading.has(device);
  }
  function rank({ address, device }: OwnAddress): number {
    if (routed.includes(address)) {
      return 0;
    }
    return leading.has(device) ? 1 : 2;
  }
  const near = others.filter((one) => !isLast(one)).toSorted((one, other) => rank(one) - rank(other));
  // The family of the first address has had its turn.
  const next = used !== undefined && familyOf(used) === 4 ? 6 : 4;
  const ordered = [
    ...first,
    ...inTurn(near, ({ address }) => familyOf(address) === next),
    ...inTurn(others.filter(isLast), ({ address }) => familyOf(address) === 4),
  ];
  return [...new Set(ordered.map(({ address }) => address))];
}
