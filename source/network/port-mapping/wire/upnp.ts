/**
 * The part of UPnP's Internet Gateway Device that maps a TCP port: the search
 * (SSDP), the description of the device, and the calls (SOAP). A router says
 * where to ask next, so each URL must lead to the router itself.
 */
import { canonicalAddress, isAddress } from '../../address.ts';

/** UPnP Device Architecture 1.1, section 1.3. */
export const SSDP_PORT = 1900;
/** Bounds an answer of any kind. Descriptions have a few KiB. */
export const MAX_ANSWER_BYTES = 64 * 1024;

/** Bounds a value in an answer: an address, a port, a path. */
const MAX_VALUE_LENGTH = 1024;
/** Bounds the services that we try. A router with several connections has one for each. */
const MAX_SERVICES = 4;

/** The services that map ports, the best first. Version 2 of WANIPConnection may choose another port than the one we ask for. */
const serviceTypes = [
  'urn:schemas-upnp-org:service:WANIPConnection:2',
  'urn:schemas-upnp-org:service:WANIPConnection:1',
  'urn:schemas-upnp-org:service:WANPPPConnection:1',
] as const;
export type ServiceType = (typeof serviceTypes)[number];

/** Where a router takes calls. */
export interface Service {
  readonly type: ServiceType;
  readonly control: URL;
}

/** OnlyPermanentLeasesSupported: the router would keep the mapping for ever. WANIPConnection:1, section 2.4.16. */
export const ONLY_PERMANENT = 725;
/** ConflictInMappingEntry: another machine has that port. */
export const CONFLICT = 718;

/** A search that only the gateway gets. Each device of version 2 answers as one of version 1, too. */
export function searchText(gateway: string): string {
  return [
    'M-SEARCH * HTTP/1.1',
    `HOST: ${gateway}:${SSDP_PORT}`,
    'MAN: "ssdp:discover"',
    'MX: 1',
    'ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1',
    '',
    '',
  ].join('\r\n');
}

/** Where the description is, as an answer to the search says; undefined if it is none, or leads elsewhere than to the gateway. */
export function locationOf(answer: string, gateway: string): URL | undefined {
  const [status = '', ...headers] = answer.split('\r\n', 64);
  if (!/^HTTP\/1\.\d 200 /.test(`${status} `)) {
    return undefined;
  }
  const location = headers.find((line) => line.toLowerCase().startsWith('location:'));
  return location === undefined ? undefined : urlAt(gateway, location.slice('location:'.length).trim());
}

/** The services in a description that map ports, the best first. Those whose URL leads elsewhere than to the gateway are left out. */
export function servicesOf(description: string, location: URL, gateway: string): Service[] {
  const base = valueOf(description, 'URLBase');
  // An empty one means that there is none.
  const from = base === undefined || base === '' ? location : urlAt(gateway, base);
  if (from === undefined) {
    return [];
  }
  const found = elementsOf(description, 'service').flatMap((service): Service[] => {
    const type = serviceTypes.find((one) => one === valueOf(service, 'serviceType'));
    const path = valueOf(service, 'controlURL');
    const control = path === undefined ? undefined : urlAt(gateway, path, from);
    return type === undefined || control === undefined ? [] : [{ type, control }];
  });
  return found
    .toSorted((one, other) => serviceTypes.indexOf(one.type) - serviceTypes.indexOf(other.type))
    .slice(0, MAX_SERVICES);
}

/** The body of a call. The values are ours; none has a character that XML reserves. */
export function callText(
  type: ServiceType,
  action: string,
  values: Readonly<Record<string, string>>,
): string {
  const fields = Object.entries(values).map(([name, value]) => `<${name}>${value}</${name}>`);
  return [
    '<?xml version="1.0"?>',
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">',
    `<s:Body><u:${action} xmlns:u="${type}">${fields.join('')}</u:${action}></s:Body>`,
    '</s:Envelope>',
    '',
  ].join('\r\n');
}

/** The text of the first element of this name, whatever its prefix; undefined if there is none. */
export function valueOf(xml: string, name: string): string | undefined {
  const [value] = elementsOf(xml, name);
  return value === undefined ? undefined : plain(value.slice(0, MAX_VALUE_LENGTH)).trim();
}

/** The number in an element, from `min` to `max`; undefined if there is none. */
export function numberOf(xml: string, name: string, min: number, max: number): number | undefined {
  const text = valueOf(xml, name);
  const value = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  return value === undefined || value < min || value > max ? undefined : value;
}

/**
 * What stands in each element of this name, up to the next end of one. No more
 * of XML is needed here, and a reader of one pass is as fast on a text that is
 * made to cost much.
 */
function elementsOf(xml: string, name: string): string[] {
  const found: string[] = [];
  let from: number | undefined;
  for (let start = xml.indexOf('<'); start !== -1;) {
    const end = xml.indexOf('>', start);
    if (end === -1) {
      break;
    }
    const tag = tagIn(xml, start + 1, end);
    if (tag === name && xml[end - 1] !== '/') {
      from ??= end + 1;
    } else if (tag === `/${name}` && from !== undefined) {
      found.push(xml.slice(from, start));
      from = undefined;
    }
    start = xml.indexOf('<', end);
  }
  return found;
}

/** Longer names are none that we look for. */
const MAX_TAG_LENGTH = 100;

/** `controlURL` or `/controlURL`: the name of a tag without its prefix and its attributes. */
function tagIn(xml: string, start: number, end: number): string {
  const cells = xml.slice(start, Math.min(end, start + MAX_TAG_LENGTH)).split(/[\s/]/, 2);
  const name = cells.find((cell) => cell !== '') ?? '';
  const local = name.slice(name.indexOf(':') + 1);
  return xml[start] === '/' ? `/${local}` : local;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function plain(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] ?? '');
}

/** The URL if it is plain HTTP at the gateway's own address; undefined for any other. */
function urlAt(gateway: string, text: string, base?: URL): URL | undefined {
  const url = URL.parse(text, base?.href);
  if (url?.protocol !== 'http:' || url.username !== '' || url.password !== '') {
    return undefined;
  }
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  return isAddress(host) && canonicalAddress(host) === canonicalAddress(gateway) ? url : undefined;
}
