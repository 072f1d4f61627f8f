import { X509Certificate } from 'node:crypto';
import {
  createServer,
  METHODS,
  STATUS_CODES,
  type IncomingMessage,
  type Server as HttpServer,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import { PunchlineError } from '../../errors.ts';
import type { ClientContext } from '../client/client-context.ts';
import type { ClientStream } from '../sockets/client-stream.ts';
import { MAX_MESSAGE_BYTES } from '../../network/web-socket/web-socket-bytes.ts';
import { forwardedSource } from './forwarded.ts';
import type { Certificate } from './certificate.ts';
import { ClientWebSocket } from './client-web-socket.ts';

/** Where a WebSocket carries the bytes of the rendezvous protocol, version 1 (design 3.6). */
export const webSocketPath = '/punchline/1';

/** The first byte of a TLS connection: a record of the handshake (RFC 8446, section 5.1). */
const TLS_HANDSHAKE = 0x16;
const requestStarts = METHODS.map((method) => `${method} `);
/** Bounds the head of a request. That of a browser is under 2 KiB, and a proxy adds some. */
const MAX_HEADER_SIZE = 8192;
/** A message comes in one frame, or in few. */
const MAX_FRAGMENTS = 16;

/** Who has come, and over what. */
export interface Arrived {
  readonly tcp: Socket;
  /** The bytes of the rendezvous protocol: `tcp` itself, or what it carries. They flow once they are resumed. */
  readonly stream: ClientStream;
  /** The client itself, as a proxy in front of us tells it, or else what has connected to us. */
  readonly source: MappedEndpoint;
  /** Whether `source` is where the client can be dialled. A proxy that tells no port hides that. */
  readonly isMapped: boolean;
  /** The limits by address do not know this client yet: a proxy in front of us has brought it. */
  readonly isForwarded: boolean;
}

export interface WebDoorOptions {
  readonly context: Pick<ClientContext, 'limits' | 'log'>;
  /** Without one, TLS is not answered. */
  readonly certificate?: Certificate | undefined;
  /** Whether an address is that of a reverse proxy, whose header `Forwarded` is believed. */
  readonly isForwarder: (address: string) => boolean;
  /** Why a balancer should send no clients to this server; undefined while all is well. */
  readonly trouble: () => string | undefined;
  /** Called for each client that speaks the rendezvous protocol. */
  readonly onArrived: (arrived: Arrived) => void;
}

/** A connection that has come to the door. */
interface Comer {
  readonly tcp: Socket;
  readonly from: MappedEndpoint;
  /** Call it once it is known what it wants. */
  readonly done: () => void;
}

/** Answers TLS, HTTP and WebSockets on the port of the rendezvous. What it does not take stays as it is. */
export class WebDoor {
  readonly #options: WebDoorOptions;
  readonly #http: HttpServer;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    maxFragments: MAX_FRAGMENTS,
    autoPong: false,
  });
  /** Connections that have not said yet what they want. */
  readonly #open = new Set<Socket>();
  /** Each by the stream on which it speaks HTTP. */
  readonly #comers = new WeakMap<Duplex, Comer>();
  #secure: SecureContext | undefined;
  #certificateUntil: number | undefined;

  /** Throws ERR_USAGE if the certificate cannot be used. */
  constructor(options: WebDoorOptions) {
    this.#options = options;
    if (options.certificate !== undefined) {
      this.useCertificate(options.certificate);
    }
    this.#http = createServer(
      // It does not listen by itself, so its own time-outs do not run.
      { maxHeaderSize: MAX_HEADER_SIZE },
      (request, response) => {
        const { status, text } = this.#pageOf(request);
        response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
        response.end(request.method === 'HEAD' ? undefined : text);
      },
    );
    this.#http.on('clientError', (_error, stream) => refuse(stream, 400));
    this.#http.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
  }

  /** When the certificate expires, in ms since the epoch. Undefined without one. */
  get certificateUntil(): number | undefined {
    return this.#certificateUntil;
  }

  /** Takes another certificate, for connections from now on. Throws ERR_USAGE if it cannot be used. */
  useCertificate(certificate: Certificate): void {
    this.#secure = secureContext(certificate);
    const until = Date.parse(new X509Certificate(certificate.cert).validTo);
    this.#certificateUntil = until;
    if (until < Date.now()) {
      this.#options.context.log.warn(
        { until: new Date(until).toISOString() },
        'the certificate has expired: no client takes it',
      );
    }
  }

  /** Whether these first bytes are for the door. */
  takes(chunk: Buffer): boolean {
    return (chunk[0] === TLS_HANDSHAKE && this.#secure !== undefined) || isHttp(chunk);
  }

  /** Takes a connection whose first bytes were read already. */
  take(tcp: Socket, chunk: Buffer, from: MappedEndpoint): void {
    // Silence over TLS is no old program. A handshake, a request and its answer end in time, too.
    const timer = setTimeout(() => tcp.destroy(), this.#options.context.limits.firstLineMs);
    const done = () => {
      clearTimeout(timer);
      this.#open.delete(tcp);
    };
    this.#open.add(tcp);
    tcp.once('close', done);
    const comer = { tcp, from, done };
    tcp.pause();
    tcp.unshift(chunk);
    if (isHttp(chunk)) {
      this.#speakHttp(tcp, comer);
    } else {
      this.#speakTls(comer);
    }
  }

  /** Drops those that have not said yet what they want. */
  close(): void {
    for (const tcp of this.#open) {
      tcp.destroy();
    }
  }

  #speakTls(comer: Comer): void {
    const { tcp } = comer;
    const secure = new TLSSocket(tcp, {
      isServer: true,
      ...(this.#secure !== undefined && { secureContext: this.#secure }),
    });
    secure.on('error', (error) => {
      this.#options.context.log.debug({ reason: error.message }, 'TLS failed');
      tcp.destroy();
    });
    secure.once('data', (chunk: Buffer) => {
      secure.pause();
      secure.unshift(chunk);
      if (isHttp(chunk)) {
        this.#speakHttp(secure, comer);
        return;
      }
      // That of a TLS socket throws.
      this.#arrive(Object.assign(secure, { resetAndDestroy: () => tcp.resetAndDestroy() }), comer);
    });
  }

  #speakHttp(stream: Duplex, comer: Comer): void {
    this.#comers.set(stream, comer);
    this.#http.emit('connection', stream);
    process.nextTick(() => stream.resume());
  }

  #pageOf({ method = '', url = '' }: IncomingMessage): { readonly status: number; readonly text: string } {
    const path = url.split('?', 1)[0];
    if (path === webSocketPath) {
      return { status: 426, text: 'a rendezvous of Punchline: it speaks WebSocket here\n' };
    }
    if (path !== '/healthz') {
      return { status: 404, text: 'a rendezvous of Punchline\n' };
    }
    if (method !== 'GET' && method !== 'HEAD') {
      return { status: 405, text: 'only GET\n' };
    }
    const trouble = this.#options.trouble();
    return { status: trouble === undefined ? 200 : 503, text: `${trouble ?? 'ok'}\n` };
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const comer = this.#comers.get(stream);
    const refusal = refusalOf(request);
    if (comer === undefined || refusal !== undefined) {
      refuse(stream, refusal ?? 400);
      return;
    }
    // It tells of its errors from now on.
    stream.on('error', () => undefined);
    this.#webSockets.handleUpgrade(request, stream, head, (webSocket) => {
      const { tcp, from } = comer;
      const isForwarded = this.#options.isForwarder(from.address);
      const carried = new ClientWebSocket(webSocket, tcp, !isForwarded);
      carried.on('error', ({ message }) =>
        this.#options.context.log.debug({ reason: message }, 'WebSocket failed'),
      );
      this.#arrive(carried, comer, forwardedBy(request, this.#options.isForwarder));
    });
  }

  #arrive(
    stream: ClientStream,
    { tcp, from, done }: Comer,
    told?: { readonly address: string; readonly port?: number },
  ): void {
    tcp.off('close', done);
    done();
    const isForwarded = this.#options.isForwarder(from.address);
    // Anybody can write the header. Without it, a proxy has told no port.
    const { address, port } = isForwarded ? (told ?? { address: from.address }) : from;
    this.#options.onArrived({
      tcp,
      stream,
      source: { address, port: port ?? from.port },
      isMapped: port !== undefined,
      isForwarded,
    });
  }
}

