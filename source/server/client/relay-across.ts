import type { PeerMessage } from '../rooms/matchmaker.ts';
import { chooseRelay, type RelayOffer, type RelaySide } from '../relay/relay-offer.ts';
import type { Relays } from '../relay/relays.ts';

export interface RelayAcrossOptions {
  readonly relays: Relays;
  readonly session: string;
  readonly role: 'a' | 'b';
  /** The id of the peer's client: 16 random bytes. */
  readonly peerClient: string;
  /** How long the side that has asked waits for the other. */
  readonly waitMs: number;
  /** Sends to the peer's server, which gets each message once and in order. */
  readonly say: (message: Extract<PeerMessage, { t: 'relay' | 'redirect' }>) => void;
}

interface Wish {
  readonly side: RelaySide;
  readonly offer: RelayOffer;
  readonly timer: NodeJS.Timeout;
  /** The peer's server relays, and we wait for its redirect. */
  isGranted: boolean;
}

/** The request of a client to be relayed to a peer at another server of the same store. */
export class RelayAcross {
  readonly #options: RelayAcrossOptions;
  #own: Wish | undefined;
  #theirs: RelayOffer | undefined;
  /** Set while we relay and expect the peer's client here. */
  #withdrawExpected: (() => void) | undefined;

  constructor(options: RelayAcrossOptions) {
    this.#options = options;
  }

  ask(side: RelaySide): void {
    const { relays, waitMs, say } = this.#options;
    const offer = { ...relays.offer(side), follows: side.follows };
    const timer = setTimeout(() => {
      this.stop();
      say({ t: 'relay' });
      side.refuse('ERR_RELAY_ALONE', `the peer has not asked for the relay within ${waitMs / 1000} s`);
    }, waitMs);
    this.#own = { side, offer, timer, isGranted: false };
    say({ t: 'relay', offer });
    this.#decide();
  }

  /** Takes a message of the peer's server. */
  heard(message: Extract<PeerMessage, { t: 'relay' | 'redirect' }>): void {
    if (message.t === 'relay') {
      this.#theirs = message.offer;
      this.#decide();
      return;
    }
    const own = this.#own;
    // Our client may have given up since.
    if (own?.isGranted !== true) {
      return;
    }
    this.stop();
    own.side.redirect(message.server, message.ticket);
  }

  stop(): void {
    clearTimeout(this.#own?.timer);
    this.#own = undefined;
    this.#withdrawExpected?.();
  }

  #decide(): void {
    const [own, theirs] = [this.#own, this.#theirs];
    if (own === undefined || own.isGranted || theirs === undefined) {
      return;
    }
    this.#theirs = undefined;
    const { role } = this.#options;
    const choice = role === 'a' ? chooseRelay(own.offer, theirs) : chooseRelay(theirs, own.offer);
    if (typeof choice === 'object') {
      this.stop();
      own.side.refuse(choice.code, choice.message);
    } else if (choice === role) {
      this.#expectPeer(own);
    } else {
      own.isGranted = true;
    }
  }

  #expectPeer({ side, offer: { server = '' } }: Wish): void {
    const { relays, session, peerClient, say } = this.#options;
    this.stop();
    const { ticket, withdraw } = relays.expect(session, peerClient, {
      ...side,
      refuse: (code, message) => {
        say({ t: 'relay' });
        side.refuse(code, message);
      },
    });
    this.#withdrawExpected = withdraw;
    say({ t: 'redirect', server, ticket });
  }
}
