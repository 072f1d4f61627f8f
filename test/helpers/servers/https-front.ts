/** Stands before a rendezvous and ends TLS and WebSocket for it, as a web server in front of it does. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { CertificateFiles } from './certificates.ts';
import { textHeader } from './proxy-headers.ts';

/** From here the front connects to the rendezvous, which believes its PROXY headers: see `behindBalancer`. */
const frontAddress = '127.0.0.99';

export interface HttpsFront {
  readonly port: number;
  /** The requests that have opened a WebSocket. */
  readonly requests: readonly IncomingMessage[];
  /** Closes every connection, so that both sides notice. */
  drop(): void;
  /** Accepts no more connections. */
  close(): void;
}

/**
 * Passes on what comes to a port of its own to a rendezvous that is `behindBalancer`, and tells it whom it is for. Ends
 * with the test. Without a certificate there is no TLS.
 */
export async function startHttpsFront(rendezvousPort: number, files?: CertificateFiles): Promise<HttpsFront> {
  const front =
    files === undefined
      ? createServer()
      : createSecureServer({ key: readFileSync(files.key), cert: readFileSync(files.certificate) });
  const requests: IncomingMessage[] = [];
  const sockets = new Set<Socket>();
  front.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  const webSockets = new WebSocketServer({
    server: front,
    path: '/punchline/1',
    perMessageDeflate: false,
    maxPayload: 65_536,
  });
  webSockets.on('connection', (webSocket, request) => {
    requests.push(request);
    const { remoteAddress: address = '', remotePort: port = 0 } = request.socket;
    const upstream = connect({ port: rendezvousPort, host: '127.0.0.1', localAddress: frontAddress });
    upstream.write(textHeader({ address, port, destination: '127.0.0.1', destinationPort: rendezvousPort }));
    const stream = createWebSocketStream(webSocket);
    // There is no half-close: each end ends the other one.
    stream.on('error', () => upstream.destroy()).on('close', () => upstream.destroySoon());
    upstream.on('error', () => stream.destroy()).on('close', () => stream.end());
    stream.pipe(upstream).pipe(stream);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  function drop() {
    for (const socket of sockets) {
      socket.destroy();
    }
  }
  function close() {
    webSockets.close();
    front.close();
    drop();
  }
  onTestFinished(close);
  return { port: (front.address() as AddressInfo).port, requests, drop, close };
}
