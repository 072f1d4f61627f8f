import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Connection } from '../../../../network/sockets.ts';
import { loadWebSocket, openWebSocket } from '../../web-socket/open-web-socket.ts';
import { MAX_MESSAGE_BYTES, WebSocketBytes } from '../../../../network/web-socket/web-socket-bytes.ts';
import { serverGone, silentServer } from '../server-failure.ts';
import { noWebSocket, pageForRendezvous } from './https-failure.ts';

/** Where a rendezvous takes WebSockets. The number is the version of this way to it. */
const path = '/punchline/1';

export interface OpenHttpsOptions {
  /** Whom the certificate must be for: a name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** As events and messages call it: `https://HOST[:PORT]`. */
  readonly name: string;
  /** Bounds the handshakes of TLS and WebSocket together. */
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

/**
 * Makes a connection to a rendezvous of one to the port where it takes https: TLS, and a WebSocket in it, whose binary
 * messages carry the same bytes as a socket does elsewhere. Takes ownership of the socket. Rejects with
 * ERR_RENDEZVOUS_UNREACHABLE for a certificate that is not to be trusted, ERR_RENDEZVOUS_PROTOCOL for a server that is
 * no such rendezvous, ERR_RENDEZVOUS_CLOSED, or the signal's reason.
 */
export async function openHttps(socket: Socket, options: OpenHttpsOptions): Promise<Connection> {
  // It may break while nobody listens. The WebSocket finds it broken then.
  socket.on('error', () => undefined);
  try {
    const library = await loadWebSocket();
    options.signal.throwIfAborted();
    return await shakeHands(library, socket, options);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function shakeHands(
  library: Awaited<ReturnType<typeof loadWebSocket>>,
  socket: Socket,
  { host, port, name, answerMs, signal }: OpenHttpsOptions,
): Promise<Connection> {
  const { webSocket, carrier } = openWebSocket(library, socket, {
    url: `wss://${host.includes(':') ? `[${host}]` : host}:${port}${path}`,
    handshakeMs: answerMs,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    autoPong: false,
  });
  return new Promise((resolve, reject) => {
    function finish() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      webSocket.removeAllListeners();
      // What is terminated before it is open says so once more.
      webSocket.on('error', () => undefined);
    }
    function fail(error: unknown) {
      finish();
      webSocket.terminate();
      carrier.destroy();
      reject(error);
    }
    function onAbort() {
      return fail(signal.reason);
    }
    // By the clock, because the library waits for as long as some bytes come.
    const timer = setTimeout(() => fail(silentServer(name, answerMs)), answerMs);
    signal.addEventListener('abort', onAbort);
    webSocket.on('open', () => {
      finish();
      resolve(new WebSocketBytes(webSocket, carrier));
    });
    webSocket.on('error', (error) => fail(noWebSocket(name, error)));
    webSocket.on('close', () => fail(serverGone(name, 'it closed the connection')));
    webSocket.on('unexpected-response', (_request, { statusCode = 0, headers }: IncomingMessage) =>
      fail(pageForRendezvous(name, statusCode, headers.location ?? '')),
    );
  });
}
