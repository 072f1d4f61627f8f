/** How invites, options and variables name the places where two peers meet. */
import { usageError } from '../errors.ts';
import { addressClass } from '../network/address.ts';
import {
  DEFAULT_PORT,
  formatHttps,
  formatServer,
  HTTPS_PORT,
  parseServer,
  type Server,
  serverText,
} from '../network/endpoint.ts';
import { quote } from '../text/safe-text.ts';
import { plainText, quoteMark, withoutEdges } from '../text/typed-text.ts';
import { refuseCode } from './code.ts';

/** A mailbox server of magic-wormhole. */
export interface MailboxAddress {
  /** `ws://…` or `wss://…`. */
  readonly mailbox: string;
}

/** A rendezvous over TCP. */
export interface RendezvousAddress extends Server {
  /**
   * Where the same rendezvous is tried by https if `port` cannot be reached; default: nowhere. A text that names a host
   * and no port leaves that to us, so it is 443 then.
   */
  readonly httpsPort?: number;
}

/** A rendezvous by WebSocket in TLS. */
export interface HttpsAddress {
  readonly https: Server;
}

/** A rendezvous, or a mailbox server. */
export type PlaceAddress = RendezvousAddress | HttpsAddress | MailboxAddress;

/** One place, or several that lead to the same room. These are tried in turn, 250 ms apart (RFC 8305). */
export type PlaceAddresses = PlaceAddress | readonly PlaceAddress[];

/** The mailbox server that the authors of magic-wormhole run for everybody. */
export const publicMailbox = 'wss://relay.magic-wormhole.io/v1';

/** How the public mailbox server is named in an invite. */
const publicName = 'wormhole';

/**
 * Bounds how long it takes until all have been dialled: they are tried in turn, 250 ms apart. A machine that hosts
 * names one for each of its addresses.
 */
const MAX_PLACES = 8;

const form =
  'A rendezvous is HOST[:PORT] or https://HOST[:PORT], a mailbox server is ws://HOST[:PORT]/PATH or wss://HOST[:PORT]/PATH, and wormhole is the public one.';

/**
 * Reads PLACE[,PLACE] as people type and paste it. PLACE is `HOST[:PORT]` as parseServer() reads it,
 * `https://HOST[:PORT]`, `ws://…`, `wss://…` or `wormhole`. A place that is named twice counts once.
 * @throws PunchlineError ERR_USAGE
 */
export function parsePlaces(text: string): PlaceAddresses {
  refuseCode(text);
  const parts = splitPlaces(text);
  if (parts.length === 0) {
    throw usageError('the rendezvous is empty', form);
  }
  if (parts.length > MAX_PLACES) {
    throw usageError(`${parts.length} places are named, and at most ${MAX_PLACES} are tried`, form);
  }
  const places = new Map(parts.map(parsePlace).map((place) => [formatPlace(place), place]));
  const [first, ...others] = places.values();
  return first === undefined || others.length > 0 ? [...places.values()] : first;
}

/** The texts of the places, without what an editor or a messenger put on them. */
export function splitPlaces(text: string): readonly string[] {
  return withoutEdges(plainText(text, 'server'), quoteMark)
    .split(comma)
    .map((part) =>
      serverText(part)
        .replaceAll('/ ', '/')
        .replace(/ ?: ?(?=\d+\/)/u, ':'),
    )
    .filter((part) => part !== '');
}

/** Also the Arabic one, and those of Chinese and Japanese keyboards. */
const comma = /[,\u060C\u3001\uFF64]/u;

function parsePlace(text: string): PlaceAddress {
  refuseCode(text);
  if (/^wormhole\.?$/iu.test(text)) {
    return { mailbox: publicMailbox };
  }
  if (/^wormhole[:/]/iu.test(text)) {
    throw usageError(`${quote(text)}: nothing stands behind ${publicName}, the public mailbox server`, form);
  }
  const [, scheme = '', rest] = /^(wss?|https):\/\/(.*)$/isu.exec(text) ?? [];
  if (rest !== undefined) {
    return /^h/iu.test(scheme)
      ? { https: readHttps(text, rest) }
      : { mailbox: readUrl(text, scheme.toLowerCase(), rest) };
  }
  if (text.includes('/')) {
    // A word before or behind a slash may be one of a code. A URL is none.
    const shown =
      /^[a-z]{2,6}:\/\//iu.test(text) || text.includes('.') ? quote(text) : 'the place with a slash';
    throw usageError(`${shown} is neither HOST[:PORT] nor a URL with https://, ws:// or wss://`, form);
  }
  return readServer(text);
}

