import type { Host } from '../../../source/lab/host.ts';
import type { Site } from '../../../source/lab/plan/description.ts';

/** As many as the lab's own counting routers use for TCP. */
const COUNTED_PORTS = 4096;
const FIRST_COUNTED_PORT = 32_768;
const IDLE_SECONDS = 7440;

/**
 * Lets the router of a site do with UDP what the lab's own rules do with TCP, because hyperbeam punches UDP. Those rules
 * leave UDP to the kernel, which keeps its ports: every site would be port-restricted for it. These come before them.
 * All sites filter by address and port, which connection tracking does for UDP, too.
 */
export async function translateUdp(router: Host, { mapping, ports = 'random' }: Site): Promise<void> {
  if (mapping === 'endpoint-independent' || mapping === 'none') {
    return;
  }
  const [external = ''] = router.addresses;
  const counted = Array.from({ length: COUNTED_PORTS }, (_, n) => `${n} : ${FIRST_COUNTED_PORT + n}`);
  const fresh =
    ports === 'sequential'
      ? `${external} : numgen inc mod ${COUNTED_PORTS} map { ${counted.join(', ')} }`
      : `${external}:1024-65535 fully-random`;
  const isKept = mapping === 'address-dependent';
  const rules = `
table ip datagrams {
  map external {
    type ipv4_addr . inet_service . ipv4_addr : inet_service
    flags dynamic,timeout; timeout ${IDLE_SECONDS}s; size 65536;
  }
  chain leaving {
    type nat hook postrouting priority srcnat - 1;
    iifname "lan" oifname "wan" meta l4proto udp jump translate
  }
  chain translate {
    ${isKept ? `meta l4proto udp snat ip to ${external} : ip saddr . udp sport . ip daddr map @external` : ''}
    meta l4proto udp snat ip to ${fresh}
  }
  chain left {
    type filter hook postrouting priority srcnat + 11;
    iifname "lan" oifname "wan" ct direction original meta l4proto udp update @external { ct original ip saddr . ct original proto-src . ip daddr : udp sport }
  }
}`;
  const { code, stderr } = await router.exec(['nft', '-f', '-'], rules);
  if (code !== 0) {
    throw new Error(`nft refuses the rules for UDP: ${stderr}`);
  }
}