function secureContext(certificate: Certificate): SecureContext {
  try {
    return createSecureContext({ ...certificate, minVersion: 'TLSv1.2' });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PunchlineError('ERR_USAGE', `the certificate and its key cannot be used: ${why}`, {
      hint: 'Both are PEM files: the certificate with its chain, and the key that belongs to it.',
      cause,
    });
  }
}

function forwardedBy({ headers }: IncomingMessage, isForwarder: (address: string) => boolean) {
  const { forwarded } = headers;
  return forwarded === undefined ? undefined : forwardedSource(forwarded, isForwarder);
}

/** A request begins with its method and a space, of which only a part may have come. No line of the rendezvous does. */
function isHttp(chunk: Buffer): boolean {
  return requestStarts.some((start) => start.startsWith(chunk.toString('latin1', 0, start.length)));
}

/** The status with which a request for a WebSocket is refused. Undefined if it is not. */
function refusalOf({ url, headers }: IncomingMessage): number | undefined {
  if (url !== webSocketPath) {
    return 404;
  }
  // A browser sends it for every page, and no page may make its visitors meet.
  return headers.origin === undefined ? undefined : 403;
}

function refuse(stream: Duplex, status: number): void {
  stream.on('error', () => undefined);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
  stream.end(head, () => stream.destroy());
}
