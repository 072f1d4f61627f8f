import type { Offer } from './wire/file-messages.ts';
import type { IncomingOrder } from './wire/incoming-order.ts';
import type { PartialFiles } from './disk/partial-files.ts';
import type { FileEvent } from '../../events.ts';
import type { TransferTeller } from './transfer-events.ts';

/** An offer of the peer, from its coming to its end. */
export interface Receiving {
  readonly offer: Offer;
  readonly teller: TransferTeller;
  /** What its first event says of hidden names. */
  readonly hidden: Pick<FileEvent, 'hidden'>;
  /** `new`: nobody has been told of it yet. */
  state: 'new' | 'offered' | 'accepted' | 'running' | 'over';
  folder: string;
  keepsHidden: boolean;
  partial: PartialFiles | undefined;
  /** Whether what has come may be gone on with another time. */
  isKept: boolean;
  order: IncomingOrder | undefined;
}

export function newReceiving(
  offer: Offer,
  teller: TransferTeller,
  hidden: Pick<FileEvent, 'hidden'>,
): Receiving {
  return {
    offer,
    teller,
    hidden,
    state: 'new',
    folder: '',
    keepsHidden: false,
    partial: undefined,
    isKept: false,
    order: undefined,
  };
}
