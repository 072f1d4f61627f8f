import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { RawData, WebSocket } from 'ws';
import { ProtocolError, PunchlineError } from '../../../errors.ts';
import type { Endpoint, Family } from '../../../events.ts';
import type { Proxy } from '../../../network/proxy/proxy.ts';
import { connectError, localEndpoint, remoteEndpoint } from '../../../network/sockets.ts';
import { TokenBucket } from '../../../network/token-bucket.ts';
import { TimeoutError, within } from '../../../network/waiting.ts';
import { safeText } from '../../../text/safe-text.ts';
import { dialServer } from '../rendezvous/dial-server.ts';
import { loadWebSocket, openWebSocket, plainHost } from '../web-socket/open-web-socket.ts';
import { faultOf, untrustedCertificate } from '../web-socket/web-socket-failure.ts';
import {
  mailboxError,
  mailboxGone,
  notAMailbox,
  pageForMailbox,
  noTls,
  noWebSocket,
  permissionRequired,
  silentMailbox,
} from './mailbox-failure.ts';
import {
  MAX_PAYLOAD_BYTES,
  parseMailboxMessage,
  type MailboxMessage,
  type MailboxMessageOf,
  type MailboxRequest,
} from './wire/mailbox-messages.ts';

/** As often as at a rendezvous. A NAT that forgets the connection sooner than we speak cuts it. */
const PING_EVERY_MS = 20_000;
/** After two unanswered pings and some time the server counts as gone. */
const SILENCE_MS = 50_000;
/** Bounds what we keep for a server that does not read, beyond what the kernel takes. A meeting says some 50 KB at most. */
const MAX_UNSENT_BYTES = 65_536;
/**
 * Bounds what a server may say: so much at once, and then ten messages a second. A meeting takes some 50 answers, and
 * the room of a session may hold the leftovers of some ten others.
 */
const MAX_MESSAGES = 1000;
const MESSAGE_EVERY_MS = 100;

/** The state of a WebSocket that is open. */
const OPEN = 1;

export interface MailboxClientOptions {
  /** `ws://…` or `wss://…`. */
  readonly url: string;
  /** As the user named it. */
  readonly name: string;
  readonly proxy: Proxy | undefined;
  readonly family: Family | undefined;
  /** Bounds the wait for an answer. */
  readonly answerMs: number;
  /** Called when the SYN is about to leave. */
  readonly onBound: () => void;
  readonly signal: AbortSignal;
}

export type PostedMessage = MailboxMessageOf<'message'>;

export interface MailboxListener {
  /** Called with each message of the mailbox, in the turn in which it came. */
  readonly onPosted: (posted: PostedMessage) => void;
  /** Nothing more will come. */
  readonly onGone: (failure: PunchlineError) => void;
}

/** A connection to a mailbox server. */
export class MailboxClient {
  readonly family: Family;
  readonly local: Endpoint;
  /** Undefined if only a proxy leads to it. */
  readonly remote: Endpoint | undefined;
  /** What the operator says to all users, made safe to show. */
  motd: string | undefined;
  /** The duration of the TCP handshake or of an answer, whichever is shorter: a server takes some time to answer. */
  rttMs: number;
  #listener: MailboxListener | undefined;

  readonly name: string;
  readonly answerMs: number;
  readonly #webSocket: WebSocket;
  /** The WebSocket writes to it: the socket, or TLS over it. */
  readonly #stream: Duplex;
  readonly #allowance = new TokenBucket(MAX_MESSAGES, MESSAGE_EVERY_MS);
  readonly #asked = new Map<MailboxMessage['type'], PromiseWithResolvers<MailboxMessage>>();
  readonly #pings = new Map<number, (isAlive: boolean) => void>();
  readonly #pinging: NodeJS.Timeout;
  #acknowledging: NodeJS.Immediate | undefined;
  #failure: PunchlineError | undefined;
  #heardAt = performance.now();
  #id = 0;
  /** 0 stands for those whose answer nobody waits for. */
  #pingId = 0;

