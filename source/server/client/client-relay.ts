import type { ClientLine } from './client-line.ts';
import type { PeerMessage, SeatEvent } from '../rooms/matchmaker.ts';
import type { ClientContext } from './client-context.ts';
import { RelayAcross } from './relay-across.ts';
import { relayLimits, type RelaySide } from '../relay/relay-offer.ts';

/** Of a client, as it asks for the relay. */
export interface RelayedClient extends Pick<RelaySide, 'client' | 'address' | 'shown' | 'follows'> {
  /** It is about to be relayed. */
  readonly onBegin: () => void;
  /** Its connection is given away. */
  readonly onGone: () => void;
}

/** What one client has to do with the relay, from its `relay` to the answer. */
export class ClientRelay {
  readonly #line: ClientLine;
  readonly #context: ClientContext;
  readonly #say: (message: PeerMessage) => void;
  /** Where the peer of its match is at another server. */
  #across: RelayAcross | undefined;
  #withdraw: (() => void) | undefined;

  /** `say`: to the peer's server. */
  constructor(line: ClientLine, context: ClientContext, say: (message: PeerMessage) => void) {
    this.#line = line;
    this.#context = context;
    this.#say = say;
  }

  matched({ session, role, peer, isApart }: Extract<SeatEvent, { kind: 'matched' }>): void {
    const { relays, limits } = this.#context;
    const waitMs = limits.relayWaitMs;
    this.#across = isApart
      ? new RelayAcross({ relays, session, role, peerClient: peer.client, waitMs, say: this.#say })
      : undefined;
  }

  /** The client's last line: what comes behind it is the peer's, unless it is told something else. */
  ask(session: string, client: RelayedClient): void {
    const side = this.#sideOf(client);
    if (this.#across === undefined) {
      this.#withdraw = this.#context.relays.ask(session, side);
    } else {
      this.#across.ask(side);
    }
  }

  /** The last line of one whom another server has sent here. */
  claim(ticket: string, client: RelayedClient): void {
    const side = this.#sideOf(client);
    this.#context.relays.claim(ticket, {
      ...side,
      refuse: (code, message) => {
        side.refuse(code, message);
        this.#line.close();
      },
    });
  }

  /** From the peer's server. */
  heard(message: Extract<PeerMessage, { t: 'relay' | 'redirect' }>): void {
    this.#across?.heard(message);
  }

  /** The client leaves. */
  stop(): void {
    this.#withdraw?.();
    this.#across?.stop();
  }

  /** Reads nothing more of the client until it is answered. */
  #sideOf({ onBegin, onGone, ...asker }: RelayedClient): RelaySide {
    const line = this.#line;
    line.hold();
    return {
      ...asker,
      refuse: (code, message) => {
        const limit = relayLimits[code];
        if (limit !== undefined) {
          this.#context.meter.refused(limit);
        }
        line.release(() => line.send({ t: 'relay-refused', code, message }));
      },
      redirect: (server, ticket) => {
        this.#context.log.debug({ from: asker.shown, server }, 'sent to another server');
        line.release(() => line.send({ t: 'redirect', server, ticket }));
      },
      begin: () => {
        onBegin();
        const end = line.surrender({ t: 'relaying' });
        onGone();
        return end;
      },
    };
  }
}
