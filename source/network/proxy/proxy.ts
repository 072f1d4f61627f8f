/** The proxies of this machine, and which one leads to a server. Nothing that is shown holds a user name or a password. */
import { canonicalAddress, isAddress, isInNetwork, isNetwork } from '../address.ts';
import type { Server } from '../endpoint.ts';

/** `socks5h`: RFC 1928. `http` and `https`: CONNECT (RFC 9110, 9.3.6), in the clear and in TLS. Each looks names up itself. */
export type ProxyScheme = 'socks5h' | 'http' | 'https';

export interface Proxy extends Server {
  readonly scheme: ProxyScheme;
  /** If it wants to know who asks. */
  readonly user?: { readonly name: string; readonly password: string } | undefined;
}

/** The proxies of this machine, and what is reached without. */
export interface Proxies {
  /** For each server. */
  readonly all?: Proxy | undefined;
  /** For each server at `https` or `wss`, instead. */
  readonly secure?: Proxy | undefined;
  /** Hosts that are reached without a proxy, as curl reads NO_PROXY: `example.org, 10.0.0.0/8`, or `*`. */
  readonly except?: string | undefined;
}

/** `socks5h://proxy.example:1080`, for events and errors. */
export function formatProxy({ scheme, host, port }: Proxy): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The proxy that leads to a server; undefined if we dial it ourselves. */
export function proxyFor(
  { all, secure, except = '' }: Proxies,
  { host, isSecure }: { readonly host: string; readonly isSecure: boolean },
): Proxy | undefined {
  const proxy = (isSecure ? secure : undefined) ?? all;
  return proxy === undefined || isExcepted(host, except) ? undefined : proxy;
}

/** A name stands for itself and all names below it. An address stands for itself, and a network for its addresses. */
function isExcepted(host: string, list: string): boolean {
  const name = bare(host);
  return list
    .split(/[\s,]+/u)
    .filter((one) => one !== '')
    .some((one) => {
      if (one === '*') {
        return true;
      }
      const entry = bare(one).replace(/^\.+/u, '');
      if (isAddress(name)) {
        return isNetwork(entry)
          ? isInNetwork(name, entry)
          : isAddress(entry) && canonicalAddress(entry) === canonicalAddress(name);
      }
      return entry !== '' && (name === entry || name.endsWith(`.${entry}`));
    });
}

/** In small letters, without the brackets of an IPv6 address and the full stop at the end of a name. */
function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/u, '$1')
    .replace(/\.$/u, '');
}
