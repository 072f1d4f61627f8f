/**
 * Cutting the line of a site or of the rendezvous: what would pass it is
 * swallowed, as by a dead line that nobody notices. Pure.
 */
import { PunchlineError } from '../../errors.ts';
import type { Command, Topology } from './namespaces.ts';
import { routerName } from './router.ts';

/** Swallows all that is forwarded to or from a line; once more changes nothing. Throws ERR_USAGE for an unknown name. */
export function cutCommand(topology: Topology, name: string): Command {
  const { device, namespace } = lineOf(topology, name);
  const rules = [
    'table inet cut {',
    'chain forward { type filter hook forward priority -200;',
    `iifname "${device}" drop`,
    `oifname "${device}" drop`,
    '}',
    '}',
  ];
  return nft(namespace, [...noCut, ...rules]);
}

/** Lets everything pass again; where nothing was cut, changes nothing. Throws ERR_USAGE for an unknown name. */
export function restoreCommand(topology: Topology, name: string): Command {
  return nft(lineOf(topology, name).namespace, noCut);
}

/** nft deletes only what is there. */
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
