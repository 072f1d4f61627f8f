import { randomBytes } from 'node:crypto';
import net, { type Socket } from 'node:net';
import { ProtocolError } from '../../../errors.ts';
import type { Endpoint, Family } from '../../../events.ts';
import { createLineDecoder } from '../../../protocol/framing/line-decoder.ts';
import {
  formatMessage,
  parseServerMessage,
  type MappedEndpoint,
} from '../../../protocol/rendezvous-messages.ts';
import type { DialTarget } from './dial-addresses.ts';
import { addressClass, canonicalAddress, carriedAddress, familyOf } from '../../../network/address.ts';
import { wayTo } from '../../../network/nat64/translation.ts';
import type { SentProbe } from '../../place.ts';

/** The server closes a probe first, so that our port is free for the next dial. This bounds one that does not. */
const PROBE_TIMEOUT_MS = 5000;

/**
 * Dials a second destination from the same local port, so that the server can compare. A failure is a result, not an
 * error. `seen` is the endpoint at which the server saw us, or undefined if it did not say.
 */
export function sendProbe(
  target: DialTarget,
  token: string,
): { readonly socket: Socket; readonly seen: Promise<Endpoint | undefined> } {
  const socket = net.connect(target, () => socket.write(formatMessage({ t: 'probe', token })));
  socket.on('error', () => socket.destroy());
  destroyIn(PROBE_TIMEOUT_MS, socket);
  const seen = readObserved(socket);
  socket.unref();
  return { socket, seen };
}

/** By the clock, because a socket that goes on talking is never idle. */
export function destroyIn(ms: number, socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), ms);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

/**
 * Reads the one line that a probe port says; undefined if the connection ends without it. A server that says more, or
 * something else, is disconnected.
 */
export function readObserved(socket: Socket): Promise<Endpoint | undefined> {
  return new Promise((resolve) => {
    const decoder = createLineDecoder();
    let hasAnswered = false;
    socket.once('close', () => resolve(undefined));
    socket.on('data', (chunk) => {
      try {
        if (hasAnswered) {
          throw new ProtocolError('more than one line');
        }
        decoder.push(chunk);
        const line = decoder.next();
        if (line === undefined) {
          return;
        }
        const message = parseServerMessage(line);
        if (message.t !== 'observed') {
          throw new ProtocolError(message.t);
        }
        hasAnswered = true;
        resolve({ address: message.you.address, port: message.you.port });
        if (decoder.rest().length > 0) {
          throw new ProtocolError('more than one line');
        }
      } catch (error) {
        socket.destroy();
        if (!(error instanceof ProtocolError)) {
          throw error;
        }
      }
    });
  });
}

const MAX_PORT = 65_535;
const TOKEN_BYTES = 16;

/** The second address of a server, if we may dial it: it must be of the same reach as the server itself. */
export function secondAddress(
  named: string | undefined,
  { remote, family }: { readonly remote: Endpoint; readonly family: Family },
): string | undefined {
  if (named === undefined) {
    return undefined;
  }
  const address = canonicalAddress(named);
  const isOther = familyOf(address) === family && address !== remote.address;
  // One that carries an IPv4 address leads through a translator, to any network behind it.
  if (carriedAddress(address) !== undefined) {
    return undefined;
  }
  return isOther && addressClass(address) === addressClass(remote.address) ? address : undefined;
}

/** Shows the rendezvous our NAT, by probes from the port of the connection to it and from new ports. */
export class Probing {
  #token = newToken();
  #seen: Promise<Endpoint | undefined> = Promise.resolve(undefined);
  /** The local end of the connection to the server, if a probe has left beside it. */
  #own: Pick<DialTarget, 'localAddress' | 'localPort'> | undefined;
  /** The same, if a probe is to leave from it as soon as the server names its probe port. */
  #late: Omit<DialTarget, 'port'> | undefined;
  #atSecondAddress: Promise<number | undefined> | undefined;
  #addressPort: number | undefined;
  /** The probe beside each dial, by the local endpoint. */
  readonly #beside = new Map<string, { readonly token: string } & ReturnType<typeof sendProbe>>();
  #guess: number;
  readonly #isGiven: boolean;
  readonly #sockets = new Set<Socket>();
  #port: number;

