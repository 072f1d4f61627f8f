import type { Endpoint } from '../../events.ts';
import { sightRefusal, type StunSight } from '../../nat/stun-sight.ts';
import { dial, type DialResult } from '../../network/dial.ts';
import { localEndpoint } from '../../network/sockets.ts';
import { StunConnection } from './stun-connection.ts';
import type { StunServer } from './stun-servers.ts';

/** How long a server may take to answer, its handshake included. TCP sends a lost packet again after 1 and 3 s. */
export const ANSWER_MS = 4000;

/** What one server says, or why it has said nothing. */
export type StunAnswer =
  | { readonly server: StunServer; readonly sight: StunSight }
  | { readonly server: StunServer; readonly reason: string };

export interface AskOptions {
  /** 0: any. */
  readonly localPort: number;
  /** All servers that are asked: none of them is a believable endpoint of ours. */
  readonly servers: readonly StunServer[];
  /** Called when the local port is known and the SYN is about to leave. */
  readonly onBound?: (localPort: number) => void;
  readonly signal: AbortSignal;
}

/** A STUN server, and our connection to it. */
export class AskedServer {
  readonly #server: StunServer;
  #connected:
    | { readonly connection: StunConnection; readonly local: Endpoint; readonly roundTripMs: number }
    | undefined;

  constructor(server: StunServer) {
    this.#server = server;
  }

  /** Asks over the connection that is open, or dials. Resolves within 4 s, and never rejects. */
  async ask({ localPort, servers, onBound, signal }: AskOptions): Promise<StunAnswer> {
    const server = this.#server;
    let leftMs = ANSWER_MS;
    if (this.#connected?.connection.isOpen !== true) {
      const { outcome, socket, ms } = await dial({
        to: server,
        localPort,
        patienceMs: leftMs,
        ...(onBound && { onBound }),
        signal,
      });
      if (socket === undefined) {
        return { server, reason: outcomeWords[outcome] };
      }
      leftMs -= ms;
      const connection = new StunConnection(socket, signal);
      this.#connected = { connection, local: localEndpoint(socket), roundTripMs: ms };
    }
    const { connection, local, roundTripMs } = this.#connected;
    const mapped = await connection.ask(leftMs);
    if (typeof mapped === 'string') {
      return { server, reason: mapped };
    }
    const sight = { local, mapped, server, roundTripMs };
    const refusal = sightRefusal(sight, servers);
    if (refusal !== undefined) {
      connection.end(refusal);
      return { server, reason: refusal };
    }
    return { server, sight };
  }
}

const outcomeWords: Record<DialResult['outcome'], string> = {
  connected: 'it was not asked',
  refused: 'it refused the connection',
  timeout: 'it did not answer',
  unreachable: 'it cannot be reached',
  abandoned: 'it is not asked any more',
};