  private constructor(
    webSocket: WebSocket,
    stream: Duplex,
    { socket, family, rttMs }: { socket: Socket; family: Family; rttMs: number },
    { name, proxy, answerMs }: MailboxClientOptions,
  ) {
    this.family = family;
    this.rttMs = rttMs;
    this.local = localEndpoint(socket);
    this.remote = proxy === undefined ? remoteEndpoint(socket) : undefined;
    this.name = name;
    this.answerMs = answerMs;
    this.#webSocket = webSocket;
    this.#stream = stream;
    webSocket.on('message', (data) => this.#read(data));
    webSocket.on('error', (error) => this.#fail(brokenBy(error, name)));
    webSocket.on('unexpected-response', (_request, { statusCode = 0, headers: { location = '' } }) =>
      this.#fail(pageForMailbox(name, statusCode, location)),
    );
    webSocket.on('close', () => this.#fail(mailboxGone(name, 'it closed the connection')));
    this.#pinging = setInterval(() => this.#pulse(), PING_EVERY_MS);
  }

  /** Connects, and takes the server's welcome. Rejects with a PunchlineError, or the signal's reason. */
  static async dial(options: MailboxClientOptions): Promise<MailboxClient> {
    const { url, name, proxy, family, answerMs, onBound, signal } = options;
    const { hostname, port, protocol } = new URL(url);
    const defaultPort = protocol === 'wss:' ? 443 : 80;
    const server = { host: plainHost(hostname), port: port === '' ? defaultPort : Number(port) };
    let loading: ReturnType<typeof loadWebSocket> | undefined;
    const dialled = await dialServer({
      server,
      proxy,
      family,
      signal,
      onBound: () => {
        onBound();
        // Once the SYN has left, there is time to load it.
        loading ??= turn().then(loadWebSocket);
        loading.catch(() => undefined);
      },
      words: {
        what: `the mailbox server ${name}`,
        hint: 'Check the address, and that this machine is online.',
      },
    });
    // It may break while nobody listens. The WebSocket finds it broken then.
    dialled.socket.on('error', () => undefined);
    const { webSocket, carrier } = openWebSocket(await (loading ?? loadWebSocket()), dialled.socket, {
      url,
      handshakeMs: answerMs,
      maxMessageBytes: MAX_PAYLOAD_BYTES,
    });
    const client = new MailboxClient(webSocket, carrier, dialled, options);
    try {
      client.#welcome(await client.answer('welcome', signal));
      return client;
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** Takes the place of the listener before. If the connection has ended, it is told so at once. */
  listen(listener: MailboxListener): void {
    this.#listener = listener;
    if (this.#failure !== undefined) {
      listener.onGone(this.#failure);
    }
  }

  send(request: MailboxRequest): void {
    if (this.#failure !== undefined || this.#webSocket.readyState !== OPEN) {
      return;
    }
    this.#id += 1;
    // What is sent in one turn leaves in one segment, and is then answered in one. The servers leave Nagle's algorithm on,
    // so that the second of two answers would wait for our acknowledgement of the first: a round trip, and 40 ms.
    this.#stream.cork();
    process.nextTick(() => this.#stream.uncork());
    this.#webSocket.send(JSON.stringify({ ...request, id: String(this.#id) }));
    if (this.#webSocket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#fail(mailboxGone(this.name, 'it does not read what we send'));
    }
  }

  /** The next message of one type. Call it before what it answers is sent, or in the same turn. Bounds the wait. */
  async answer<T extends MailboxMessage['type']>(type: T, signal: AbortSignal): Promise<MailboxMessageOf<T>> {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    const askedAt = performance.now();
    const asked = Promise.withResolvers<MailboxMessage>();
    asked.promise.catch(() => undefined);
    this.#asked.set(type, asked);
    try {
      const answer = (await within(asked.promise, this.answerMs, signal)) as MailboxMessageOf<T>;
      // On a fast line the handshake seems longer than it was, because this thread was busy.
      this.rttMs = Math.min(this.rttMs, performance.now() - askedAt);
      return answer;
    } catch (error) {
      throw error instanceof TimeoutError ? silentMailbox(this.name, this.answerMs) : error;
    } finally {
      this.#asked.delete(type);
    }
  }

  /** Whether the server answers a ping in time. Measures the round trip. */
  async answers(timeoutMs: number): Promise<boolean> {
    if (this.#failure !== undefined) {
      return false;
    }
    const startedAt = performance.now();
    const isAlive = await new Promise<boolean>((resolve) => {
      const id = this.ping((alive) => end(alive));
      const timer = setTimeout(() => end(false), timeoutMs);
      const pings = this.#pings;
      function end(alive: boolean) {
        clearTimeout(timer);
        pings.delete(id);
        resolve(alive);
      }
    });
    if (isAlive) {
      this.rttMs = performance.now() - startedAt;
    }
    return isAlive;
  }

  /** Sends a ping. All that was sent before it has been handled once `end` is called with true; false means never. */
  ping(end: (isAlive: boolean) => void): number {
    this.#pingId += 1;
    this.#pings.set(this.#pingId, end);
    this.send({ type: 'ping', ping: this.#pingId });
    return this.#pingId;
  }

  /** Sends what was written, and closes the connection. */
  close(): void {
    this.#fail(
      new PunchlineError('ERR_RENDEZVOUS_CLOSED', 'we closed the connection to the mailbox server'),
      {
        gently: true,
      },
    );
  }

  destroy(): void {
    this.close();
    this.#webSocket.terminate();
  }

  #welcome({ motd, error, permissions }: MailboxMessageOf<'welcome'>): void {
    if (error !== undefined) {
      throw mailboxError(error, this.name);
    }
    if (permissions !== undefined && !permissions.includes('none')) {
      throw permissionRequired(permissions, this.name);
    }
    this.motd = motd === undefined ? undefined : safeText(motd).trim() || undefined;
  }

  #read(data: RawData): void {
    if (this.#failure !== undefined) {
      return;
    }
    this.#heardAt = performance.now();
    this.#acknowledge();
    try {
      if (!this.#allowance.take(this.#heardAt)) {
        throw new ProtocolError(`more than ${MAX_MESSAGES} messages that nobody asked for`);
      }
      const message = parseMailboxMessage(textOf(data));
      if (message !== undefined) {
        this.#take(message);
      }
    } catch (error) {
      this.#fail(notAMailbox(this.name, error));
    }
  }

  /**
   * Has the kernel acknowledge at once what has come, by a frame that nobody answers (RFC 6455, 5.5.3). The servers hold
   * back the next message until then (Nagle), and our kernel would wait 40 ms. The moments of both sides follow from
   * when a message comes.
   */
  #acknowledge(): void {
    this.#acknowledging ??= setImmediate(() => {
      this.#acknowledging = undefined;
      if (this.#failure === undefined && this.#webSocket.readyState === OPEN) {
        this.#webSocket.pong();
      }
    });
  }

  #take(message: MailboxMessage): void {
    switch (message.type) {
      case 'message':
        this.#listener?.onPosted(message);
        return;
      case 'pong':
        this.#pings.get(message.pong)?.(true);
        this.#pings.delete(message.pong);
        return;
      case 'error':
        throw mailboxError(message.error, this.name);
      case 'welcome':
      case 'allocated':
      case 'claimed':
        this.#asked.get(message.type)?.resolve(message);
    }
  }

  #pulse(): void {
    if (performance.now() - this.#heardAt >= SILENCE_MS) {
      this.#fail(mailboxGone(this.name, `it was silent for ${SILENCE_MS / 1000} s`));
      return;
    }
    this.send({ type: 'ping', ping: 0 });
  }

  #fail(failure: PunchlineError, { gently = false } = {}): void {
    if (this.#failure !== undefined) {
      return;
    }
    this.#failure = failure;
    clearInterval(this.#pinging);
    clearImmediate(this.#acknowledging);
    for (const { reject } of this.#asked.values()) {
      reject(failure);
    }
    for (const end of this.#pings.values()) {
      end(false);
    }
    this.#listener?.onGone(failure);
    if (gently) {
      this.#webSocket.close();
    } else {
      this.#webSocket.terminate();
    }
  }
}

function brokenBy(error: Error, name: string): PunchlineError {
  switch (faultOf(error)) {
    case 'frames':
      return notAMailbox(name, new ProtocolError(error.message, { cause: error }));
    case 'gone':
      return mailboxGone(name, connectError(error), error);
    case 'no-tls':
      return noTls(name, error);
    case 'untrusted':
      return untrustedCertificate(name, error);
    case 'refused':
      return noWebSocket(name, error);
  }
}

/** Text and binary messages are the same: older servers send the one, newer ones the other. */
function textOf(data: RawData): string {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Uint8Array);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ProtocolError('a message that is not UTF-8', { cause });
  }
}
