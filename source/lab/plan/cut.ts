/**
 * Cuts the line of a site or of the rendezvous: the router drops every packet on
 * it, so that neither end is told that the line is dead.
 */
import { PunchlineError } from '../../errors.ts';
import type { Command, Topology } from './namespaces.ts';
import { routerName } from './router.ts';

/** The comment of the rules that cut. `lab watch` shows it as the reason. */
export const cutReason = 'the line is cut';

/** Drops every packet that is forwarded to or from a line. A second cut changes nothing. Throws ERR_USAGE for an unknown name. */
export function cutCommand(topology: Topology, name: string): Command {
  const { device, namespace } = lineOf(topology, name);
  const rules = [
    'table inet cut {',
    'chain forward { type filter hook forward priority -200;',
    `iifname "${device}" drop comment "${cutReason}"`,
    `oifname "${device}" drop comment "${cutReason}"`,
    '}',
    '}',
  ];
  return nft(namespace, [...noCut, ...rules]);
}

/** Lets packets pass again. Without a cut it changes nothing. Throws ERR_USAGE for an unknown name. */
export function restoreCommand(topology: Topology, name: string): Command {
  return nft(lineOf(topology, name).namespace, noCut);
}

/** nft can only delete a table that exists, so we add it first. */
const noCut = ['add table inet cut', 'delete table inet cut'];

function lineOf({ sites }: Topology, name: string): { namespace: string; device: string } {
  if (name === 'rendezvous') {
    return { namespace: 'internet', device: name };
  }
  if (sites.some((site) => site.name === name)) {
    return { namespace: routerName(name), device: 'wan' };
  }
  throw new PunchlineError('ERR_USAGE', `There is no line to "${name}" in this lab.`, {
    hint: `Lines lead to: ${['rendezvous', ...sites.map((site) => site.name)].join(', ')}.`,
  });
}

function nft(namespace: string, rules: readonly string[]): Command {
  return { namespace, argv: ['nft', '-f', '-'], input: `${rules.join('\n')}\n` };
}
