import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../../errors.ts';
import type { Endpoint, Family } from '../../../events.ts';
import { formatHttps, formatServer } from '../../../network/endpoint.ts';
import { wayTo } from '../../../network/nat64/translation.ts';
import { createLineDecoder } from '../../../protocol/framing/line-decoder.ts';
import {
  formatMessage,
  parseServerMessage,
  type ClientMessage,
  type MessageOf,
  type ServerMessage,
} from '../../../protocol/rendezvous-messages.ts';
import { type Connection, localEndpoint, releaseSocket, remoteEndpoint } from '../../../network/sockets.ts';
import { Inbox } from '../inbox.ts';
import { Probing, secondAddress } from './probe.ts';
import { StrangerWatch } from './stranger.ts';
import { brokenBy, incomprehensible, serverError, serverGone, TakenForClassic } from './server-failure.ts';
import type { DialledServer, DialServerOptions, DialTarget } from './dial-addresses.ts';
import { dialServer } from './dial-server.ts';
import type { OpenHttpsOptions } from './https/open-https.ts';

/** The server pings every 20 s. After two missed pings and some time it counts as gone. */
const SILENCE_MS = 50_000;
/**
 * Bounds what we keep for a server that does not read, beyond what the kernel takes. A meeting says at most ten lines
 * of a few KiB; only answers to pings have no end. The server has the same bound for us.
 */
const MAX_UNSENT_BYTES = 65_536;
/** How long the server may take to end the connection after we have. */
const CLOSE_TIMEOUT_MS = 1000;

/**
 * How long a server that said `first` may take to answer a line of ours that came late: it is on its way. If we came again
 * meanwhile, that line would enter the room for a connection that nobody reads any more, and a guest would meet it there.
 */
const LATE_ANSWER_MS = 1500;

/** Bounds the handshakes at https, if the caller does not. */
const ANSWER_MS = 15_000;

/** Why the server does not relay. Its words come from a stranger. */
export type RelayRefused = MessageOf<ServerMessage, 'relay-refused'>;

/** The answer to `relay`: the connection, or the server's reason, or another server. */
export type RelayAnswer = Connection | RelayRefused | MessageOf<ServerMessage, 'redirect'>;

/** We have asked to be relayed. */
interface RelayAsked {
  /** Lines to send if the relay is refused. Until then nothing may follow `relay`. */
  unsaid: string;
  readonly answered: (answer: RelayAnswer) => void;
  readonly failed: (failure: PunchlineError) => void;
}

/** With a proxy there are no probes: the server sees the proxy, and not us. */
export interface RendezvousOptions extends Omit<DialServerOptions, 'words'> {
  /** Where the server listens for probes; by default the port after its own, until it names another. */
  readonly probePort?: number | undefined;
  /**
   * The rendezvous is reached by WebSocket in TLS, and its certificate must be for this host. `server` may be one of its
   * addresses. No probe port is guessed then.
   */
  readonly secureAs?: string | undefined;
  /** Bounds the handshakes of TLS and WebSocket together; by default 15 s. */
  readonly answerMs?: number | undefined;
  /** Called instead of the probe. */
  readonly onBound?: (target: DialTarget) => void;
}

/**
 * A connection to the rendezvous. It carries JSON lines over a socket that is
 * bound explicitly, so that the punch can use its local port again.
 */
export class Rendezvous {
  readonly server: string;
  readonly family: Family;
  readonly local: Endpoint;
  /** The server, or the proxy that leads to it. */
  readonly remote: Endpoint;
  readonly isProxied: boolean;
  /** The duration of the TCP handshake, or of the last ping. */
  rttMs: number;
  readonly probing: Probing;

  readonly #socket: Connection;
  readonly #inbox = new Inbox<ServerMessage>();
  #pongs: (() => void)[] = [];
  #failure: PunchlineError | undefined;
  #relayAsked: RelayAsked | undefined;
  #isRelay = false;
  #hasSpoken = false;
  /** Set while a server that takes us for an old program may still understand us. */
  #misunderstood: NodeJS.Timeout | undefined;

  private constructor(
    connection: Connection,
    { family, rttMs }: Pick<DialledServer, 'family' | 'rttMs'>,
    { server, isProxied }: { readonly server: string; readonly isProxied: boolean },
    probing: Probing,
  ) {
    this.server = server;
    this.isProxied = isProxied;
    this.family = family;
    this.rttMs = rttMs;
    this.probing = probing;
    this.#socket = connection;
    this.local = localEndpoint(connection);
    this.remote = remoteEndpoint(connection);
    this.#read();
  }

