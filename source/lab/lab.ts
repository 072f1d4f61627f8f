/**
 * Makes a described lab on this machine and gives it back as places to run
 * programs in. Needs Linux, and root or an unprivileged user namespace.
 */
import { buildCommands } from './commands.ts';
import type { LabDescription } from './description.ts';
import { startHolder } from './holder.ts';
import { createHost, type Host } from './host.ts';
import { requireTools } from './tools.ts';
import { layOut } from './topology.ts';

export interface Lab {
  /** `rendezvous`, and every site's hosts. */
  readonly hosts: Readonly<Record<string, Host>>;
  /** `internet`, and every site's router under the site's name. */
  readonly routers: Readonly<Record<string, Host>>;
  /** The process to enter the lab by; it lives as long as the lab. */
  readonly pid: number;
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
  const holder = await startHolder();
  try {
    for (const command of buildCommands(topology)) await holder.run(command);
  } catch (error) {
    await holder.close();
    throw error;
  }

  const routerNames = new Map([
    ['internet', 'internet'],
    ...topology.sites.map(({ name }) => [`${name}.router`, name] as const),
  ]);
  const hosts: Record<string, Host> = {};
  const routers: Record<string, Host> = {};
  for (const { addresses, name } of topology.namespaces) {
    const router = routerNames.get(name);
    if (router === undefined) hosts[name] = createHost(holder, name, addresses);
    else routers[router] = createHost(holder, router, addresses, name);
  }
  return { hosts, routers, pid: holder.pid, close: () => holder.close() };
}
