/** How invites, options and variables name the places where two peers meet. */
import { usageError } from '../errors.ts';
import { formatServer, type Server } from '../network/endpoint.ts';

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
