import { randomInt } from 'node:crypto';
import { askByDatagram, askByHttp } from './ask-gateway.ts';
import { LIFETIME_SECONDS, type Grant, type Mapper, type MappingTarget } from './mapper.ts';
import { expectUsable, NoMapping } from './no-mapping.ts';
import {
  callText,
  CONFLICT,
  locationOf,
  numberOf,
  ONLY_PERMANENT,
  searchText,
  servicesOf,
  SSDP_PORT,
  valueOf,
  type Service,
} from './wire/upnp.ts';

/** With the pauses of 250 ms, doubled: 1.75 s. Some routers wait for up to a second, as the search allows them to. */
const SENDS = 3;
/** How many ports are tried, if another machine has the first one. */
const MAX_PORTS = 3;
/** At the end nobody waits longer than this for a router. */
const LAST_PATIENCE_MS = 1000;
const LOWEST_PORT = 1024;
const PORTS = 65_536;

/**
 * Finds the service of a router that maps ports, by UPnP's Internet Gateway
 * Device. That changes nothing there. The search goes to the gateway alone, and
 * not to the group that every device of the network reads. Rejects with
 * NoMapping, or with the signal's reason.
 */
export async function mapperByUpnp(target: MappingTarget, signal: AbortSignal): Promise<Mapper> {
  const { gateway } = target;
  const location = await askByDatagram({
    gateway,
    port: gateway.ports?.ssdp ?? SSDP_PORT,
    bytes: new TextEncoder().encode(searchText(gateway.address)),
    read: (datagram) => locationOf(Buffer.from(datagram).toString('latin1'), gateway.address),
    sends: SENDS,
    fromAnyPort: true,
    signal,
  });
  const { status, text } = await askByHttp({ gateway, url: location, signal });
  const services = status === 200 ? servicesOf(text, location, gateway.address) : [];
  for (const service of services) {
    const address = await externalAddress(target, service, signal).catch(() => undefined);
    signal.throwIfAborted();
    if (address !== undefined) {
      return new UpnpMapper(target, service);
    }
  }
  throw new NoMapping(false, 'the router describes nothing that maps ports, by UPnP');
}

class UpnpMapper implements Mapper {
  readonly protocol = 'upnp';
  readonly #target: MappingTarget;
  readonly #service: Service;
  #port: number | undefined;

  constructor(target: MappingTarget, service: Service) {
    this.#target = target;
    this.#service = service;
  }

  async map(signal: AbortSignal): Promise<Grant> {
    const address = await externalAddress(this.#target, this.#service, signal);
    const port = await this.#add(signal);
    const { family } = this.#target.gateway;
    // A router of version 1 tells no lifetime: it takes ours, or refuses.
    return { external: expectUsable({ address, port }, family), lifetimeMs: LIFETIME_SECONDS * 1000 };
  }

  async unmap() {
    const port = this.#port;
    if (port !== undefined) {
      this.#port = undefined;
      const values = { NewRemoteHost: '', NewExternalPort: `${port}`, NewProtocol: 'TCP' };
      const signal = AbortSignal.timeout(LAST_PATIENCE_MS);
      await call(this.#target, this.#service, 'DeletePortMapping', values, signal).catch(() => undefined);
    }
  }

  async #add(signal: AbortSignal): Promise<number> {
    const { gateway, internalPort } = this.#target;
    for (let tries = 1; ; tries += 1) {
      const port = this.#port ?? (tries === 1 ? internalPort : randomInt(LOWEST_PORT, PORTS));
      this.#port = port;
      const { status, text } = await call(
        this.#target,
        this.#service,
        'AddPortMapping',
        {
          NewRemoteHost: '',
          NewExternalPort: `${port}`,
          NewProtocol: 'TCP',
          NewInternalPort: `${internalPort}`,
          NewInternalClient: gateway.local,
          NewEnabled: '1',
          NewPortMappingDescription: 'punchline',
          NewLeaseDuration: `${LIFETIME_SECONDS}`,
        },
        signal,
      );
      if (status === 200) {
        return port;
      }
      this.#port = undefined;
      const fault = numberOf(text, 'errorCode', 0, 9999);
      if (fault === ONLY_PERMANENT) {
        throw new NoMapping(true, 'the router would keep the port open for ever, by UPnP');
      }
      if (fault !== CONFLICT || tries === MAX_PORTS) {
        throw new NoMapping(true, `the router refuses, by UPnP: error ${fault ?? status}`);
      }
    }
  }
}

async function externalAddress(
  target: MappingTarget,
  service: Service,
  signal: AbortSignal,
): Promise<string> {
  const { status, text } = await call(target, service, 'GetExternalIPAddress', {}, signal);
  const address = status === 200 ? valueOf(text, 'NewExternalIPAddress') : undefined;
  if (address === undefined) {
    throw new NoMapping(true, 'the router names no external address, by UPnP');
  }
  // Port 1 stands for any.
  return expectUsable({ address, port: 1 }, target.gateway.family).address;
}

function call(
  { gateway }: MappingTarget,
  { type, control }: Service,
  action: string,
  values: Readonly<Record<string, string>>,
  signal: AbortSignal,
) {
  return askByHttp({
    gateway,
    url: control,
    headers: { 'content-type': 'text/xml; charset="utf-8"', soapaction: `"${type}#${action}"` },
    body: callText(type, action, values),
    signal,
  });
}
