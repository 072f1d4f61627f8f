import { randomBytes } from 'node:crypto';
import type { Family } from '../../../events.ts';
import type { Server } from '../../../network/endpoint.ts';
import type { Proxy } from '../../../network/proxy/proxy.ts';
import { formatPlace, type MailboxAddress } from '../../../protocol/place-address.ts';
import { twoPublicServers } from '../../stun/stun-servers.ts';

const SIDE_BYTES = 8;

export interface MailboxPlaceOptions {
  readonly address: MailboxAddress;
  /** What leads to it. */
  readonly proxy: Proxy | undefined;
  /** By default two of the public ones. */
  readonly stun: readonly Server[] | undefined;
  /** A transit relay of magic-wormhole. Without one nothing is relayed. */
  readonly transit: Server | undefined;
  readonly transitProxy: Proxy | undefined;
  /** Only this family is dialled; by default both. */
  readonly family: Family | undefined;
  /** How long the server may take to answer. */
  readonly answerMs: number;
}

/** What the visits of one session to a mailbox server have in common. */
export class MailboxIdentity {
  readonly options: MailboxPlaceOptions;
  /** The server knows us by it in the room of a code. With another one we would be a third side when we come back. */
  readonly side = randomBytes(SIDE_BYTES).toString('hex');
  /** The same ones for all visits. */
  readonly stun: readonly Server[];
  /** The room that we opened. */
  ownRoom: number | undefined;
  /** What the operator said to all users when we last came. */
  motd: string | undefined;
  #lastJoin = -1;

  constructor(options: MailboxPlaceOptions) {
    this.options = options;
    this.stun = options.stun ?? twoPublicServers();
  }

  get name(): string {
    return formatPlace(this.options.address);
  }

  /** The number of our next first message. It is higher than those before, and than that of an earlier program. */
  nextJoin(earlier = -1): number {
    this.#lastJoin = Math.max(this.#lastJoin, earlier) + 1;
    return this.#lastJoin;
  }
}
