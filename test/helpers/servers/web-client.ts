/** Clients that come to a rendezvous by TLS, HTTP or WebSocket. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { createWebSocketStream, WebSocket, type ClientOptions } from 'ws';
import { webSocketPath } from '../../../source/server/web/web-door.ts';
import { WireClient } from './wire-client.ts';

function read(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

/** For `localhost`. It signs itself. */
export const certificate = { cert: read('certificate.pem'), key: read('certificate-key.pem') };

export interface WebServer {
  readonly port: number;
}

/** A TLS connection whose handshake has ended, from this local address. It ends with the test. */
export async function overTls({ port }: WebServer, localAddress = '127.0.0.1'): Promise<TLSSocket> {
  const socket = connectTls({
    socket: connectTcp({ port, host: '127.0.0.1', localAddress, noDelay: true }),
    servername: 'localhost',
    ca: certificate.cert,
  });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

interface WebOptions extends ClientOptions {
  readonly localAddress?: string;
}

async function dialWebSocket(
  { port }: WebServer,
  isSecure: boolean,
  { localAddress = '127.0.0.1', ...options }: WebOptions = {},
): Promise<WebSocket> {
  const stream = isSecure
    ? await overTls({ port }, localAddress)
    : connectTcp({ port, host: '127.0.0.1', localAddress, noDelay: true });
  const webSocket = new WebSocket(`ws://localhost${webSocketPath}`, {
    createConnection: (() => stream) as ClientOptions['createConnection'],
    perMessageDeflate: false,
    ...options,
  });
  onTestFinished(() => webSocket.terminate());
  return webSocket;
}

/** A WebSocket that is open, in TLS or not. It ends with the test. */
export async function openWebSocket(...words: Parameters<typeof dialWebSocket>): Promise<WebSocket> {
  const webSocket = await dialWebSocket(...words);
  await once(webSocket, 'open');
  return webSocket;
}

export async function overWebSocket(
  ...words: Parameters<typeof dialWebSocket>
): Promise<{ readonly client: WireClient; readonly webSocket: WebSocket }> {
  const webSocket = await dialWebSocket(...words);
  // At once, because the first words of a server may come together with its consent.
  const stream = createWebSocketStream(webSocket);
  // A server that ends it at once is an error to this library.
  stream.on('error', () => undefined);
  const client = WireClient.over(stream);
  await once(webSocket, 'open');
  return { client, webSocket };
}

export interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

/** Asks over HTTP, in TLS or not. */
export async function ask(
  { port }: WebServer,
  isSecure: boolean,
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  const stream = isSecure ? await overTls({ port }) : connectTcp({ port, host: '127.0.0.1' });
  const asked = request({ path, createConnection: () => stream, ...options });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}
