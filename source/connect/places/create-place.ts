import { isMailbox, placesOf } from '../../protocol/place-address.ts';
import type { ConnectOptions, Waits } from '../connect-options.ts';
import type { Place } from '../place.ts';
import { RendezvousPlace } from './rendezvous/rendezvous-place.ts';

/** Makes the place that the options name. */
export function createPlace(options: ConnectOptions, { answerMs }: Waits): Place {
  const { family, probePort, report = true } = options;
  const [address] = placesOf(options.server);
  if (address === undefined || isMailbox(address)) {
    throw new Error('only a rendezvous is known yet');
  }
  return new RendezvousPlace({ server: address, family, probePort, report, answerMs });
}
