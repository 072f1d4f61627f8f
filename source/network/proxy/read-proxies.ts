/** Reads proxies as people and their variables name them. */
import { type PunchlineError, usageError } from '../../errors.ts';
import { isAddress } from '../address.ts';
import { parseServer, type Server } from '../endpoint.ts';
import { quote } from '../../text/safe-text.ts';
import type { Proxies, Proxy, ProxyScheme } from './proxy.ts';

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

/** The variables that name proxies. Of two spellings the small letters win, as with curl. */
export type Variables = Readonly<Record<string, string | undefined>>;

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
