/**
 * Makes a lab on this machine from its description, and returns its hosts and
 * routers. Needs Linux, and root or an unprivileged user namespace.
 */
import { PunchlineError } from '../errors.ts';
import { externalAddress } from './plan/addresses.ts';
import { buildCommands, isShaped } from './plan/commands.ts';
import { answersLate } from './plan/router/late-answer.ts';
import { proxyName, proxyUrl } from './plan/router/site-proxy.ts';
import { cutCommand, restoreCommand } from './plan/cut.ts';
import type { Dependence, LabDescription, Site } from './plan/description.ts';
import { startNamespaceOwner } from './namespace-owner.ts';
import { createHost, type Host } from './host.ts';
import { noRebinds, rebindCommands, routerName, rulesCommand, type Rebinds } from './plan/router.ts';
import { requireTapDevices, requireTools, requireWires } from './tools.ts';
import { layOut } from './plan/topology.ts';

/** The part of a site's description that says what its NAT does. */
export type Nat = Pick<Site, 'ports' | 'filtering' | 'unsolicited'> & { readonly mapping: Dependence };

export interface Lab {
  /** `rendezvous` and the hosts of every site. */
  readonly hosts: Readonly<Record<string, Host>>;
  /** `internet`, and the router of every site under the site's name. */
  readonly routers: Readonly<Record<string, Host>>;
  /** The process whose namespaces are the lab's; it lives as long as the lab. */
  readonly pid: number;
  /** Resolves when the lab has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Drops all packets on the line of a site or of the rendezvous, from now on. */
  cut(name: string): Promise<void>;
  /** Lets packets through again. */
  restore(name: string): Promise<void>;
  /**
   * Makes a site's router forget all mappings, and gives it a new external address
   * unless it shall keep its own. Resolves with the address.
   */
  rebind(site: string, options?: { readonly keepAddress?: boolean }): Promise<string>;
  /** Changes the NAT of a site's router for new connections. Existing ones go on unchanged. */
  change(site: string, nat: Partial<Nat>): Promise<void>;
  /** Ends every process of the lab and removes its networks. */
  close(): Promise<void>;
}

/**
 * Makes a lab. It ends on `close()`, or when this process ends for any reason.
 * Rejects with ERR_USAGE, ERR_MISSING_TOOL, ERR_PERMISSION or ERR_NETWORK.
 */
export async function createLab(description: LabDescription): Promise<Lab> {
  const topology = layOut(description);
  requireTools(['unshare', 'nsenter', 'ip', 'nft']);
  if (topology.links.some(({ line }) => isShaped(line))) {
    requireWires();
  }
  if (topology.sites.some(({ site }) => site.portMapping !== undefined)) {
    requireTools(['miniupnpd']);
  }
  if (topology.sites.some(({ site }) => site.proxied === true)) {
    requireTools(['danted']);
  }
  if (topology.sites.some(({ site }) => site.nat64 === true)) {
    requireTools(['tayga', 'unbound']);
    requireTapDevices();
  }
  requireTools(topology.containers.map(({ word }) => (word === 'slirp' ? 'slirp4netns' : 'pasta')));
  const owner = await startNamespaceOwner();
  try {
    await owner.run(buildCommands(topology));
  } catch (error) {
    await owner.close();
    throw error;
  }

  const names = new Map(topology.sites.map(({ name }) => [routerName(name), name]));
  const hosts: Record<string, Host> = {};
  const routers: Record<string, Host> = {};
  for (const { addresses, name, resolver, role } of topology.namespaces) {
    if (role === 'host') {
      hosts[name] = createHost(owner, { name, namespace: name, addresses, resolver });
    } else {
      const router = names.get(name) ?? name;
      routers[router] = createHost(owner, { name: router, namespace: name, addresses });
    }
  }

  const rebinds = new Map<string, Rebinds>();
  const natSites = new Map(
    topology.sites.filter(({ site }) => site.mapping !== 'none').map((placed) => [placed.name, placed]),
  );
  function natSite(name: string) {
    const placed = natSites.get(name);
    if (placed !== undefined) {
      return placed;
    }
    throw new PunchlineError('ERR_USAGE', `There is no site "${name}" with a NAT in this lab.`);
  }
  return {
    hosts,
    routers,
    pid: owner.pid,
    ended: owner.ended,
    cut: async (name) => owner.run([cutCommand(topology, name)]),
    restore: async (name) => owner.run([restoreCommand(topology, name)]),
    rebind: async (name, { keepAddress = false } = {}) => {
      const placed = natSite(name);
      const before = rebinds.get(name) ?? noRebinds;
      const after = { forgets: before.forgets + 1, moves: before.moves + (keepAddress ? 0 : 1) };
      rebinds.set(name, after);
      await owner.run(rebindCommands(placed, before, after));
      const address = externalAddress(placed, after.moves);
      routers[name] = createHost(owner, { name, namespace: routerName(name), addresses: [address] });
      return address;
    },
    change: async (name, nat) => {
      const before = natSite(name);
      if (answersLate(nat) && !topology.sites.some((one) => one.name === name && answersLate(one.site))) {
        throw new PunchlineError('ERR_USAGE', `The router of "${name}" has no line for late answers.`, {
          hint: 'Make the lab with the answer icmp-late. It can change to another answer and back.',
        });
      }
      const placed = { ...before, site: { ...before.site, ...nat } };
      natSites.set(name, placed);
      await owner.run([rulesCommand(placed, rebinds.get(name) ?? noRebinds)]);
    },
    close: () => owner.close(),
  };
}

/** A lab as far as programs run in it: one of ours, or one that another process keeps. */
export type Hosts = Pick<Lab, 'hosts'>;

/** The proxy that leads a host out of a lab, as `--proxy` takes it. The host is named like its site. */
export function proxyIn(lab: Hosts, host: string): string | undefined {
  const address = lab.hosts[proxyName(host)]?.addresses[0];
  return address === undefined ? undefined : proxyUrl(address);
}

/** Throws ERR_USAGE if the lab has no host of that name. */
export function hostIn(lab: Hosts, name: string): Host {
  const host = lab.hosts[name];
  if (host !== undefined) {
    return host;
  }
  throw new PunchlineError('ERR_USAGE', `There is no host "${name}" in this lab.`, {
    hint: `Its hosts: ${Object.keys(lab.hosts).join(', ')}.`,
  });
}
