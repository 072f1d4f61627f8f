import type { ClientLine } from './client-line.ts';
import type { PeerMessage, SeatEvent } from '../rooms/matchmaker.ts';
import type { ClientContext } from './client-context.ts';
import { RelayAcross } from './relay-across.ts';
import { relayLimits, type RelaySide } from '../relay/relay-offer.ts';

/** A client that asks for the relay. */
export interface RelayedClient extends Pick<RelaySide, 'client' | 'address' | 'shown' | 'follows'> {
  /** Called before it is relayed. */
  readonly onBegin: () => void;
  /** Called when its connection is handed over. */
  readonly onGone: () => void;
}

/** Handles one client's `relay`, from the request to the answer. */
export class ClientRelay {
  readonly #line: ClientLine;
  readonly #context: ClientContext;
  readonly #say: (message: PeerMessage) => void;
  /** Set if the peer of its match is at another server. */
  #across: RelayAcross | undefined;
  #withdraw: (() => void) | undefined;

  /** `say` sends to the peer's server. */
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

  /** The client's last line: the bytes behind it are for the peer, unless the relay is refused. */
  ask(session: string, client: RelayedClient): void {
    const side = this.#sideOf(client);
    if (this.#across === undefined) {
      this.#withdraw = this.#context.relays.ask(session, side);
    } else {
      this.#across.ask(side);
    }
  }

  /** The last line of a client that another server has sent here. */
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

  /** Takes a message of the peer's server. */
  heard(message: Extract<PeerMessage, { t: 'relay' | 'redirect' }>): void {
    this.#across?.heard(message);
  }

  /** Withdraws the request when the client leaves. */
  stop(): void {
    this.#withdraw?.();
    this.#across?.stop();
  }

  /** Stops reading the client until it gets the answer. */
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
        const end = line.handOver({ t: 'relaying' });
        onGone();
        return end;
      },
    };
  }
}
