import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ClientOptions, WebSocket } from 'ws';
import { isAddress } from '../../../network/address.ts';

/** How long the server may take to close the connection after us. */
const CLOSE_TIMEOUT_MS = 1000;
/** Bounds the pieces of one message, which may be empty. */
const MAX_FRAGMENTS = 128;

/** The types of `ws` do not know this option yet. */
const closing = { closeTimeout: CLOSE_TIMEOUT_MS };

export interface OpenWebSocketOptions {
  /** `ws://…`, or `wss://…` for TLS. Its host is the one that the certificate must be for. */
  readonly url: string;
  /** How long the handshakes may be silent. */
  readonly handshakeMs: number;
  readonly maxMessageBytes: number;
  /** Whether pings are answered without the caller; by default they are. */
  readonly autoPong?: boolean;
}

export interface OpeningWebSocket {
  /** It is not open yet. Listen to it in this turn. */
  readonly webSocket: WebSocket;
  /** The WebSocket writes to it: the socket, or TLS over it. */
  readonly carrier: Socket;
}

/** The first frame does not need the library. Once a SYN has left, there is time to load it. */
export function loadWebSocket() {
  return import('ws');
}

/**
 * Begins a WebSocket (RFC 6455) over a connection that we have dialled ourselves: that way all addresses are tried, the
 * reason for each is known, and the handshake of TCP is measured. Nothing is compressed, and no header `Origin` is sent.
 */
export function openWebSocket(
  { WebSocket: Client }: Awaited<ReturnType<typeof loadWebSocket>>,
  socket: Socket,
  { url, handshakeMs, maxMessageBytes, autoPong = true }: OpenWebSocketOptions,
): OpeningWebSocket {
  const { hostname, protocol } = new URL(url);
  const host = plainHost(hostname);
  const carrier =
    protocol === 'wss:' ? connectTls({ socket, host, servername: isAddress(host) ? '' : host }) : socket;
  const webSocket = new Client(url, {
    createConnection: (() => carrier) as ClientOptions['createConnection'],
    handshakeTimeout: handshakeMs,
    maxPayload: maxMessageBytes,
    maxFragments: MAX_FRAGMENTS,
    perMessageDeflate: false,
    autoPong,
    ...closing,
  });
  return { webSocket, carrier };
}

/** The host of a URL as a certificate names it: without the brackets of an IPv6 address and the full stop of a name. */
export function plainHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/u, '$1').replace(/\.$/u, '');
}
