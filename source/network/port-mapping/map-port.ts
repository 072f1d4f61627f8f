import type { Endpoint, Family } from '../../events.ts';
import { manyListeners, pause } from '../waiting.ts';
import { MapperByNatPmp } from './by-nat-pmp.ts';
import { mapperByPcp } from './by-pcp.ts';
import { mapperByUpnp } from './by-upnp.ts';
import { findGateway, type Gateway } from './gateway.ts';
import type { Grant, Mapper, MappingProtocol, MappingTarget } from './mapper.ts';
import { NoMapping } from './no-mapping.ts';

/** A router is near: it answers in milliseconds, or after the sleep of a radio. So the next protocol is asked after so long. */
const NAT_PMP_AFTER_MS = 250;
const UPNP_AFTER_MS = 500;
/** Bounds the whole. Nobody waits for a mapping, but a router that is this slow is not asked further. */
const MAX_MS = 10_000;
/** RFC 6887 section 11.2.1: renewals are at least so far apart. */
const MIN_RENEWAL_MS = 4000;
/** Bounds the pause before a renewal. Section 15 lets a router grant a day at most. */
const MAX_LIFETIME_MS = 24 * 3600 * 1000;

export interface MapPortOptions {
  /** Where we listen. */
  readonly internalPort: number;
  /** Default: 4. With 6 the router opens its firewall, and translates nothing; only PCP can do that here. */
  readonly family?: Family;
  /** Our address towards the router, if it is known. Only a router on the same interface is asked then. */
  readonly local?: string | undefined;
  /** The router to ask; by default it is looked for. */
  readonly gateway?: Gateway | undefined;
  /** The router has given another endpoint, or, with undefined, none any more. */
  readonly onChange?: ((external: Endpoint | undefined) => void) | undefined;
  /** Ends the search. After that, it gives the port back as `close` does. */
  readonly signal: AbortSignal;
}

/** A port of the router that leads to one of ours. It is renewed until it is closed, or lost. */
export interface PortMapping {
  readonly protocol: MappingProtocol;
  readonly gateway: Gateway;
  /** Where the router says that the outside reaches us. It may lie, and it may itself stand behind another NAT. */
  readonly external: Endpoint;
  /** Gives the port back. Resolves when the router has answered, or after a second. */
  close(): Promise<void>;
}

/**
 * Asks the router of this machine to map a TCP port: by PCP, else NAT-PMP, else
 * UPnP. Resolves with the mapping, or with a clause that says why there is none.
 * Nobody but the router is asked. It never rejects, and takes 10 s at most.
 */
