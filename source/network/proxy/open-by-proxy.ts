/** From a connection to a proxy to one through it: SOCKS5 (RFC 1928, 1929), or CONNECT of HTTP (RFC 9110, 9.3.6). */
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { domainToASCII } from 'node:url';
import { errorCode, PunchlineError } from '../../errors.ts';
import { safeText } from '../../text/safe-text.ts';
import { isAddress } from '../address.ts';
import { formatEndpoint, type Server } from '../endpoint.ts';
import { connectError } from '../sockets.ts';
import { TimeoutError, within } from '../waiting.ts';
import { formatProxy, type Proxy } from './proxy.ts';

export interface ByProxyOptions {
  readonly proxy: Proxy;
  readonly to: Server;
  /** How long the TCP handshake with the proxy has taken. */
  readonly proxyRttMs: number;
  /** How long the proxy may take for all of it, its own dial included. */
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

export interface OpenedByProxy {
  /** Flows as soon as somebody listens. With a proxy in TLS it is TLS around the connection that was given. */
  readonly socket: Socket;
  /** The round trip to the server, as far as the proxy's answer shows it. */
  readonly rttMs: number;
}

/**
 * Has the proxy at the other end of a connection open another one to a server, whose name the proxy looks up. Takes
 * ownership of the connection. Rejects with ERR_PROXY, or with the signal's reason.
 */
export async function openByProxy(connection: Socket, options: ByProxyOptions): Promise<OpenedByProxy> {
  const { proxy, answerMs, signal } = options;
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  function onClose() {
    broken.reject(new Error('it closed the connection'));
  }
  // Until the next owner listens, a reset must not become an uncaught exception.
  connection.on('error', broken.reject);
  connection.on('close', onClose);
  try {
    const opened = await within(Promise.race([open(connection, options), broken.promise]), answerMs, signal);
    connection.off('close', onClose);
    return opened;
  } catch (error) {
    connection.destroy();
    signal.throwIfAborted();
    throw proxyError(
      proxy,
      error instanceof TimeoutError ? `it says nothing for ${answerMs / 1000} s` : error,
    );
  }
}

async function open(connection: Socket, options: ByProxyOptions): Promise<OpenedByProxy> {
  const { proxy, proxyRttMs } = options;
  const socket = proxy.scheme === 'https' ? await secured(connection, proxy) : connection;
  const askedAt = performance.now();
  await (proxy.scheme === 'socks5h' ? askSocks(socket, options) : askHttp(socket, options));
  // The proxy greets us first, and asks for a password in a further message.
  const greetings = proxy.scheme === 'socks5h' ? (proxy.user === undefined ? 1 : 2) : 0;
  return { socket, rttMs: Math.max(0, performance.now() - askedAt - greetings * proxyRttMs) };
}

function secured(socket: Socket, { host }: Proxy): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secure = connectTls({
      socket,
      host,
      servername: isAddress(host) ? '' : host,
      ALPNProtocols: ['http/1.1'],
    });
    secure.once('error', reject);
    secure.once('secureConnect', () => {
      secure.off('error', reject);
      secure.on('error', () => secure.destroy());
      resolve(secure);
    });
  });
}

/** A name as the resolver of another machine reads it. */
function plainHost(host: string): string {
  return isAddress(host) ? host : domainToASCII(host) || host;
}

function askHttp(connection: Socket, { proxy: { user }, to: { host, port } }: ByProxyOptions): Promise<void> {
  const authority = formatEndpoint({ address: plainHost(host), port });
  const basic = user && Buffer.from(`${user.name}:${user.password}`).toString('base64');
  return new Promise((resolve, reject) => {
    const asked = request({
      method: 'CONNECT',
      path: authority,
      headers: { Host: authority, ...(basic !== undefined && { 'Proxy-Authorization': `Basic ${basic}` }) },
      createConnection: () => connection,
    });
    asked.once('error', reject);
    asked.once('connect', ({ statusCode = 0, statusMessage = '' }, socket: Socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        reject(
          new Refusal(`it says ${statusCode} ${safeText(statusMessage).slice(0, MAX_SHOWN)}`, statusCode),
        );
        return;
      }
      if (head.length > 0) {
        socket.unshift(head);
      }
      resolve();
    });
    asked.end();
  });
}