  /**
   * `given` is the probe port that the user names. Without one we try `guess`. Without either nothing leaves until the
   * server names its probe port.
   */
  constructor(guess: number | undefined, given: number | undefined) {
    this.#isGiven = given !== undefined;
    this.#guess = given ?? guess ?? 0;
    this.#port = this.#guess;
  }

  /** The server knows by it that the probe and the join are from one client. */
  get token(): string {
    return this.#token;
  }

  /** Where the server listens for probes, as far as we know. 0 if we know nothing. */
  get port(): number {
    return this.#port;
  }

  /** Resolves with the endpoint at which the probe of our own port was seen; with undefined if it was not. */
  get seen(): Promise<Endpoint | undefined> {
    return this.#seen;
  }

  /** Whether we have learnt that the probe of our own port went to a port that is not the server's probe port. */
  get missed(): boolean {
    return this.#port !== this.#guess;
  }

  /** The server names its probe port. What the user has named holds: a router in front of the server may show another. */
  told(port: number): void {
    if (this.#isGiven) {
      return;
    }
    this.#port = port;
    const late = this.#late;
    this.#late = undefined;
    if (late !== undefined && port > 0) {
      // Nothing was guessed, so no probe has gone elsewhere, and no NAT that counts has made a step for it.
      this.#guess = port;
      this.#own = late;
      this.#seen = this.#send({ ...late, port }, this.#token).seen;
    }
  }

  /** The connection is bound, and its SYN about to leave. The probe leaves the same port at the same moment: no time is lost. */
  beside(target: DialTarget): void {
    if (this.#port === 0 || this.#port > MAX_PORT) {
      return;
    }
    // Several addresses may be dialled. Each has a token of its own, or the server would take their probes for one.
    const token = newToken();
    this.#beside.set(keyOf(target), { token, ...this.#send({ ...target, port: this.#port }, token) });
  }

  /** One of the dials has connected. Its probe counts, and those of the others end. */
  connected(target: Omit<DialTarget, 'port'>): void {
    const own = this.#beside.get(keyOf(target));
    for (const one of this.#beside.values()) {
      if (one !== own) {
        one.socket.destroy();
      }
    }
    this.#beside.clear();
    if (own !== undefined) {
      this.#token = own.token;
      this.#seen = own.seen;
      this.#own = target;
    } else if (this.#guess === 0) {
      this.#late = target;
    }
  }

  /** The port at which the second address of the server has seen our own port, if that is known already. */
  get addressPort(): number | undefined {
    return this.#addressPort;
  }

  /** The same, as soon as it is known; undefined if it was not asked, or has not answered. */
  async portAtSecondAddress(): Promise<number | undefined> {
    return this.#atSecondAddress;
  }

  /**
   * The server has a second address. Where both its ports see the same of us, that one shows whether our NAT maps by
   * address. Call it before something listens on our port.
   */
  compare(host: string, { address, port, probePort }: MappedEndpoint): void {
    if (this.#own === undefined || this.#atSecondAddress !== undefined || probePort !== port) {
      return;
    }
    const { seen } = this.#send({ ...this.#own, ...wayTo(host), port: this.#port }, newToken());
    // One that is seen at another address has another mapping, whose port says nothing about this one.
    this.#atSecondAddress = seen.then((at) => (at?.address === address ? at.port : undefined));
    void this.#atSecondAddress.then((found) => {
      this.#addressPort = found;
    });
  }

  /** Probes from a new port, which a NAT that counts maps to its next one. Throws if no port is free. */
  anew({ remote }: { readonly remote: Endpoint }): Promise<SentProbe> {
    const token = newToken();
    const target = { ...wayTo(remote.address), port: this.#port, localPort: 0 };
    return new Promise((resolve, reject) => {
      const { socket } = this.#send(target, token);
      socket.once('connectionAttempt', () => resolve({ localPort: socket.localPort ?? 0, token }));
      socket.once('error', reject);
    });
  }

  /** Nobody waits for an answer any more. A dial that nobody answers would keep the program from ending. */
  close(): void {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  #send(target: DialTarget, token: string): ReturnType<typeof sendProbe> {
    const sent = sendProbe(target, token);
    this.#sockets.add(sent.socket);
    sent.socket.once('close', () => this.#sockets.delete(sent.socket));
    return sent;
  }
}

function keyOf({ localAddress, localPort }: Pick<DialTarget, 'localAddress' | 'localPort'>): string {
  return `${localAddress} ${localPort}`;
}

function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}
