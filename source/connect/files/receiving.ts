import type { Offer } from './wire/file-messages.ts';
import type { IncomingOrder } from './wire/incoming-order.ts';
import type { PartialFiles } from './disk/partial-files.ts';
import type { FileEvent } from '../../events.ts';
import { MissingFiles } from './missing-files.ts';
import type { TransferTeller } from './transfer-events.ts';

/** An offer of the peer, from its arrival to its end. */
export interface Receiving {
  /** In the events. */
  readonly id: string;
  readonly offer: Offer;
  readonly teller: TransferTeller;
  /** The number of hidden names, as its first event tells it. */
  readonly hidden: Pick<FileEvent, 'hidden'>;
  /** What the peer cannot read of it, as its first event and its end tell it. */
  readonly unreadable: Pick<FileEvent, 'unreadable' | 'unreadableFiles'>;
  /** `new` means that nobody has been told of it yet. */
  state: 'new' | 'offered' | 'accepted' | 'running' | 'over';
  folder: string;
  keepsHidden: boolean;
  partial: PartialFiles | undefined;
  /** Resolves when the same is not written to the disk by an earlier session any more. */
  after: Promise<void> | undefined;
  /** Whether a later run may go on with what has come. */
  isKept: boolean;
  order: IncomingOrder | undefined;
  /** The path of the entry that came last, as the peer says it. */
  path: string;
  readonly missing: MissingFiles;
}

export function newReceiving(
  facts: Pick<Receiving, 'id' | 'offer' | 'teller' | 'hidden' | 'unreadable'>,
): Receiving {
  return {
    ...facts,
    state: 'new',
    folder: '',
    keepsHidden: false,
    partial: undefined,
    after: undefined,
    isKept: false,
    order: undefined,
    path: '',
    missing: new MissingFiles(),
  };
}
