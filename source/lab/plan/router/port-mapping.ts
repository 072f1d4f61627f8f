/**
 * A site's router that maps ports for its hosts, by one protocol: miniupnpd,
 * which real routers run. It answers PCP and NAT-PMP together or not at all, so
 * the rules here keep the questions of the other protocol from it.
 */
import { externalAddress, type PlacedSite } from '../addresses.ts';
import type { PortMappingWord } from '../description.ts';
import type { Command } from '../namespaces.ts';

/** In the lab's own /run, so that they end with the lab. */
const folder = '/run/port-mapping';

/** Offset, length and value of the version in a datagram of PCP or NAT-PMP, in nft's words: its first byte. */
const otherVersions: Readonly<Record<PortMappingWord, string | undefined>> = {
  pcp: '@th,64,8 != 2',
  natpmp: '@th,64,8 != 0',
  upnp: undefined,
};

/**
 * The chains that miniupnpd fills, and those that lead there. What it lets in
 * leaves `forward` with no mark.
 */
export function portMappingRules(word: PortMappingWord): string {
  const other = otherVersions[word];
  return [
    'add table inet upnp',
    'delete table inet upnp',
    'table inet upnp {',
    'chain pre_upnp { }',
    'chain post_upnp { }',
    'chain fwd_upnp { }',
    'chain prerouting { type nat hook prerouting priority -101; jump pre_upnp; }',
    'chain postrouting { type nat hook postrouting priority 101; jump post_upnp; }',
    'chain forward { type filter hook forward priority -1; jump fwd_upnp; meta mark set 1; }',
    ...(other === undefined
      ? []
      : [`chain input { type filter hook input priority 0; udp dport 5351 ${other} drop; }`]),
    '}',
    '',
  ].join('\n');
}

/** Starts miniupnpd in the router, or starts it again for another external address. Its mappings are forgotten then. */
export function portMappingCommands(placed: PlacedSite, word: PortMappingWord, moves: number): Command[] {
  const { inside, name, number } = placed;
  const file = `${folder}/${name}`;
  const settings = [
    'ext_ifname=wan',
    `ext_ip=${externalAddress(placed, moves)}`,
    'listening_ip=lan',
    'http_port=5000',
    `enable_natpmp=${word === 'upnp' ? 'no' : 'yes'}`,
    `enable_upnp=${word === 'upnp' ? 'yes' : 'no'}`,
    'secure_mode=yes',
    'min_lifetime=1',
    'upnp_table_name=upnp',
    'upnp_nat_table_name=upnp',
    'upnp_forward_chain=fwd_upnp',
    'upnp_nat_chain=pre_upnp',
    'upnp_nat_postrouting_chain=post_upnp',
    `uuid=00000000-0000-0000-0000-${String(number).padStart(12, '0')}`,
    `allow 1024-65535 ${inside}.0/24 1024-65535`,
    'deny 0-65535 0.0.0.0/0 0-65535',
    '',
  ];
  const script = [
    `mkdir -p ${folder}`,
    `if [ -e ${file}.pid ]; then kill "$(cat ${file}.pid)"; rm ${file}.pid; fi`,
    `cat > ${file}.conf`,
    `exec miniupnpd -f ${file}.conf -P ${file}.pid`,
  ];
  const namespace = `${name}.router`;
  return [
    { namespace, argv: ['nft', '-f', '-'], input: portMappingRules(word) },
    { namespace, argv: ['sh', '-ec', script.join('\n')], input: settings.join('\n') },
  ];
}
