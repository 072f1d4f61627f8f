import { randomBytes } from 'node:crypto';
import { usageError } from '../../errors.ts';
import type { Family } from '../../events.ts';
import type { Server } from '../../network/endpoint.ts';
import { formatProxy, proxyFor, type Proxies } from '../../network/proxy/proxy.ts';
import {
  formatPlace,
  isAtHttps,
  isMailbox,
  placesOf,
  type PlaceAddress,
  type RendezvousAddress,
} from '../../protocol/place-address.ts';
import type { ConnectOptions, Waits } from '../connect-options.ts';
import type { Place, PlaceSearch } from '../place.ts';
import { FoundPlace } from './found-place.ts';
import { LatePlace } from './late-place.ts';
import { announcementId, ID_BYTES } from './local/announcement-id.ts';
import { RendezvousPlace, type Way } from './rendezvous/rendezvous-place.ts';
import { placesInTurn, SeveralPlaces } from './several-places.ts';

/** Makes the place that the options name, and the search for others. Throws ERR_USAGE if they name none. */
export function createPlace(
  options: ConnectOptions,
  waits: Waits,
  families: readonly Family[],
): { readonly place: Place; readonly search: PlaceSearch | undefined } {
  const { here, code, local = false, lan = true } = options;
  const ownId = here !== undefined && local ? announcementId(randomBytes(ID_BYTES), true) : undefined;
  const named =
    here === undefined ? namedPlace(options, waits) : herePlace(here, options, waits, families, ownId);
  if (local && lan && code !== undefined) {
    const { answerMs } = waits;
    const found = new FoundPlace(named, async (onFound, signal) => {
      const { searchLink } = await import('./local/search-link.ts');
      await searchLink({ number: code.number, families, ownId, answerMs })(onFound, signal);
    });
    return { place: found, search: found };
  }
  if (named === undefined) {
    throw usageError('no place to meet is named', 'Name a rendezvous as server, or start one with here.');
  }
  return { place: named, search: undefined };
}

function herePlace(
  here: NonNullable<ConnectOptions['here']>,
  { lan = true, portMapping = true, stun }: ConnectOptions,
  { answerMs }: Waits,
  families: readonly Family[],
  id: string | undefined,
): Place {
  return new LatePlace({ kind: 'here', name: 'this machine', addresses: [] }, async () => {
    const { HerePlace } = await import('./here/here-place.ts');
    return new HerePlace({ announced: true, ...here, id, families, lan, portMapping, stun, answerMs });
  });
}

function namedPlace(options: ConnectOptions, waits: Waits): Place | undefined {
  const places = placesInTurn(placesOf(options.server ?? [])).map((address) =>
    placeAt(address, options, waits),
  );
  return places.length > 1 ? new SeveralPlaces(places) : places[0];
}

function placeAt(
  address: PlaceAddress,
  { family, probePort, report = true, stun, transit, proxies = {}, relay }: ConnectOptions,
  { answerMs }: Waits,
): Place {
  if (isMailbox(address)) {
    const name = formatPlace(address);
    const { hostname, protocol } = new URL(address.mailbox);
    const proxy = proxyFor(proxies, { host: hostname, isSecure: protocol === 'wss:' });
    const transitProxy = transit && proxyFor(proxies, { host: transit.host, isSecure: false });
    return new LatePlace(
      { kind: 'mailbox', name, addresses: [address], proxy: proxy && formatProxy(proxy) },
      async () => {
        const { MailboxPlace } = await import('./mailbox/mailbox-place.ts');
        return new MailboxPlace({ address, proxy, stun, transit, transitProxy, family, answerMs });
      },
    );
  }
  const [way, otherWay] = isAtHttps(address)
    ? [secureWay(address.https, proxies)]
    : plainWays(address, proxies);
  // With `always` nobody is dialled, so nobody needs to know where we are seen.
  const looksBeside = relay !== 'always';
  return new RendezvousPlace({ ...way, otherWay, looksBeside, stun, family, probePort, report, answerMs });
}

function plainWays({ host, port, httpsPort }: RendezvousAddress, proxies: Proxies): readonly [Way, Way?] {
  const plain = { server: { host, port }, proxy: proxyFor(proxies, { host, isSecure: false }) };
  return httpsPort === undefined ? [plain] : [plain, secureWay({ host, port: httpsPort }, proxies)];
}

function secureWay(server: Server, proxies: Proxies): Way {
  const { host } = server;
  return { server, secureAs: host, proxy: proxyFor(proxies, { host, isSecure: true }) };
}
