import { formatFirst, formatPeer, formatSecond } from '../protocol/classic.ts';
import type { MappedEndpoint } from '../protocol/rendezvous-messages.ts';

/** A client that has been silent long enough to be classic. */
export interface ClassicClient {
  readonly mapped: MappedEndpoint;
  write(bytes: Uint8Array): void;
  /** Sends the pending bytes and closes. */
  close(): void;
}

/** Pairs classic clients in the order in which they come. At most one waits. */
export interface ClassicPairing {
  /** The first client is told so and waits. The second is told the endpoint of the first, and then the first that of the second. */
  arrive(client: ClassicClient): void;
  /** Forgets a client that left or spoke. Returns false if it did not wait: then it is paired and about to close. */
  withdraw(client: ClassicClient): boolean;
  readonly waiting: number;
  /** Closes the waiting client. */
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
