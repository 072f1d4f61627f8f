import { PunchlineError } from '../../../errors.ts';
import { quote } from '../../../text/safe-text.ts';

/** Where a store is, and as whom to enter it. */
export interface StoreAddress {
  readonly host: string;
  readonly port: number;
  /** `rediss:` */
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** As a URL without user and password: for logs and errors. */
  readonly shown: string;
}

const DEFAULT_PORT = 6379;
/** A database beyond it is a typo; Redis has 16 unless told otherwise. */
const MAX_DATABASE = 99_999;
const hint = 'Give redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS.';

/** Reads the URL of a store. Throws ERR_USAGE; a password that was typed is in no message. */
export function parseStoreUrl(text: string): StoreAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const protocol = url?.protocol;
  if (url === undefined || (protocol !== 'redis:' && protocol !== 'rediss:')) {
    throw wrong(`${text.includes('@') ? '--store' : `--store ${quote(text)}`} is no URL of a store`);
  }
  const { hostname, host, port, username, password, pathname, search, hash } = url;
  const shown = `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  // Then a password may be anywhere.
  if (hostname === '') {
    throw wrong('--store names no host');
  }
  const database = Number(pathname.slice(1));
  if (!/^\/?\d*$/.test(pathname) || database > MAX_DATABASE) {
    throw wrong(`--store ${quote(shown)}: its database is no number from 0 to ${MAX_DATABASE}`);
  }
  if (search !== '' || hash !== '') {
    throw wrong(`--store ${quote(shown)}: there is more behind its database`);
  }
  if (port === '0') {
    throw wrong(`--store ${quote(shown)}: port 0 is none`);
  }
  return {
    // IPv6 stands in brackets.
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
