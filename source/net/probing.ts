import { randomBytes } from 'node:crypto';
import type { Endpoint } from '../events.ts';
import type { Server } from '../network/endpoint.ts';
import type { DialTarget } from '../connect/rendezvous/dial-server.ts';
import { sendProbe } from '../connect/rendezvous/probe.ts';
import type { Rendezvous } from '../connect/rendezvous/rendezvous.ts';
import { anyAddress } from '../network/sockets.ts';

const MAX_PORT = 65_535;
const TOKEN_BYTES = 16;

/** A probe from a port of its own, which the server knows by the token. */
export interface SentProbe {
  readonly localPort: number;
  readonly token: string;
}

/** How a connection to the rendezvous has it see our NAT: by probes from the connection's own port, and from new ones. */
export class Probing {
  /** By it, the server knows the probe and the join for one client's. */
  readonly token = newToken();
  #seen: Promise<Endpoint | undefined> = Promise.resolve(undefined);
  readonly #guess: number;
  readonly #isGiven: boolean;
  #port: number;

  /** `given`: where the user says that the server listens for probes; else it is looked for beside the server's own port. */
  constructor(server: Server, given: number | undefined) {
    this.#isGiven = given !== undefined;
    this.#guess = given ?? server.port + 1;
    this.#port = this.#guess;
  }

  /** Where the server listens for probes, as far as is known. */
  get port(): number {
    return this.#port;
  }

  /** From where the probe of our own port was seen, whenever that is known; undefined where it never will be. */
  get seen(): Promise<Endpoint | undefined> {
    return this.#seen;
  }

  /** Whether the probe of our own port went where the server has no probe port, as we know by now. */
  get missed(): boolean {
    return this.#port !== this.#guess;
  }

  /** The server names its probe port. The user knows better: a router in front of it may show another one. */
  told(port: number): void {
    if (!this.#isGiven) this.#port = port;
  }

  /** Bound, and the SYN about to leave: the probe goes from the same port at the same moment, and so costs nothing. */
  beside(target: DialTarget): void {
    if (this.#port > MAX_PORT) return;
    this.#seen = sendProbe({ ...target, port: this.#port }, this.token).seen;
  }

  /** Probes from a new port, which a counting NAT maps to the next one. Throws where there is no port to be had. */
  anew({ remote, family }: Pick<Rendezvous, 'remote' | 'family'>): Promise<SentProbe> {
    const token = newToken();
    const target = { host: remote.address, port: this.#port, localAddress: anyAddress(family), localPort: 0 };
    return new Promise((resolve, reject) => {
      const { socket } = sendProbe(target, token);
      socket.once('connectionAttempt', () => resolve({ localPort: socket.localPort ?? 0, token }));
      socket.once('error', reject);
    });
  }
}

const newToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');