async function askSocks(socket: Socket, { proxy, to, answerMs }: ByProxyOptions): Promise<void> {
  const { SocksClient } = await import('socks');
  const { host, port, user } = proxy;
  const early: Uint8Array[] = [];
  function keep(chunk: Uint8Array) {
    early.push(chunk);
  }
  await SocksClient.createConnection({
    proxy: {
      host,
      port,
      type: 5,
      ...(user && { userId: user.name, password: user.password }),
    },
    command: 'connect',
    destination: { host: plainHost(to.host), port: to.port },
    existing_socket: socket,
    timeout: answerMs,
  });
  // The library hands on what has come behind the answer in the next turn, to whoever listens then.
  socket.on('data', keep);
  await turn();
  socket.off('data', keep);
  socket.pause();
  // Back to the state of a new socket, as Node's own `http` does when it hands one on.
  Object.assign(socket, { readableFlowing: null });
  if (early.length > 0) {
    socket.unshift(Buffer.concat(early));
  }
}

/** Longer answers of a proxy are cut. */
const MAX_SHOWN = 80;

/** What a proxy of HTTP says when it opens no connection. */
class Refusal extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const checkProxy = 'Check the address of the proxy, and whether it is one for SOCKS5 or for HTTP.';
const checkUser = 'Name them in its address: socks5h://USER:PASSWORD@HOST[:PORT].';
const checkTarget =
  'Check the place, and whether the proxy may lead there: many allow port 443 only, and many allow only some hosts.';

/** What the names of the library's messages mean. RFC 1928, section 6. */
const socksReplies: Readonly<Record<string, string>> = {
  Failure: 'it says that the connection has failed',
  NotAllowed: 'it says that its rules do not allow this',
  NetworkUnreachable: 'it says that there is no route to the network',
  HostUnreachable: 'it says that the host cannot be reached',
  ConnectionRefused: 'it says that the connection was refused',
  TTLExpired: 'it says that the host did not answer',
  CommandNotSupported: 'it opens no connections',
  AddressNotSupported: 'it does not take such an address',
};

function proxyError(proxy: Proxy, cause: unknown): PunchlineError {
  const { why, hint } = typeof cause === 'string' ? { why: cause, hint: checkProxy } : reasonOf(cause, proxy);
  return new PunchlineError('ERR_PROXY', `the proxy ${formatProxy(proxy)} does not lead there: ${why}`, {
    hint,
    cause,
  });
}

function reasonOf(error: unknown, { user }: Proxy): { readonly why: string; readonly hint: string } {
  const message = error instanceof Error ? error.message : '';
  if (error instanceof Refusal) {
    return { why: message, hint: error.status === 407 ? userHint(user) : checkTarget };
  }
  const [, reply] = /^Socks5 proxy rejected connection - (\w+)$/u.exec(message) ?? [];
  if (reply !== undefined) {
    return {
      why: Object.hasOwn(socksReplies, reply)
        ? (socksReplies[reply] ?? '')
        : 'it refuses, and does not say why',
      hint: checkTarget,
    };
  }
  if (message.includes('no accepted authentication type')) {
    return { why: 'it wants a user name and a password', hint: userHint(user) };
  }
  if (message.includes('Authentication failed')) {
    return { why: 'it does not take this user name and password', hint: userHint(user) };
  }
  if (message.includes('Invalid Socks5') || message.includes('invalid Socks5')) {
    return { why: 'it does not speak SOCKS5', hint: checkProxy };
  }
  if (errorCode(error)?.startsWith('HPE_') === true) {
    return { why: 'it does not speak HTTP', hint: checkProxy };
  }
  if (message === 'Socket closed' || message === 'socket hang up') {
    return { why: 'it closed the connection', hint: checkProxy };
  }
  return { why: connectError(error), hint: checkProxy };
}

function userHint(user: Proxy['user']): string {
  return user === undefined
    ? `It wants a user name and a password. ${checkUser}`
    : `Check both. ${checkUser}`;
}
