import { formatFirst, formatPeer, formatSecond } from '../protocol/classic.ts';
import type { MappedEndpoint } from '../protocol/rendezvous-messages.ts';

/** A classic client that said nothing for long enough. */
export interface ClassicClient {
  readonly mapped: MappedEndpoint;
  write(bytes: Uint8Array): void;
  /** Sends what was written and closes. */
  close(): void;
}

/** Pairs classic clients by order of arrival: at most one waits. */
export interface ClassicPairing {
  /** The first is told so and waits; the second is told of the first, then the first of the second. */
  arrive(client: ClassicClient): void;
  /** Forgets a client that left or spoke. False where it does not wait: then it is paired, and closing. */
  withdraw(client: ClassicClient): boolean;
  readonly waiting: number;
  /** Closes the one who waits. */
  close(): void;
}

export function createClassicPairing(
  onPair: (first: ClassicClient, second: ClassicClient) => void,
): ClassicPairing {
  let first: ClassicClient | undefined;

  return {
    arrive(client) {
      if (first === undefined) {
        first = client;
        client.write(formatFirst());
        return;
      }
      const peer = first;
      first = undefined;
      client.write(formatSecond(peer.mapped, client.mapped.port));
      peer.write(formatPeer(client.mapped));
      client.close();
      peer.close();
      onPair(peer, client);
    },

    withdraw(client) {
      if (first !== client) {
        return false;
      }
      first = undefined;
      return true;
    },

    get waiting() {
      return first === undefined ? 0 : 1;
    },

    close() {
      first?.close();
      first = undefined;
    },
  };
}
