import { PunchlineError } from '../../../errors.ts';
import { quote } from '../../../text/safe-text.ts';

/** The address of a store, and the user to log in as. */
export interface StoreAddress {
  readonly host: string;
  readonly port: number;
  /** True for `rediss:`. */
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** The URL without user and password, for logs and errors. */
  readonly shown: string;
}

const DEFAULT_PORT = 6379;
/** A higher number is a typing error: Redis has 16 databases by default. */
const MAX_DATABASE = 99_999;
const hint = 'Give redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS.';

/** Reads the URL of a store. Throws ERR_USAGE. No message contains the password. */
export function parseStoreUrl(text: string): StoreAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const protocol = url?.protocol;
  if (url === undefined || (protocol !== 'redis:' && protocol !== 'rediss:')) {
    throw wrong(`${text.includes('@') ? '--store' : `--store ${quote(text)}`} is not the URL of a store`);
  }
  const { hostname, host, port, username, password, pathname, search, hash } = url;
  const shown = `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  // Not shown, because without a host a password may stand anywhere.
  if (hostname === '') {
    throw wrong('--store names no host');
  }
  const database = Number(pathname.slice(1));
  if (!/^\/?\d*$/.test(pathname) || database > MAX_DATABASE) {
    throw wrong(`--store ${quote(shown)}: its database must be a number from 0 to ${MAX_DATABASE}`);
  }
  if (search !== '' || hash !== '') {
    throw wrong(`--store ${quote(shown)}: nothing may follow its database`);
  }
  if (port === '0') {
    throw wrong(`--store ${quote(shown)}: port 0 cannot be used`);
  }
  return {
    // An IPv6 address has brackets in a URL.
    host: hostname.replaceAll(/^\[|\]$/g, ''),
    port: port === '' ? DEFAULT_PORT : Number(port),
    tls: protocol === 'rediss:',
    username: decoded(username, shown),
    password: decoded(password, shown),
    database,
    shown,
  };
}

function wrong(message: string) {
  return new PunchlineError('ERR_USAGE', message, { hint });
}

function decoded(text: string, shown: string): string | undefined {
  try {
    return text === '' ? undefined : decodeURIComponent(text);
  } catch {
    throw wrong(`--store ${quote(shown)}: its user or password is not percent-encoded`);
  }
}
