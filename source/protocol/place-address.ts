/** How invites, options and variables name the places where two peers meet. */
import { usageError } from '../errors.ts';
import { formatServer, parseServer, type Server, serverText } from '../network/endpoint.ts';
import { quote } from '../text/safe-text.ts';
import { plainText, quoteMark, withoutEdges } from '../text/typed-text.ts';
import { refuseCode } from './code.ts';

/** A mailbox server of magic-wormhole. */
export interface MailboxAddress {
  /** `ws://…` or `wss://…`. */
  readonly mailbox: string;
}

/** A rendezvous, or a mailbox server. */
export type PlaceAddress = Server | MailboxAddress;

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
  'A rendezvous is HOST[:PORT], a mailbox server is ws://HOST[:PORT]/PATH or wss://HOST[:PORT]/PATH, and wormhole is the public one.';

/**
 * Reads PLACE[,PLACE] as people type and paste it. PLACE is `HOST[:PORT]` as parseServer() reads it, `ws://…`,
 * `wss://…` or `wormhole`. A place that is named twice counts once.
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
  const [, scheme = '', rest] = /^(wss?):\/\/(.*)$/isu.exec(text) ?? [];
  if (rest !== undefined) {
    return { mailbox: readUrl(text, scheme.toLowerCase(), rest) };
  }
  if (text.includes('/')) {
    // A word before or behind a slash may be one of a code. A URL is none.
    const shown =
      /^[a-z]{2,6}:\/\//iu.test(text) || text.includes('.') ? quote(text) : 'the place with a slash';
    throw usageError(`${shown} is neither HOST[:PORT] nor a URL with ws:// or wss://`, form);
  }
  return parseServer(text);
}

/** The URL of a mailbox server, as a browser would write it. Its host is checked as that of a rendezvous. */
function readUrl(text: string, scheme: string, rest: string): string {
  const end = rest.search(/[/\\?#]|$/u);
  const [authority, path] = [rest.slice(0, end), rest.slice(end)];
  if (authority.includes('@')) {
    // A password may stand there.
    throw usageError('a user name stands in the URL of the mailbox server', `Leave it out. ${form}`);
  }
  if (/[?#]/u.test(path)) {
    throw usageError(
      'a query or a fragment stands in the URL of the mailbox server',
      `Leave it out. ${form}`,
    );
  }
  if (authority === '') {
    throw usageError(`${quote(text)} names no host`, form);
  }
  const { host, port } = parseServer(authority, scheme === 'ws' ? 80 : 443);
  if (host.includes('%')) {
    throw usageError(`${quote(host)} has a zone, which no URL can have`, form);
  }
  const place = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(`${place}${path}`)) {
    throw usageError(`${quote(text)} is no URL`, form);
  }
  const { href } = new URL(`${place}${path}`);
  return path === '' ? href.replace(/\/$/u, '') : href;
}

/** A text that names the place: `HOST[:PORT]`, a URL, or `wormhole`. */
export function formatPlace(place: PlaceAddress): string {
  if (!('mailbox' in place)) {
    return formatServer(place);
  }
  return place.mailbox === publicMailbox ? publicName : place.mailbox;
}

export function placesOf(places: PlaceAddresses): readonly PlaceAddress[] {
  return 'length' in places ? places : [places];
}

/** The rendezvous among the places. Throws ERR_USAGE if there is none: `purpose` needs one. */
export function rendezvousIn(places: PlaceAddresses, purpose: string): Server {
  const found = placesOf(places).find((place): place is Server => !isMailbox(place));
  if (found === undefined) {
    throw usageError(
      `${purpose} needs a rendezvous, and ${placesOf(places).map(formatPlace).join(',')} is a mailbox`,
      'Name a rendezvous with --server HOST[:PORT].',
    );
  }
  return found;
}

export function isMailbox(place: PlaceAddress): place is MailboxAddress {
  return 'mailbox' in place;
}
