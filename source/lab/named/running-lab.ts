/** A lab under a name: it knows which of its lines are cut, and does what its keeper is asked for. */
import { describeSite } from '../plan/site-words.ts';
import { hostNames, type LabDescription } from '../plan/description.ts';
import type { Host } from '../host.ts';
import type { LabState, Place, Request } from './lab-messages.ts';
import type { Lab } from '../lab.ts';
import { routerName } from '../plan/router.ts';

export class KeptLab {
  readonly #name: string;
  readonly #description: LabDescription;
  readonly #lab: Lab;
  readonly #since = Date.now();
  /** The lines that are cut; some have a time at which they come back. */
  readonly #cuts = new Map<string, NodeJS.Timeout | undefined>();

  constructor(name: string, description: LabDescription, lab: Lab) {
    this.#name = name;
    this.#description = description;
    this.#lab = lab;
  }

  /** Does what is asked for, and tells how the lab is then. Rejects as the lab does. */
  async obey(request: Request): Promise<LabState> {
    switch (request.do) {
      case 'show':
        break;
      case 'down':
        await this.#lab.close();
        break;
      case 'cut':
        await this.#cut(request.line, request.seconds);
        break;
      case 'restore':
        await this.#restore(request.line);
        break;
      case 'rebind':
        await this.#lab.rebind(request.site);
    }
    return this.#state();
  }

  async #cut(line: string, seconds: number | undefined): Promise<void> {
    await this.#lab.cut(line);
    clearTimeout(this.#cuts.get(line));
    // The lab may end before: then there is nothing to restore.
    const back = () => void this.#restore(line).catch(() => undefined);
    this.#cuts.set(line, seconds === undefined ? undefined : setTimeout(back, seconds * 1000).unref());
  }

  async #restore(line: string): Promise<void> {
    await this.#lab.restore(line);
    clearTimeout(this.#cuts.get(line));
    this.#cuts.delete(line);
  }

  #state(): LabState {
    return {
      name: this.#name,
      pid: process.pid,
      since: this.#since,
      sites: Object.entries(this.#description.sites).map(([name, site]) => ({
        name,
        about: describeSite(site),
        hosts: [...hostNames(name, site)],
        external: this.#lab.routers[name]?.addresses[0] ?? null,
        cut: this.#cuts.has(name),
      })),
      hosts: Object.values(this.#lab.hosts).map((host) => placeOf(host)),
      // A site's router has the site's name, and often so has a host.
      routers: Object.entries(this.#lab.routers).map(([name, router]) =>
        placeOf(router, name === 'internet' ? name : routerName(name)),
      ),
      rendezvousCut: this.#cuts.has('rendezvous'),
    };
  }
}

function placeOf(host: Host, name = host.name): Place {
  return { name, addresses: [...host.addresses], enter: host.command([]) };
}
