/** The hosts, routers and sites of a named lab, found by the name that a person types. */
import { usageError } from '../../errors.ts';
import { quote } from '../../text/safe-text.ts';
import { suggest } from '../../text/suggest.ts';
import { createHost, type Host } from '../host.ts';
import { routerName } from '../plan/router.ts';
import type { LabState, Place } from './lab-messages.ts';

/** A host, `rendezvous`, `internet` or `SITE.router`. Throws ERR_USAGE, which guesses the right name. */
export function placeIn({ hosts, name: lab, routers }: LabState, name: string): Place {
  return named([...hosts, ...routers], name, `host ${quote(name)} in the lab "${lab}"`);
}

/** A site with its router. Throws ERR_USAGE, which guesses the right name. */
export function siteIn(state: LabState, name: string): LabState['sites'][number] & { readonly router: Host } {
  const site = named(state.sites, name, `site ${quote(name)} in the lab "${state.name}"`);
  return { ...site, router: hostAt(placeIn(state, routerName(site.name))) };
}

/** Runs programs in a place of a lab that another process has made. */
export function hostAt({ addresses, enter, name }: Place): Host {
  return createHost({ enter: (_, argv) => [...enter, ...argv] }, { name, namespace: name, addresses });
}

function named<One extends { readonly name: string }>(all: readonly One[], name: string, what: string): One {
  const found = all.find((one) => one.name === name);
  if (found !== undefined) {
    return found;
  }
  const names = all.map((one) => one.name);
  const meant = suggest(name, names);
  throw usageError(
    `there is no ${what}`,
    meant === undefined ? `There are ${names.join(', ')}.` : `Did you mean "${meant}"?`,
  );
}