  /** Throws ERR_RENDEZVOUS_UNREACHABLE, ERR_PROXY, what openHttps() throws, or the signal's reason. */
  static async dial(options: RendezvousOptions): Promise<Rendezvous> {
    const { server, probePort, onBound, secureAs, answerMs = ANSWER_MS, ...dialling } = options;
    const { signal } = options;
    const isProxied = options.proxy !== undefined;
    const probes = onBound === undefined && !isProxied;
    const probing = new Probing(secureAs === undefined ? server.port + 1 : undefined, probePort);
    const name = secureAs === undefined ? formatServer(server) : formatHttps({ ...server, host: secureAs });
    try {
      const dialled = await dialServer({
        ...dialling,
        server,
        onBound: onBound ?? (probes ? (target) => probing.beside(target) : () => undefined),
        ...(secureAs !== undefined && {
          words: {
            what: `the rendezvous ${name}`,
            hint: `Check the address, and that port ${server.port} is open there.`,
          },
        }),
      });
      if (probes) {
        const way = wayTo(remoteEndpoint(dialled.socket).address);
        probing.connected({ ...way, localPort: localEndpoint(dialled.socket).port });
      }
      const connection =
        secureAs === undefined
          ? dialled.socket
          : await secured(dialled.socket, { host: secureAs, port: server.port, name, answerMs, signal });
      return new Rendezvous(connection, dialled, { server: name, isProxied }, probing);
    } catch (error) {
      probing.close();
      throw error;
    }
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  send(message: ClientMessage): void {
    this.#say(formatMessage(message));
  }

  #say(lines: string): void {
    const socket = this.#socket;
    if (this.#relayAsked !== undefined) {
      this.#relayAsked.unsaid += lines;
    } else if (socket.writable && !this.#isRelay) {
      socket.write(lines);
      this.#misunderstood?.refresh();
    }
    const unsentBytes = socket.writableLength + (this.#relayAsked?.unsaid.length ?? 0);
    if (unsentBytes <= MAX_UNSENT_BYTES || this.failed) {
      return;
    }
    this.#fail(serverGone(this.server, 'it does not read what we send'));
    socket.destroy();
  }

  /**
   * Asks to be relayed to the peer, which has to ask, too. Resolves with the connection, paused, which is then the
   * caller's; or with the server's refusal, or the server to which it sends us. Rejects with what ended the
   * connection. `ticket` is from another server, which has sent us to this one.
   */
  async relay(ticket?: string): Promise<RelayAnswer> {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    this.send({ t: 'relay', ...(ticket !== undefined && { ticket }) });
    return new Promise((answered, failed) => {
      this.#relayAsked = { unsaid: '', answered, failed };
    });
  }

  /**
   * The next message that is not about the connection itself. Throws what the
   * server's `error` says, ERR_RENDEZVOUS_CLOSED or ERR_RENDEZVOUS_PROTOCOL.
   */
  async receive(signal: AbortSignal): Promise<ServerMessage> {
    return this.#inbox.take(signal);
  }

  /** Whether the server answers a ping in time. The answer measures a new round trip. */
  async answers(timeoutMs: number): Promise<boolean> {
    // The channel that runs through it notices when it ends.
    if (this.#isRelay) {
      return true;
    }
    if (this.failed) {
      return false;
    }
    // After `relay` we may say nothing else, and its answer is due within seconds.
    if (this.#relayAsked !== undefined) {
      return true;
    }
    const startedAt = performance.now();
    return new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.#pongs.push(() => {
        clearTimeout(timer);
        if (!this.failed) {
          this.rttMs = performance.now() - startedAt;
        }
        resolve(!this.failed);
      });
      this.send({ t: 'ping' });
    });
  }

  /** Another server relays to the peer. There is nothing left to do here. */
  relayedElsewhere(): void {
    this.send({ t: 'done', outcome: 'relayed', path: 'relay' });
    this.close();
    this.#isRelay = true;
  }

  /** Sends what was written, and closes the connection. */
  close(): void {
    this.#fail(new PunchlineError('ERR_RENDEZVOUS_CLOSED', 'we closed the connection to the rendezvous'));
    this.probing.close();
    const socket = this.#socket;
    if (socket.destroyed || this.#isRelay) {
      return;
    }
    socket.end();
    // By the clock, because a server that goes on talking is never idle.
    const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.close();
    if (!this.#isRelay) {
      this.#socket.destroy();
    }
  }

  #read(): void {
    const decoder = createLineDecoder();
    const socket = this.#socket;
    const stranger = new StrangerWatch(this.server, (error) => {
      this.#fail(error);
      socket.destroy();
    });
    socket.setTimeout(SILENCE_MS, () => {
      this.#fail(serverGone(this.server, `it was silent for ${SILENCE_MS / 1000} s`));
      socket.destroy();
    });
    socket.on('data', (chunk) => {
      if (this.failed || stranger.takes(chunk)) {
        return;
      }
      try {
        decoder.push(chunk);
        for (let line = decoder.next(); line !== undefined; line = decoder.next()) {
          this.#handle(line);
          stranger.isNone();
          if (this.failed) {
            return;
          }
          // The bytes that follow are the peer's.
          if (this.#isRelay) {
            return this.#releaseSocket(decoder.rest());
          }
        }
      } catch (error) {
        stranger.found(incomprehensible(this.server, error));
      }
    });
    socket.once('close', () => stranger.closed());
    socket.on('error', (error) => this.#fail(brokenBy(error, this.server)));
    socket.on('close', () => this.#fail(this.#gone()));
  }

  #handle(line: string): void {
    // Only as its first word: later the server has shown that it understands us.
    if (!this.#hasSpoken && line === 'first') {
      this.#misunderstood ??= setTimeout(() => this.#giveUpOn(), LATE_ANSWER_MS);
      return;
    }
    this.#hasSpoken = true;
    const message = this.#misunderstood === undefined ? parseServerMessage(line) : this.#lateAnswer(line);
    switch (message.t) {
      case 'ping':
        if (this.#relayAsked === undefined) {
          this.send({ t: 'pong' });
        }
        return;
      case 'pong':
        this.#pongs.shift()?.();
        return;
      case 'error':
      case 'retry':
        throw serverError(message, this.server);
      case 'redirect':
        if (this.#relayAsked === undefined || message.ticket === undefined) {
          throw serverError(message, this.server);
        }
        this.#goOn(this.#relayAsked, message);
        return;
      case 'relaying':
      case 'relay-refused':
        if (this.#relayAsked === undefined) {
          this.#inbox.put(message);
        } else if (message.t === 'relaying') {
          this.#isRelay = true;
        } else {
          this.#goOn(this.#relayAsked, message);
        }
        return;
      default:
        if ('probe' in message && message.probe !== undefined) {
          this.probing.told(message.probe);
        }
        if (message.t === 'waiting' || message.t === 'matched') {
          const second = secondAddress(message.probeHost, this);
          if (second !== undefined && message.you !== undefined) {
            this.probing.compare(second, message.you);
          }
        }
        this.#inbox.put(message);
    }
  }

  /** Behind the `first` stands a NUL byte. What cannot be read is another word of the old protocol. */
  #lateAnswer(line: string): ServerMessage {
    try {
      const message = parseServerMessage(line.replace('\0', ''));
      clearTimeout(this.#misunderstood);
      this.#misunderstood = undefined;
      return message;
    } catch {
      throw new TakenForClassic(this.server);
    }
  }

  #giveUpOn(): void {
    // Timers run before sockets. If this process was busy, the answer may be here already.
    setImmediate(() => {
      if (this.#misunderstood !== undefined) {
        this.#fail(this.#gone());
        this.#socket.destroy();
      }
    });
  }

  #gone(): PunchlineError {
    return this.#misunderstood === undefined
      ? serverGone(this.server, 'it closed the connection')
      : new TakenForClassic(this.server);
  }

  /** We are not relayed here, and go on with lines. */
  #goOn({ unsaid, answered }: RelayAsked, answer: RelayAnswer): void {
    this.#relayAsked = undefined;
    if (unsaid !== '') {
      this.#say(unsaid);
    }
    answered(answer);
  }

  /** The connection leads to the peer now. `rest` is what it has said first. */
  #releaseSocket(rest: Uint8Array): void {
    releaseSocket(this.#socket, rest);
    this.#relayAsked?.answered(this.#socket);
    this.#fail(
      new PunchlineError('ERR_RENDEZVOUS_CLOSED', 'the connection to the rendezvous has become the relay'),
    );
  }

  #fail(failure: PunchlineError): void {
    this.#failure ??= failure;
    clearTimeout(this.#misunderstood);
    this.#relayAsked?.failed(this.#failure);
    this.#inbox.end(this.#failure);
    for (const pong of this.#pongs.splice(0)) {
      pong();
    }
  }
}

/** Few rendezvous are reached at https, and the first frame of the screen does not need this code. */
async function secured(socket: Socket, options: OpenHttpsOptions): Promise<Connection> {
  const { openHttps } = await import('./https/open-https.ts');
  return openHttps(socket, options);
}
