/**
 * Makes a described lab on this machine and gives it back as places to run
 * programs in. Needs Linux, and root or an unprivileged user namespace.
 */
import { PunchlineError } from '../errors.ts';
import { externalAddress } from './plan/addresses.ts';
import { buildCommands, isShaped } from './plan/commands.ts';
import { cutCommand, restoreCommand } from './plan/cut.ts';
import type { Dependence, LabDescription, Site } from './plan/description.ts';
import { startHolder } from './namespace-owner.ts';
import { createHost, type Host } from './host.ts';
import { noRebinds, rebindCommands, routerName, rulesCommand, type Rebinds } from './plan/router.ts';
import { requireTools, requireWires } from './tools.ts';
import { layOut } from './plan/topology.ts';

/** The words of a site that tell what its NAT does. */
export type Nat = Pick<Site, 'ports' | 'filtering' | 'unsolicited'> & { readonly mapping: Dependence };

export interface Lab {
  /** `rendezvous`, and every site's hosts. */
  readonly hosts: Readonly<Record<string, Host>>;
  /** `internet`, and every site's router under the site's name. */
  readonly routers: Readonly<Record<string, Host>>;
  /** The process to enter the lab by; it lives as long as the lab. */
  readonly pid: number;
  /** Resolves when the lab is gone, in whatever way it went. */
  readonly ended: Promise<void>;
  /** Swallows all packets on the line of a site or of the rendezvous, from now on. */
  cut(name: string): Promise<void>;
  /** Lets packets through again. */
  restore(name: string): Promise<void>;
  /**
   * Lets a site's router forget all mappings, and gives it a new external address
   * unless it is to keep its own. Resolves with the address.
   */
  rebind(site: string, options?: { readonly keepAddress?: boolean }): Promise<string>;
  /** Gives a site's router another NAT, for connections from now on; those that there are go on as they were. */
  change(site: string, nat: Partial<Nat>): Promise<void>;
  /** Ends every process of the lab and takes away its networks. */
  close(): Promise<void>;
}

/**
 * Makes a lab. It ends with `close()` or with this process, however that ends.
 * Rejects with ERR_USAGE, ERR_MISSING_TOOL, ERR_PERMISSION or ERR_NETWORK.
 */
export async function createLab(description: LabDescription): Promise<Lab> {
  const topology = layOut(description);
  requireTools(['unshare', 'nsenter', 'ip', 'nft']);
  if (topology.links.some(({ line }) => isShaped(line))) {
    requireWires();
  }
  const holder = await startHolder();
  try {
    for (const command of buildCommands(topology)) {
      await holder.run(command);
    }
  } catch (error) {
    await holder.close();
    throw error;
  }

  const names = new Map(topology.sites.map(({ name }) => [routerName(name), name]));
  const hosts: Record<string, Host> = {};
  const routers: Record<string, Host> = {};
  for (const { addresses, name, role } of topology.namespaces) {
    if (role === 'host') {
      hosts[name] = createHost(holder, { name, namespace: name, addresses });
    } else {
      const router = names.get(name) ?? name;
      routers[router] = createHost(holder, { name: router, namespace: name, addresses });
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
    pid: holder.pid,
    ended: holder.ended,
    cut: async (name) => holder.run(cutCommand(topology, name)),
    restore: async (name) => holder.run(restoreCommand(topology, name)),
    rebind: async (name, { keepAddress = false } = {}) => {
      const placed = natSite(name);
      const before = rebinds.get(name) ?? noRebinds;
      const after = { forgets: before.forgets + 1, moves: before.moves + (keepAddress ? 0 : 1) };
      rebinds.set(name, after);
      for (const command of rebindCommands(placed, before, after)) {
        await holder.run(command);
      }
      const address = externalAddress(placed, after.moves);
      routers[name] = createHost(holder, { name, namespace: routerName(name), addresses: [address] });
      return address;
    },
    change: async (name, nat) => {
      const before = natSite(name);
      const placed = { ...before, site: { ...before.site, ...nat } };
      natSites.set(name, placed);
      await holder.run(rulesCommand(placed, rebinds.get(name) ?? noRebinds));
    },
    close: () => holder.close(),
  };
}