/** A port that is named is meant. Else one that a firewall lets through may lead to the same server. */
function readServer(text: string): RendezvousAddress {
  // No server listens at port 0, so it stands for the one that the text does not name.
  const { host, port } = parseServer(text, 0);
  if (port > 0) {
    return { host, port };
  }
  // No URL has a zone, and nothing stands between a machine and itself.
  const isNear = host === 'localhost' || addressClass(host) === 'loopback';
  return {
    host,
    port: DEFAULT_PORT,
    ...(!isNear && !host.includes('%') && { httpsPort: HTTPS_PORT }),
  };
}

/** Its path is always the same one, so none is named. */
function readHttps(text: string, rest: string): Server {
  const { path, ...server } = splitUrl(text, rest, { port: HTTPS_PORT, whose: 'rendezvous' });
  if (!/^\/?$/u.test(path)) {
    throw usageError(
      'a path stands in the URL of the rendezvous',
      `Leave it out: it is the same at each rendezvous. ${form}`,
    );
  }
  return server;
}

/** The parts of a URL. Its host is checked as that of a rendezvous, and it has nothing but a path behind it. */
function splitUrl(
  text: string,
  rest: string,
  { port: defaultPort, whose }: { readonly port: number; readonly whose: string },
): Server & { readonly path: string } {
  const end = rest.search(/[/\\?#]|$/u);
  const [authority, path] = [rest.slice(0, end), rest.slice(end)];
  if (authority.includes('@')) {
    // A password may stand there.
    throw usageError(`a user name stands in the URL of the ${whose}`, `Leave it out. ${form}`);
  }
  if (/[?#]/u.test(path)) {
    throw usageError(`a query or a fragment stands in the URL of the ${whose}`, `Leave it out. ${form}`);
  }
  if (authority === '') {
    throw usageError(`${quote(text)} names no host`, form);
  }
  const { host, port } = parseServer(authority, defaultPort);
  if (host.includes('%')) {
    throw usageError(`${quote(host)} has a zone, which no URL can have`, form);
  }
  return { host, port, path };
}

/** The URL of a mailbox server, as a browser would write it. */
function readUrl(text: string, scheme: string, rest: string): string {
  const { host, port, path } = splitUrl(text, rest, {
    port: scheme === 'ws' ? 80 : 443,
    whose: 'mailbox server',
  });
  const place = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(`${place}${path}`)) {
    throw usageError(`${quote(text)} is no URL`, form);
  }
  const { href } = new URL(`${place}${path}`);
  return path === '' ? href.replace(/\/$/u, '') : href;
}

/** A text that names the place: `HOST[:PORT]`, `https://HOST[:PORT]`, the URL of a mailbox server, or `wormhole`. */
export function formatPlace(place: PlaceAddress): string {
  if (isAtHttps(place)) {
    return formatHttps(place.https);
  }
  if (!isMailbox(place)) {
    return formatServer(place);
  }
  return place.mailbox === publicMailbox ? publicName : place.mailbox;
}

export function placesOf(places: PlaceAddresses): readonly PlaceAddress[] {
  return 'length' in places ? places : [places];
}

/** The rendezvous over TCP among the places. Throws ERR_USAGE if there is none: `purpose` needs one. */
export function rendezvousIn(places: PlaceAddresses, purpose: string): Server {
  const listed = placesOf(places);
  const found = listed.find((place): place is RendezvousAddress => !isMailbox(place) && !isAtHttps(place));
  if (found === undefined) {
    const what = listed.every(isMailbox) ? 'a mailbox' : 'reached by https';
    throw usageError(
      `${purpose} needs a rendezvous${what === 'a mailbox' ? '' : ' over TCP'}, and ${listed.map(formatPlace).join(',')} is ${what}`,
      'Name a rendezvous with --server HOST[:PORT].',
    );
  }
  const { host, port } = found;
  return { host, port };
}

export function isAtHttps(place: PlaceAddress): place is HttpsAddress {
  return 'https' in place;
}

/** The server that is dialled first. Undefined for a mailbox server, which a URL names. */
export function serverAt(place: PlaceAddress): Server | undefined {
  return isMailbox(place) ? undefined : isAtHttps(place) ? place.https : place;
}

export function isMailbox(place: PlaceAddress): place is MailboxAddress {
  return 'mailbox' in place;
}
