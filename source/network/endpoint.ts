/** Reads and writes endpoints and servers as people spell them. It looks up no name. */

import { usageError } from '../errors.ts';
import type { Endpoint } from '../events.ts';
import { isAddress } from './address.ts';
import { quote } from '../text/safe-text.ts';
import { plainText, quoteMark, withoutEdges } from '../text/typed-text.ts';

/** The port of a rendezvous by default, and of the old exercise. */
export const DEFAULT_PORT = 8877;
/** The port of a STUN server by default (RFC 8489, section 18.6). */
export const STUN_PORT = 3478;

/** A host by name or address, without brackets, and a TCP port. */
export interface Server {
  readonly host: string;
  readonly port: number;
}

const form =
  'A server is HOST[:PORT], for example example.org or example.org:8877; an IPv6 address with a port stands in brackets: [2001:db8::1]:8877.';

/** RFC 1035, section 2.3.4. */
const MAX_HOST_LENGTH = 253;

/** Letters of any script are allowed, because the resolver can encode them. Many local names have an underscore. */
function isLabel(text: string): boolean {
  return (
    /^\w(?:[\w-]{0,61}\w)?$/.test(text) ||
    /^[\p{L}\p{N}_](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}_])?$/u.test(text)
  );
}

/**
 * Reads `HOST[:PORT]`. HOST is a name, an IPv4 address, or an IPv6 address: in
 * brackets or, without a port, as it is. `port` is taken if the text has none.
 * What people paste may have quotes around it, or invisible characters in it.
 * @throws PunchlineError ERR_USAGE
 */
export function parseServer(text: string, port = DEFAULT_PORT): Server {
  const trimmed = serverText(text);
  if (trimmed === '') {
    throw usageError('the rendezvous is empty', form);
  }
  if (trimmed.startsWith('[')) {
    return parseBracketed(trimmed, port);
  }
  if (trimmed.includes(':') && isAddress(trimmed)) {
    return { host: trimmed, port };
  }
  if (trimmed.includes('/')) {
    throw usageError(`${quote(trimmed)} is a URL or a path, not HOST[:PORT]`, form);
  }
  const [host = '', given, ...rest] = trimmed.split(':');
  if (rest.length > 0) {
    throw usageError(`${quote(trimmed)} is neither HOST:PORT nor an IPv6 address`, form);
  }
  return {
    host: parseHost(host, trimmed),
    port: given === undefined ? port : parsePort(given, trimmed),
  };
}

/** Without what an editor or a messenger put there, and no name has: quotes, other hyphens and full stops, spaces around them. */
export function serverText(text: string): string {
  return withoutEdges(plainText(text, 'server'), quoteMark)
    .replace(/^@ ?/u, '')
    .replaceAll(/\u00AD/gu, '')
    .replaceAll(/[\p{Pd}\u2212]/gu, '-')
    .replaceAll(/[\u3002\uFF61]/gu, '.')
    .replaceAll('- ', '-')
    .replace(/ ?: ?(?=\d+$)/u, ':');
}

/** A text that `parseServer` reads, without the port if it is 8877. */
export function formatServer({ host, port }: Server): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return port === DEFAULT_PORT ? shown : `${shown}:${port}`;
}

/** The port of a rendezvous at https by default. */
export const HTTPS_PORT = 443;

/** `https://example.org`, without the port if it is 443. */
export function formatHttps({ host, port }: Server): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return `https://${shown}${port === HTTPS_PORT ? '' : `:${port}`}`;
}

/** `192.0.2.1:8877`, `[2001:db8::1]:8877`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function parseBracketed(text: string, port: number): Server {
  const end = text.indexOf(']');
  if (end === -1) {
    throw usageError(`${quote(text)} lacks the closing bracket`, form);
  }
  const host = text.slice(1, end);
  if (!host.includes(':') || !isAddress(host)) {
    throw usageError(`${quote(host)} is no IPv6 address, and only those stand in brackets`, form);
  }
  const rest = text.slice(end + 1);
  if (rest === '') {
    return { host, port };
  }
  if (!rest.startsWith(':')) {
    throw usageError(`after the bracket in ${quote(text)} only a colon and a port can follow`, form);
  }
  return { host, port: parsePort(rest.slice(1), text) };
}

function parseHost(host: string, whole: string): string {
  if (host === '') {
    throw usageError(`${quote(whole)} names no host`, form);
  }
  if (isAddress(host)) {
    return host;
  }
  const labels = host.replace(/\.$/, '').split('.');
  // No top-level domain is a number, but inet_aton() would read one as an address: 1.2.3 as 1.2.0.3.
  if (/^\d+$/.test(labels.at(-1) ?? '')) {
    throw usageError(`${quote(host)} is no IPv4 address`, form);
  }
  if (host.length > MAX_HOST_LENGTH || !labels.every(isLabel)) {
    throw usageError(`${quote(host)} is no host name`, form);
  }
  return host;
}

function parsePort(port: string, whole: string): number {
  if (port === '') {
    throw usageError(`no port follows the colon in ${quote(whole)}`, form);
  }
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) {
    throw usageError(`${quote(port)} is no port`, 'A port is a number from 1 to 65535.');
  }
  return Number(port);
}
