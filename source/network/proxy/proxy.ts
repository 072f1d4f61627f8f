/**
 * Reads and writes proxies as people and their variables name them, and says which one leads to a server. Nothing
 * that is shown holds the user name or the password.
 */
import { type PunchlineError, usageError } from '../../errors.ts';
import { canonicalAddress, isAddress, isInNetwork, isNetwork } from '../address.ts';
import { parseServer, type Server } from '../endpoint.ts';
import { quote } from '../../text/safe-text.ts';

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

const form =
  'A proxy is socks5h://[USER:PASSWORD@]HOST[:PORT], or the same with http:// or https://; without a port, it is 1080, 80 or 443.';

/** Other words for the same: only the proxy looks names up, because this machine may not be able to. */
const schemes: Readonly<Record<string, ProxyScheme>> = {
  socks5h: 'socks5h',
  socks5: 'socks5h',
  socks: 'socks5h',
  http: 'http',
  https: 'https',
};

const defaultPorts = { socks5h: 1080, http: 80, https: 443 } as const satisfies Record<ProxyScheme, number>;

/** A user name and a password have a length of one byte in SOCKS (RFC 1929). */
const MAX_USER_BYTES = 255;

/**
 * Reads a proxy. `from` says where it was named: `--proxy`, `ALL_PROXY`. Without a scheme it is `http`, as curl reads it.
 * @throws PunchlineError ERR_USAGE, without anything that may be a password.
 */
export function parseProxy(text: string, from: string): Proxy {
  const typed = text.trim();
  const [head = '', word = 'http'] = /^([a-z][a-z\d+.-]{0,20}):\/\//iu.exec(typed) ?? [];
  const rest = typed.slice(head.length).replace(/\/$/u, '');
  const scheme = Object.hasOwn(schemes, word.toLowerCase()) ? schemes[word.toLowerCase()] : undefined;
  if (scheme === undefined) {
    throw refused(from, `${quote(`${word}://`)} is no kind of proxy that is known here`);
  }
  // A password may hold another @.
  const at = rest.lastIndexOf('@');
  const user = at === -1 ? undefined : readUser(rest.slice(0, at), from);
  return { scheme, ...readHost(rest.slice(at + 1), scheme, from), ...(user && { user }) };
}

function readHost(text: string, scheme: ProxyScheme, from: string): Server {
  if (text === '') {
    throw refused(from, 'it names no host');
  }
  // Else an error could show a password that no @ follows.
  if (!text.startsWith('[') && !isAddress(text) && !/^[^:]*(?::\d*)?$/u.test(text)) {
    throw refused(
      from,
      'what follows its host is no port, or an @ is missing between a password and the host',
    );
  }
  try {
    return parseServer(text, defaultPorts[scheme]);
  } catch (error) {
    throw refused(from, error instanceof Error ? error.message : String(error));
  }
}

function readUser(text: string, from: string): NonNullable<Proxy['user']> {
  const colon = text.indexOf(':');
  const [name, password] = colon === -1 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  const user = { name: decoded(name), password: decoded(password) };
  const isFit = [user.name, user.password].every((one) => Buffer.byteLength(one) <= MAX_USER_BYTES);
  if (user.name === '' || !isFit) {
    throw refused(
      from,
      `its user name is empty, or it or the password is longer than ${MAX_USER_BYTES} bytes`,
    );
  }
  return user;
}

/** Percent signs that encode nothing stay as they are. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refused(from: string, why: string): PunchlineError {
  return usageError(`${from}: ${why}`, form);
}

/** `socks5h://proxy.example:1080`, for events and errors. */
export function formatProxy({ scheme, host, port }: Proxy): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The variables that name proxies. Of two spellings the small letters win, as with curl. */
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Puts together what was typed and the environment. What was typed wins over each variable.
 * @throws PunchlineError ERR_USAGE
 */
export function readProxies(typed: string | undefined, variables: Variables): Proxies {
  if (typed !== undefined) {
    return { all: parseProxy(typed, '--proxy') };
  }
  function named(name: string): Proxy | undefined {
    const found = [name.toLowerCase(), name].find((one) => (variables[one] ?? '').trim() !== '');
    return found === undefined ? undefined : parseProxy(variables[found] ?? '', found);
  }
  return {
    all: named('ALL_PROXY'),
    secure: named('HTTPS_PROXY'),
    except: variables['no_proxy'] ?? variables['NO_PROXY'],
  };
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
