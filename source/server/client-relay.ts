import type { ClientLine } from './client-line.ts';
import type { ModernContext } from './modern-context.ts';
import { relayLimits } from './relay-side.ts';

/** Of a client, as it asks for the relay. */
export interface RelayedClient {
  /** 16 random bytes of its process. */
  readonly client: string;
  readonly address: string;
  /** For the log. */
  readonly shown: string;
  /** It is about to be relayed. */
  readonly onBegin: () => void;
  /** Its connection is given away. */
  readonly onGone: () => void;
}

/** What one client has to do with the relay, from its `relay` to the answer. */
export class ClientRelay {
  readonly #line: ClientLine;
  readonly #context: ModernContext;
  #withdraw: (() => void) | undefined;

  constructor(line: ClientLine, context: ModernContext) {
    this.#line = line;
    this.#context = context;
  }

  /** The client's last line: what comes behind it is the peer's, unless we refuse. */
  ask(session: string, { onBegin, onGone, ...asker }: RelayedClient): void {
    const line = this.#line;
    line.hold();
    this.#withdraw = this.#context.relays.ask(session, {
      ...asker,
      refuse: (code, message) => {
        const limit = relayLimits[code];
        if (limit !== undefined) this.#context.meter.refused(limit);
        line.release(() => line.send({ t: 'relay-refused', code, message }));
      },
      begin: () => {
        onBegin();
        const end = line.surrender({ t: 'relaying' });
        onGone();
        return end;
      },
    });
  }

  /** The client leaves. */
  stop(): void {
    this.#withdraw?.();
  }
}
