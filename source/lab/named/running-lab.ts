/** A named lab: it knows which of its lines are cut, and carries out the requests to its daemon. */
import { PunchlineError } from '../../errors.ts';
import { describeSite } from '../plan/site-words.ts';
import { hostNames, type LabDescription } from '../plan/description.ts';
import type { Host } from '../host.ts';
import type { LabState, Place, Request } from './lab-messages.ts';
import type { Lab } from '../lab.ts';
import { routerName } from '../plan/router.ts';

export class RunningLab {
  readonly #name: string;
  readonly #description: LabDescription;
  readonly #lab: Lab;
  readonly #since = Date.now();
  /** The lines that are cut. Some have a timer that restores them. */
  readonly #cuts = new Map<string, NodeJS.Timeout | undefined>();
  #isEnding = false;

  constructor(name: string, description: LabDescription, lab: Lab) {
    this.#name = name;
    this.#description = description;
    this.#lab = lab;
  }

  /**
   * Carries out a request and resolves with the new state of the lab. Rejects as the lab does, and with ERR_USAGE while
   * the lab ends: whoever asks because its programs are gone must not hear that it is up.
   */
  async obey(request: Request): Promise<LabState> {
    if (this.#isEnding && request.do !== 'down') {
      throw new PunchlineError('ERR_USAGE', `the lab "${this.#name}" is ending`);
    }
    switch (request.do) {
      case 'show':
        break;
      case 'down':
        await this.end();
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

  /** Ends the lab. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#lab.close();
  }

  async #cut(line: string, seconds: number | undefined): Promise<void> {
    await this.#lab.cut(line);
    clearTimeout(this.#cuts.get(line));
    // If the lab ends first, there is nothing to restore.
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
      description: this.#description,
      sites: Object.entries(this.#description.sites).map(([name, site]) => ({
        name,
        about: describeSite(site),
        hosts: [...hostNames(name, site)],
        external: this.#lab.routers[name]?.addresses[0] ?? null,
        cut: this.#cuts.has(name),
      })),
      hosts: Object.values(this.#lab.hosts).map((host) => placeOf(host)),
      // The router is shown by its own name, because a host often has the name of the site.
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
