/** Asks a router for its NAT table, with the tools that an administrator has: conntrack, nft and ip. */
import * as v from 'valibot';
import { PunchlineError } from '../../errors.ts';
import { safeText } from '../../text/safe-text.ts';
import type { Host } from '../host.ts';
import { parseConntrackList } from './conntrack-line.ts';
import { natRows, type NatRow } from './nat-rows.ts';
import { parseNftTable } from './nft-table.ts';
import { requireTools } from '../tools.ts';

/** Bounds each question. It takes milliseconds, or seconds on a machine under load. */
const QUESTION_TIMEOUT_MS = 30_000;

const linkSchema = v.array(
  v.object({
    addr_info: v.array(v.object({ local: v.string(), prefixlen: v.number(), scope: v.string() })),
  }),
);

/**
 * All rows of the router of a site. Its external address is null if it has no NAT.
 * Rejects with ERR_MISSING_TOOL or ERR_NETWORK.
 */
export async function readNatTable(router: Host, external: string | null): Promise<readonly NatRow[]> {
  requireTools(['nsenter', 'conntrack', 'nft', 'ip']);
  const inside = await insideNetworks(router);
  const hasIpv6 = inside.some((network) => network.includes(':'));
  const [table, connections, connections6] = await Promise.all([
    ask(router, ['nft', '-j', 'list', 'table', 'ip', 'site']),
    ask(router, ['conntrack', '-L', '-f', 'ipv4', '-o', 'extended,id']),
    hasIpv6 ? ask(router, ['conntrack', '-L', '-f', 'ipv6', '-o', 'extended,id']) : '',
  ]);
  return natRows({ external, inside }, parseNftTable(table), [
    ...parseConntrackList(connections),
    ...parseConntrackList(connections6),
  ]);
}

/** The networks behind a router, IPv4 first: `192.168.1.1/24`. */
export async function insideNetworks(router: Host): Promise<readonly string[]> {
  const text = await ask(router, ['ip', '-j', 'address', 'show', 'dev', 'lan']);
  return v
    .parse(linkSchema, JSON.parse(text))
    .flatMap(({ addr_info: addresses }) => addresses)
    .filter(({ scope }) => scope === 'global')
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

async function ask(router: Host, argv: readonly string[]): Promise<string> {
  const { code, stderr, stdout } = await router.exec(argv, '', { timeoutMs: QUESTION_TIMEOUT_MS });
  if (code === 0) {
    return stdout;
  }
  const why = safeText(stderr.slice(0, 500)).trim();
  throw new PunchlineError('ERR_NETWORK', `the router gave no answer to ${argv.join(' ')}: ${why}`, {
    hint: 'The lab may have ended meanwhile: punchline lab list.',
  });
}
