import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, type ListenAddress } from '../sockets/listeners.ts';

/** Bounds a request: one line and a few headers. Those of a browser are under 2 KiB. */
const MAX_HEADER_SIZE = 4096;
/** Bounds a request. It comes from a machine nearby. */
const REQUEST_TIMEOUT_MS = 5000;
/** Enough for a few Prometheus servers and people. */
const MAX_CONNECTIONS = 32;

export interface Pages {
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
  /** Why a balancer should send no clients to this server; undefined while all is well. */
  trouble(): string | undefined;
}

export interface MetricsPage {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves `/metrics` and `/healthz` over HTTP, for GET only. Throws the errors of `listen`. */
export async function listenForMetrics(address: ListenAddress, pages: Pages): Promise<MetricsPage> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_SIZE,
      headersTimeout: REQUEST_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      // A body is discarded; no request here needs one.
      request.resume();
      void answer(request, response, pages);
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', (_error, socket) => socket.destroy());
  const port = await listen(server, address, '--metrics');
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { method, url = '' }: IncomingMessage,
  response: ServerResponse,
  pages: Pages,
): Promise<void> {
  function say(status: number, text: string, headers: Record<string, string> = {}) {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers }).end(text);
  }
  if (method !== 'GET') {
    say(405, 'only GET\n', { allow: 'GET', connection: 'close' });
    return;
  }
  switch (url.split('?')[0]) {
    case '/metrics': {
      const { type, text } = await pages.metrics();
      say(200, text, { 'content-type': type });
      return;
    }
    case '/healthz': {
      const trouble = pages.trouble();
      say(trouble === undefined ? 200 : 503, `${trouble ?? 'ok'}\n`);
      return;
    }
    default:
      say(404, '/metrics and /healthz are here\n');
  }
}
