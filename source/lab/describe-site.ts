/** A site in words for a person. Pure. */
import type { Site } from './plan/description.ts';

const answerTexts = {
  drop: 'drops unsolicited SYNs',
  rst: 'answers unsolicited SYNs with RST',
  icmp: 'answers unsolicited SYNs with ICMP',
};

/** What a site's router does and how its line is, as one line of text. */
export function describeSite(site: Site): string {
  const { behind, filtering, hairpin, idleSeconds, ipv6, line, mapping, ports, unsolicited = 'drop' } = site;
  const { delayMs = 0, jitterMs = 0, lossPercent = 0 } = line ?? {};
  const choice = ports ?? (mapping === 'endpoint-independent' ? 'preserved' : 'random');
  const nature =
    mapping === 'none'
      ? [filtering === 'endpoint-independent' ? 'no NAT, no firewall' : `no NAT, ${filtering} firewall`]
      : [`${mapping} mapping, ${choice} ports`, `${filtering} filtering`];
  const isSilent = mapping === 'none' && filtering === 'endpoint-independent';
  return [
    ...nature,
    ...(isSilent ? [] : [answerTexts[unsolicited]]),
    ...(hairpin === true ? ['hairpinning'] : []),
    ...(idleSeconds === undefined ? [] : [`forgets after ${idleSeconds} s`]),
    ...(ipv6 === undefined ? [] : [ipv6 === 'open' ? 'IPv6' : 'IPv6 behind a firewall']),
    ...(behind === undefined ? [] : [`behind ${behind}`]),
    ...(delayMs === 0 ? [] : [`${delayMs}${jitterMs === 0 ? '' : ` ± ${jitterMs}`} ms one way`]),
    ...(lossPercent === 0 ? [] : [`${lossPercent} % loss`]),
  ].join('; ');
}