export async function mapPort(options: MapPortOptions): Promise<PortMapping | string> {
  const { internalPort, family = 4, local, signal } = options;
  const gateway = options.gateway ?? (await findGateway(family, local));
  if (gateway === undefined) {
    return 'this machine has no router that could be asked';
  }
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), MAX_MS);
  try {
    const either = manyListeners(AbortSignal.any([signal, over.signal]));
    const { mapper, grant } = await firstMapping({ gateway, internalPort }, either);
    const mapping = new RenewedMapping(mapper, gateway, grant, options.onChange);
    if (signal.aborted) {
      await mapping.close();
      return 'it is not wanted any more';
    }
    signal.addEventListener('abort', () => void mapping.close(), { once: true });
    return mapping;
  } catch (error) {
    if (error instanceof NoMapping) {
      return error.message;
    }
    if (signal.aborted) {
      return 'it is not wanted any more';
    }
    if (over.signal.aborted) {
      return 'the router takes too long to answer';
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

interface Mapped {
  readonly mapper: Mapper;
  readonly grant: Grant;
}

/**
 * PCP and NAT-PMP are asked first. UPnP is only looked for meanwhile, which
 * changes nothing at the router. Whatever is asked for a mapping is given back
 * before another protocol is asked for one.
 */
async function firstMapping(target: MappingTarget, signal: AbortSignal): Promise<Mapped> {
  const over = new AbortController();
  const either = manyListeners(AbortSignal.any([signal, over.signal]));
  const byDatagrams = mapByDatagrams(target, either);
  try {
    await Promise.race([byDatagrams.catch(() => undefined), pause(UPNP_AFTER_MS, signal)]);
    signal.throwIfAborted();
    const upnp = target.gateway.family === 4 ? mapperByUpnp(target, either) : undefined;
    const first = await Promise.any(upnp === undefined ? [byDatagrams] : [byDatagrams, upnp]);
    if ('grant' in first) {
      return first;
    }
    over.abort();
    await byDatagrams.catch(() => undefined);
    return { mapper: first, grant: await mapOrUnmap(first, signal) };
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof AggregateError ? plainest(error.errors) : error;
  } finally {
    over.abort();
  }
}

/** PCP, else NAT-PMP. Both are answered at one port, often by one program. So only one of the two gets to map. */
async function mapByDatagrams(target: MappingTarget, signal: AbortSignal): Promise<Mapped> {
  const pcpOver = new AbortController();
  const pcp = mapperByPcp(target);
  const mapping = pcp
    .map(AbortSignal.any([signal, pcpOver.signal]))
    .then((grant): Mapped => ({ mapper: pcp, grant }));
  try {
    if (target.gateway.family === 6) {
      return await mapping;
    }
    await Promise.race([mapping.catch(() => undefined), pause(NAT_PMP_AFTER_MS, signal)]);
    signal.throwIfAborted();
    const natPmp = new MapperByNatPmp(target);
    const asking = new AbortController();
    const speaks = natPmp.externalAddress(AbortSignal.any([signal, asking.signal])).then(() => natPmp);
    const first = await Promise.any([mapping, speaks]);
    asking.abort();
    if ('grant' in first) {
      return first;
    }
    pcpOver.abort();
    await mapping.catch(() => undefined);
    return { mapper: first, grant: await mapOrUnmap(first, signal) };
  } catch (error) {
    // The request may have arrived, and its answer may have been lost.
    void pcp.unmap();
    signal.throwIfAborted();
    throw error instanceof AggregateError ? plainest(error.errors) : error;
  }
}

async function mapOrUnmap(mapper: Mapper, signal: AbortSignal): Promise<Grant> {
  try {
    return await mapper.map(signal);
  } catch (error) {
    void mapper.unmap();
    throw error;
  }
}

/** What the router has said tells more than that it says nothing. */
function plainest(errors: readonly unknown[]): unknown {
  const bug = errors.find((error) => !(error instanceof NoMapping));
  const answer = errors.find((error) => error instanceof NoMapping && error.isAnswer);
  return bug ?? answer ?? new NoMapping(false, 'the router answers neither PCP nor NAT-PMP nor UPnP');
}

class RenewedMapping implements PortMapping {
  readonly gateway: Gateway;
  readonly #mapper: Mapper;
  readonly #onChange: MapPortOptions['onChange'];
  readonly #over = new AbortController();
  #external: Endpoint;
  /** How long the mapping still lives after the next renewal. */
  #leftMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(mapper: Mapper, gateway: Gateway, grant: Grant, onChange: MapPortOptions['onChange']) {
    this.#mapper = mapper;
    this.gateway = gateway;
    this.#external = grant.external;
    this.#onChange = onChange;
    this.#renewAfter(grant);
  }

  get protocol(): MappingProtocol {
    return this.#mapper.protocol;
  }

  get external(): Endpoint {
    return this.#external;
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#over.abort();
    await this.#renewing;
    await this.#mapper.unmap();
  }

  #renewAfter({ lifetimeMs }: Grant): void {
    this.#leftMs = Math.min(lifetimeMs, MAX_LIFETIME_MS);
    this.#sleep();
  }

  #sleep(): void {
    const ms = Math.max(this.#leftMs / 2, MIN_RENEWAL_MS);
    this.#leftMs -= ms;
    this.#timer = setTimeout(() => {
      this.#renewing = this.#renew();
    }, ms);
    // A mapping alone is no reason to stay.
    this.#timer.unref();
  }

  async #renew(): Promise<void> {
    const { signal } = this.#over;
    try {
      const grant = await this.#mapper.map(signal);
      if (signal.aborted) {
        return;
      }
      const { address, port } = grant.external;
      const isSame = address === this.#external.address && port === this.#external.port;
      this.#external = grant.external;
      this.#renewAfter(grant);
      if (!isSame) {
        this.#onChange?.(grant.external);
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (!(error instanceof NoMapping)) {
        throw error;
      }
      // RFC 6887 section 11.2.1: halfway again, until the time is over.
      if (this.#leftMs >= MIN_RENEWAL_MS) {
        this.#sleep();
      } else {
        this.#over.abort();
        this.#onChange?.(undefined);
      }
    }
  }
}
